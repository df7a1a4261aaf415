#include "addon/threads.h"

#include <cerrno>
#include <system_error>
#include <vector>

#include "addon/abi.h"
#include "addon/file_calls.h"
#include "addon/functions.h"
#include "addon/javascript_error.h"
#include "addon/runtime.h"
#include "calls/executable.h"
#include "calls/green_calls.h"
#include "green/error.h"
#include "hub/offload_pool.h"

namespace greenify::addon {
namespace {

// What the functions that wait tell JavaScript, which makes errors of it.
enum Outcome { kWoken = 0, kCancelled = 1, kNoYield = 2 };

green::Thread* thread_argument(Arguments arguments) {
  const uint32_t index = arguments[0].As<v8::Uint32>()->Value();
  return Runtime::here()->environment().loop().at(index);
}

// activate(): once per environment.
void activate(Arguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  try {
    Runtime::activate(isolate, isolate->GetCurrentContext());
  } catch (const green::ProbeError& failure) {
    throw_error(isolate, "ERR_GREENIFY_UNSUPPORTED_NODE", failure.what());
  } catch (const std::system_error& failure) {
    throw_error(isolate, "ERR_GREENIFY_SYSTEM", failure.what());
  } catch (const SecondCopyError& failure) {
    throw_error(isolate, "ERR_GREENIFY_SECOND_COPY", failure.what());
  }
}

// learnFileCalls(): in a green thread; see addon::learn_file_calls.
void learn_calls(Arguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  try {
    learn_file_calls();
  } catch (const std::system_error& failure) {
    throw_error(isolate, "ERR_GREENIFY_SYSTEM", failure.what());
  } catch (const std::runtime_error& failure) {
    throw_error(isolate, "ERR_GREENIFY_UNSUPPORTED_NODE", failure.what());
  }
}

// askForAll(): see calls::ask_for_all.
void ask_for_all(Arguments) {
  calls::ask_for_all();
}

// enterAsked(), leaveAsked(): around a call of the current green thread whose calls of the
// executable's are to be green.
void enter_asked(Arguments) {
  if (green::current() != nullptr) green::current()->asked++;
}
void leave_asked(Arguments) {
  if (green::current() != nullptr) green::current()->asked--;
}

// setResourceAccess(readTop, writeTop): see node::AsyncStack.
void set_resource_access(Arguments arguments) {
  Runtime::here()->environment().async_stack().set_resource_access(arguments[0].As<v8::Function>(),
                                                                   arguments[1].As<v8::Function>());
}

// setWarner(warner): see node::warn.
void set_warner(Arguments arguments) {
  Runtime::here()->environment().set_warner(arguments[0].As<v8::Function>());
}

// spawn(resource, body, isCallback): see node::Environment::spawn.
void spawn(Arguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  Runtime* runtime = Runtime::here();
  if (runtime == nullptr) {
    return throw_error(isolate, "ERR_GREENIFY_CLOSED", "this environment is shutting down");
  }
  try {
    runtime->environment().spawn(arguments[0].As<v8::Object>(), arguments[1].As<v8::Function>(),
                                 arguments[2]->IsTrue());
  } catch (const green::ThreadLimitError& failure) {
    throw_error(isolate, "ERR_GREENIFY_THREAD_LIMIT", failure.what());
  }
}

// current(): the resource of the current green thread, or undefined.
void current(Arguments arguments) {
  if (green::current() == nullptr) return;
  arguments.GetReturnValue().Set(Runtime::here()->environment().current_resource());
}

// index(): the current green thread's index, or -1.
void index(Arguments arguments) {
  const green::Thread* thread = green::current();
  arguments.GetReturnValue().Set(thread == nullptr ? -1 : static_cast<int32_t>(thread->index));
}

Outcome outcome_of(hub::Wake wake) {
  return wake == hub::Wake::cancelled ? kCancelled : kWoken;
}

// park(): waits for unpark(index) or cancel(index).
void park(Arguments arguments) {
  const Outcome outcome =
      green::may_suspend() ? outcome_of(Runtime::here()->hub().park()) : kNoYield;
  arguments.GetReturnValue().Set(static_cast<int32_t>(outcome));
}

// unpark(index): resumes a parked thread on this stack; false when it is not parked.
void unpark(Arguments arguments) {
  Runtime* runtime = Runtime::here();
  green::Thread* thread = runtime == nullptr ? nullptr : thread_argument(arguments);
  arguments.GetReturnValue().Set(thread != nullptr && runtime->hub().unpark(*thread));
}

// cancel(index): ends the thread's wait, or its next one; false when an earlier cancellation is
// still under way.
void cancel(Arguments arguments) {
  Runtime* runtime = Runtime::here();
  green::Thread* thread = runtime == nullptr ? nullptr : thread_argument(arguments);
  arguments.GetReturnValue().Set(thread != nullptr && runtime->hub().cancel(*thread));
}

// Really blocks this kernel thread.
void block_for(int64_t duration_ns) {
  timespec left{duration_ns / 1'000'000'000, duration_ns % 1'000'000'000};
  while (calls::original.clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
  }
}

// sleep(milliseconds): on the hub in a green thread, else for real.
void sleep(Arguments arguments) {
  const int64_t duration = nanoseconds(arguments[0]);
  Outcome outcome = kWoken;
  if (green::may_suspend()) {
    hub::Hub& hub = Runtime::here()->hub();
    outcome = outcome_of(duration > 0 ? hub.sleep_until(hub::deadline_in(duration)) : hub.yield());
  } else {
    if (green::current() != nullptr) Runtime::here()->hub().pinned();
    block_for(duration);
  }
  arguments.GetReturnValue().Set(static_cast<int32_t>(outcome));
}

// mayWait(): whether the current green thread may be suspended. One that may not is about to block
// for real, and is counted.
void may_wait(Arguments arguments) {
  const bool may = green::may_suspend();
  if (!may && green::current() != nullptr) Runtime::here()->hub().pinned();
  arguments.GetReturnValue().Set(may);
}

void enter_no_yield(Arguments) {
  green::enter_no_yield();
}

void leave_no_yield(Arguments) {
  green::leave_no_yield();
}

// counters(): what this environment's hub has done, and what is alive now.
void counters(Arguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  Runtime* runtime = Runtime::here();
  if (runtime == nullptr) return;
  const hub::Counters& counted = runtime->hub().counters();
  const struct {
    const char* name;
    double value;
  } fields[] = {
      {"live", static_cast<double>(runtime->environment().loop().live())},
      {"waits", static_cast<double>(counted.waits)},
      {"offloads", static_cast<double>(counted.offloads)},
      {"pins", static_cast<double>(counted.pins)},
      {"offloadThreads", static_cast<double>(hub::OffloadPool::instance().threads())},
  };
  const v8::Local<v8::Object> result = v8::Object::New(isolate);
  for (const auto& field : fields) {
    result
        ->Set(isolate->GetCurrentContext(), text(isolate, field.name),
              v8::Number::New(isolate, field.value))
        .Check();
  }
  arguments.GetReturnValue().Set(result);
}

// trace(on): whether what green threads wait for is kept for takeEvents().
void trace(Arguments arguments) {
  Runtime* runtime = Runtime::here();
  if (runtime != nullptr) runtime->hub().trace().set(arguments[0].As<v8::Boolean>()->Value());
}

// takeEvents(): what was kept since the last call, flat: kind, index, serial, nanoseconds, kind …
void take_events(Arguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  Runtime* runtime = Runtime::here();
  if (runtime == nullptr) return;
  std::vector<v8::Local<v8::Value>> numbers;
  for (const hub::TraceEvent& event : runtime->hub().trace().take()) {
    for (const double number :
         {static_cast<double>(event.what), static_cast<double>(event.index),
          static_cast<double>(event.serial), static_cast<double>(event.duration_ns)}) {
      numbers.push_back(v8::Number::New(isolate, number));
    }
  }
  arguments.GetReturnValue().Set(v8::Array::New(isolate, numbers.data(), numbers.size()));
}

// serial(): what names the current green thread in takeEvents(); its index alone is used again.
void serial(Arguments arguments) {
  const green::Thread* thread = green::current();
  arguments.GetReturnValue().Set(thread == nullptr ? -1.0 : static_cast<double>(thread->serial));
}

}  // namespace

void export_threads(v8::Isolate* isolate, v8::Local<v8::Context> context,
                    v8::Local<v8::Object> exports) {
  constexpr Function kFunctions[] = {
      {"activate", activate},
      {"setResourceAccess", set_resource_access},
      {"setWarner", set_warner},
      {"learnFileCalls", learn_calls},
      {"askForAll", ask_for_all},
      {"enterAsked", enter_asked},
      {"leaveAsked", leave_asked},
      {"spawn", spawn},
      {"current", current},
      {"index", index},
      {"park", park},
      {"unpark", unpark},
      {"cancel", cancel},
      {"sleep", sleep},
      {"mayWait", may_wait},
      {"enterNoYield", enter_no_yield},
      {"leaveNoYield", leave_no_yield},
      {"counters", counters},
      {"trace", trace},
      {"takeEvents", take_events},
      {"serial", serial},
  };
  set_functions(isolate, context, exports, kFunctions);
}

}  // namespace greenify::addon
