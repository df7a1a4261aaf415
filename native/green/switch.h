#pragma once

// The context switch: one assembly file per architecture (switch_x64.S) implements these two.

extern "C" {

// Saves the callee-saved registers and the floating-point control words on the current stack,
// stores the stack pointer in *save, continues on the stack whose pointer is `load`. Invariant:
// `load` was written by a greenify_switch that nobody has returned from yet, or made by
// greenify_prepare. Thread: any; the stack may have been left by another kernel thread.
void greenify_switch(void** save, void* load);

// Lays out a first frame below `top` (16-byte aligned) so that switching to the returned stack
// pointer calls main(argument). `main` must never return. The floating-point control words are the
// caller's.
void* greenify_prepare(void* top, void (*main)(void*), void* argument);

// Runs call(argument) with the stack pointer at `top` (16-byte aligned) and comes back. Nothing
// above the caller's frame may be in use below `top`.
void greenify_call_on(void* top, void (*call)(void*), void* argument);
}
