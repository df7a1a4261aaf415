#include "green/switch.h"

#include <doctest/doctest.h>
#include <unwind.h>

#include <cfenv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t stack_size = 256 * 1024;

using Memory = std::vector<std::byte>;

void* top_of(Memory& memory) {
  const auto end = reinterpret_cast<std::uintptr_t>(memory.data() + memory.size());
  return reinterpret_cast<void*>(end & ~std::uintptr_t{15});
}

bool is_in(const Memory& memory, const void* address) {
  return address >= memory.data() && address < memory.data() + memory.size();
}

// A context of its own: resume() runs it until it leaves or ends.
class Context {
 public:
  explicit Context(std::function<void(Context&)> body)
      : stack_(stack_size), body_(std::move(body)) {
    sp_ = greenify_prepare(top_of(stack_), main, this);
  }

  void resume() { greenify_switch(&resumer_, sp_); }
  void leave() { greenify_switch(&sp_, resumer_); }
  bool has_ended() const { return ended_; }
  bool contains(const void* address) const { return is_in(stack_, address); }

 private:
  static void main(void* argument) {
    auto& me = *static_cast<Context*>(argument);
    me.body_(me);
    me.ended_ = true;
    for (;;) me.leave();
  }

  Memory stack_;
  std::function<void(Context&)> body_;
  void* sp_ = nullptr;
  void* resumer_ = nullptr;
  bool ended_ = false;
};

// The compiler must keep the value, and keeps it in a register as long as it has any.
void keep(std::uint64_t& value) {
  __asm__ volatile("" : "+r"(value));
}

void keep(double& value) {
#if defined(__x86_64__)
  __asm__ volatile("" : "+x"(value));
#elif defined(__aarch64__)
  __asm__ volatile("" : "+w"(value));
#endif
}

// More values than registers that a callee preserves: general ones, and the lower halves of
// vector registers. Gives whether all are what they were after `leave`.
template <class Leave>
[[gnu::noinline]] bool survives(std::uint64_t seed, Leave leave) {
  std::uint64_t a = seed, b = seed + 1, c = seed + 2, d = seed + 3, e = seed + 4, f = seed + 5,
                g = seed + 6, h = seed + 7, i = seed + 8, j = seed + 9, k = seed + 10;
  double m = 0.5 + a, n = 0.5 + b, o = 0.5 + c, p = 0.5 + d, q = 0.5 + e, r = 0.5 + f, s = 0.5 + g,
         t = 0.5 + h;
  const auto keep_all = [&] {
    keep(a), keep(b), keep(c), keep(d), keep(e), keep(f), keep(g), keep(h), keep(i), keep(j);
    keep(k), keep(m), keep(n), keep(o), keep(p), keep(q), keep(r), keep(s), keep(t);
  };
  keep_all();
  leave();
  keep_all();
  const bool general = a == seed && b == seed + 1 && c == seed + 2 && d == seed + 3 &&
                       e == seed + 4 && f == seed + 5 && g == seed + 6 && h == seed + 7 &&
                       i == seed + 8 && j == seed + 9 && k == seed + 10;
  return general && m == 0.5 + a && n == 0.5 + b && o == 0.5 + c && p == 0.5 + d && q == 0.5 + e &&
         r == 0.5 + f && s == 0.5 + g && t == 0.5 + h;
}

_Unwind_Reason_Code count_frame(_Unwind_Context*, void* count) {
  ++*static_cast<int*>(count);
  return _URC_NO_REASON;
}

}  // namespace

TEST_CASE("a context runs on its stack, leaves, and goes on where it was") {
  std::vector<int> order;
  bool is_inside = false;
  bool is_aligned = false;
  Context context([&](Context& me) {
    alignas(16) std::byte here[16];
    is_inside = me.contains(here);
    is_aligned = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) % 16 == 0;
    order.push_back(1);
    me.leave();
    order.push_back(3);
  });
  context.resume();
  order.push_back(2);
  CHECK_FALSE(context.has_ended());
  context.resume();
  CHECK(context.has_ended());
  CHECK(order == std::vector<int>{1, 2, 3});
  CHECK(is_inside);
  CHECK(is_aligned);
}

TEST_CASE("registers that a callee preserves are each context's own") {
  bool survived = false;
  Context context([&](Context& me) { survived = survives(1000, [&] { me.leave(); }); });
  const bool mine = survives(2000, [&] { context.resume(); });
  CHECK(mine);
  CHECK(survives(3000, [&] { context.resume(); }));
  CHECK(survived);
}

TEST_CASE("so is the rounding mode; a new context has that of whoever prepared it") {
  std::vector<int> modes;
  std::fesetround(FE_UPWARD);
  Context context([&](Context& me) {
    modes.push_back(std::fegetround());
    std::fesetround(FE_DOWNWARD);
    me.leave();
    modes.push_back(std::fegetround());
  });
  std::fesetround(FE_TONEAREST);
  context.resume();
  CHECK(std::fegetround() == FE_TONEAREST);
  std::fesetround(FE_TOWARDZERO);
  context.resume();
  CHECK(std::fegetround() == FE_TOWARDZERO);
  std::fesetround(FE_TONEAREST);
  CHECK(modes == std::vector<int>{FE_UPWARD, FE_DOWNWARD});
}

TEST_CASE("exceptions are thrown and caught in a context, before and after it has left") {
  std::vector<std::string> caught;
  const auto fail = [&](const char* what) {
    try {
      throw std::runtime_error(what);
    } catch (const std::exception& error) {
      caught.emplace_back(error.what());
    }
  };
  Context context([&](Context& me) {
    fail("before");
    me.leave();
    fail("after");
  });
  context.resume();
  fail("outside");
  context.resume();
  CHECK(caught == std::vector<std::string>{"before", "outside", "after"});
}

TEST_CASE("unwinding ends with a context's first frame") {
  int frames = 0;
  _Unwind_Reason_Code end = _URC_NO_REASON;
  Context context([&](Context&) { end = _Unwind_Backtrace(count_frame, &frames); });
  context.resume();
  CHECK(end == _URC_END_OF_STACK);
  CHECK(frames >= 2);
  CHECK(frames < 32);
}

TEST_CASE("a call is made on another stack, and comes back") {
  Memory stack(stack_size);
  const std::byte* frame = nullptr;
  const auto note_frame = [](void* argument) {
    *static_cast<const std::byte**>(argument) =
        static_cast<const std::byte*>(__builtin_frame_address(0));
  };
  CHECK(survives(4000, [&] { greenify_call_on(top_of(stack), note_frame, &frame); }));
  CHECK(is_in(stack, frame));
}
