#pragma once

// fork(2) by a green thread, or while some wait. The child has the forking kernel thread only: the
// locks of others stay locked in it for ever, and nobody would resume a green thread there.
namespace greenify::hub {

// From now on a kernel thread is in no green thread while it forks, nor afterwards in the child,
// where `forget` is called. Thread: any. Idempotent.
void watch_forks(void (*forget)());

// Whether this is a child in which `forget` is still to be called: the handlers of others that
// pthread_atfork(3) runs in it, libuv's among them, may come first.
bool is_forked_child();

}  // namespace greenify::hub
