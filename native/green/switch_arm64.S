/* Context switch for arm64 (AAPCS64, 6.1): x19-x28, the frame record (x29, x30), the low halves of v8-v15 and the
 * control bits of FPCR belong to the callee; everything else is the caller's to save (FPSR's flags and, but for
 * those halves, all vector state included).
 * A parked stack looks like this, lowest address first:
 *    x29 x30 x19-x28 d8-d15 fpcr, 8 bytes that keep it aligned to 16
 *
 * Return addresses are signed where the processor can (PAuth): the modifier is the stack pointer on entry, which is
 * the same when a parked stack is left, and all kernel threads of a process have the same keys. On others the
 * instructions do nothing, as does `bti`; `paciasp` is a landing pad too. There is no note about guarded control
 * stacks (GCS): those belong to one stack, so the loader must leave them off.
 */
        .text

        .equ    FRAME, 176

        .globl  greenify_switch
        .hidden greenify_switch
        .type   greenify_switch, %function
        .p2align 4
greenify_switch:
        .cfi_startproc
        paciasp
        .cfi_negate_ra_state
        stp     x29, x30, [sp, #-FRAME]!
        .cfi_def_cfa_offset FRAME
        .cfi_rel_offset x29, 0
        .cfi_rel_offset x30, 8
        mov     x29, sp
        stp     x19, x20, [sp, #16]
        .cfi_rel_offset x19, 16
        .cfi_rel_offset x20, 24
        stp     x21, x22, [sp, #32]
        .cfi_rel_offset x21, 32
        .cfi_rel_offset x22, 40
        stp     x23, x24, [sp, #48]
        .cfi_rel_offset x23, 48
        .cfi_rel_offset x24, 56
        stp     x25, x26, [sp, #64]
        .cfi_rel_offset x25, 64
        .cfi_rel_offset x26, 72
        stp     x27, x28, [sp, #80]
        .cfi_rel_offset x27, 80
        .cfi_rel_offset x28, 88
        stp     d8, d9, [sp, #96]
        .cfi_rel_offset d8, 96
        .cfi_rel_offset d9, 104
        stp     d10, d11, [sp, #112]
        .cfi_rel_offset d10, 112
        .cfi_rel_offset d11, 120
        stp     d12, d13, [sp, #128]
        .cfi_rel_offset d12, 128
        .cfi_rel_offset d13, 136
        stp     d14, d15, [sp, #144]
        .cfi_rel_offset d14, 144
        .cfi_rel_offset d15, 152
        mrs     x9, fpcr
        str     x9, [sp, #160]

        mov     x10, sp
        str     x10, [x0]
        mov     sp, x1              /* same layout on both stacks: the unwind rules go on holding */

        ldr     x10, [sp, #160]
        cmp     x9, x10
        b.eq    1f                  /* writing it is slow, and it hardly ever differs */
        msr     fpcr, x10
1:      ldp     d14, d15, [sp, #144]
        .cfi_restore d14
        .cfi_restore d15
        ldp     d12, d13, [sp, #128]
        .cfi_restore d12
        .cfi_restore d13
        ldp     d10, d11, [sp, #112]
        .cfi_restore d10
        .cfi_restore d11
        ldp     d8, d9, [sp, #96]
        .cfi_restore d8
        .cfi_restore d9
        ldp     x27, x28, [sp, #80]
        .cfi_restore x27
        .cfi_restore x28
        ldp     x25, x26, [sp, #64]
        .cfi_restore x25
        .cfi_restore x26
        ldp     x23, x24, [sp, #48]
        .cfi_restore x23
        .cfi_restore x24
        ldp     x21, x22, [sp, #32]
        .cfi_restore x21
        .cfi_restore x22
        ldp     x19, x20, [sp, #16]
        .cfi_restore x19
        .cfi_restore x20
        ldp     x29, x30, [sp], #FRAME
        .cfi_def_cfa_offset 0
        .cfi_restore x29
        .cfi_restore x30
        autiasp
        .cfi_negate_ra_state
        ret
        .cfi_endproc
        .size   greenify_switch, .-greenify_switch

        .globl  greenify_prepare
        .hidden greenify_prepare
        .type   greenify_prepare, %function
        .p2align 4
greenify_prepare:
        .cfi_startproc
        bti     c
        sub     x9, x0, #FRAME
        mov     x16, x0             /* what the stack pointer is when the frame has been popped */
        adr     x17, greenify_first_frame
        pacia1716
        stp     xzr, x17, [x9]      /* x29: end of the chain of frame records */
        stp     x1, x2, [x9, #16]   /* x19: main, x20: argument */
        stp     xzr, xzr, [x9, #32]
        stp     xzr, xzr, [x9, #48]
        stp     xzr, xzr, [x9, #64]
        stp     xzr, xzr, [x9, #80]
        stp     xzr, xzr, [x9, #96]
        stp     xzr, xzr, [x9, #112]
        stp     xzr, xzr, [x9, #128]
        stp     xzr, xzr, [x9, #144]
        mrs     x10, fpcr
        stp     x10, xzr, [x9, #160]
        mov     x0, x9
        ret
        .cfi_endproc
        .size   greenify_prepare, .-greenify_prepare

        .type   greenify_first_frame, %function
        .p2align 4
greenify_first_frame:
        .cfi_startproc
        .cfi_undefined x30          /* outermost frame: unwinders stop here */
        mov     x0, x20
        blr     x19
        brk     #0
        .cfi_endproc
        .size   greenify_first_frame, .-greenify_first_frame

        .globl  greenify_call_on
        .hidden greenify_call_on
        .type   greenify_call_on, %function
        .p2align 4
greenify_call_on:
        .cfi_startproc
        paciasp
        .cfi_negate_ra_state
        stp     x29, x30, [sp, #-16]!
        .cfi_def_cfa_offset 16
        .cfi_rel_offset x29, 0
        .cfi_rel_offset x30, 8
        mov     x29, sp
        .cfi_def_cfa_register x29
        mov     sp, x0
        mov     x0, x2
        blr     x1
        mov     sp, x29
        .cfi_def_cfa_register sp
        ldp     x29, x30, [sp], #16
        .cfi_def_cfa_offset 0
        .cfi_restore x29
        .cfi_restore x30
        autiasp
        .cfi_negate_ra_state
        ret
        .cfi_endproc
        .size   greenify_call_on, .-greenify_call_on

        .section .note.GNU-stack, "", %progbits

        .section .note.gnu.property, "a", %note
        .p2align 3
        .word   4, 16, 5            /* sizes of name and property; NT_GNU_PROPERTY_TYPE_0 */
        .asciz  "GNU"
        .word   0xc0000000, 4, 3, 0 /* GNU_PROPERTY_AARCH64_FEATURE_1_AND: BTI and PAC */
