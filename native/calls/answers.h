#pragma once

#include <netdb.h>

#include <cerrno>
#include <deque>
#include <vector>

#include "calls/blocking.h"

// How the look-ups that answer with storage of libc's own are made elsewhere. Thread: any.
namespace greenify::calls {

inline constexpr size_t kFirstBuffer = 1024;
inline constexpr size_t kLargestBuffer = 16 * 1024 * 1024;

// The non-reentrant forms answer with a pointer to storage of libc's own, one for the process. A
// program with one thread may use it until it asks again; here others ask meanwhile, so each green
// thread has its own, by its index, and each kind of answer in it (hostent, passwd, …) its own too.
template <class Entry>
struct Answer {
  Entry entry;
  std::vector<char> buffer;
};

template <class Entry>
Answer<Entry>& answer_of_current_thread() {
  static thread_local std::deque<Answer<Entry>> answers;
  const size_t index = green::current()->index;
  while (answers.size() <= index) answers.emplace_back();
  return answers[index];
}

// Asks a reentrant form, ask(entry, buffer, size, result), with growing buffers. 0 or an error
// number.
template <class Entry, class Ask>
int ask_with_room(Answer<Entry>& answer, Entry** result, Ask ask) {
  if (answer.buffer.empty()) answer.buffer.resize(kFirstBuffer);
  for (;;) {
    const int error = ask(&answer.entry, answer.buffer.data(), answer.buffer.size(), result);
    if (error != ERANGE || answer.buffer.size() >= kLargestBuffer) return error;
    answer.buffer.resize(answer.buffer.size() * 2);
  }
}

template <class Entry, class Plain, class Ask>
Entry* look_up(Plain plain, Ask ask) {
  if (green::current() == nullptr) return plain();
  if (!green::may_suspend()) {
    count_pin();
    return plain();
  }
  Answer<Entry>& answer = answer_of_current_thread<Entry>();
  Entry* result = nullptr;
  const int before = errno;
  const int error = offloaded([&] { return ask_with_room(answer, &result, ask); });
  errno = error != 0 ? error : before;
  return result;
}

// The same for the next entry of a list, whose end is no error but for the reentrant forms.
template <class Entry, class Plain, class Ask>
Entry* look_up_next(Plain plain, Ask ask) {
  return look_up<Entry>(plain, [&](auto... room) {
    const int error = ask(room...);
    return error == ENOENT ? 0 : error;
  });
}

// The same as look_up() for hosts and networks, which report through h_errno.
template <class Entry, class Plain, class Ask>
Entry* look_up_host(Plain plain, Ask ask) {
  return look_up<Entry>(plain, [&](Entry* entry, char* buffer, size_t size, Entry** result) {
    int host_error = 0;
    const int error = ask(entry, buffer, size, result, &host_error);
    if (*result == nullptr && error != ERANGE) h_errno = host_error;
    return error;
  });
}

}  // namespace greenify::calls
