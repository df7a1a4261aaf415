#pragma once

// Debian 12's libcurl 7.88 has all that node-libcurl 5 needs but parts of the WebSocket interface:
// curl_ws_start_frame(3) is there from 8.16 on, and the last parameter of curl_ws_recv(3) has got a
// const in 8.0. node-libcurl 5 is compiled with this header before the system's; a WebSocket frame that
// it begins fails with CURLE_NOT_BUILT_IN, as every call about WebSockets does in that build of
// libcurl, made without them.
#include_next <curl/curl.h>

#if LIBCURL_VERSION_NUM < 0x080000

inline CURLcode curl_ws_recv(CURL* curl, void* buffer, size_t length, size_t* received,
                             const curl_ws_frame** frame) {
  return curl_ws_recv(curl, buffer, length, received, const_cast<curl_ws_frame**>(frame));
}

#endif

#if LIBCURL_VERSION_NUM < 0x081000

inline CURLcode curl_ws_start_frame(CURL*, unsigned int, curl_off_t) {
  return CURLE_NOT_BUILT_IN;
}

#endif
