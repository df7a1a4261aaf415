#pragma once

namespace greenify::calls {

// Whether an ioctl(2) request is one of those that may take their time: until a device has done
// something, or a file system has written.
bool is_waiting_request(unsigned long request);

}  // namespace greenify::calls
