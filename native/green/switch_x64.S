/* Context switch for x86-64, System V ABI (psABI 1.0, 3.2.1): rbx, rbp, r12-r15, the control bits of
 * MXCSR and the x87 control word belong to the callee; everything else is the caller's to save.
 * A parked stack looks like this, lowest address first:
 *    mxcsr (4) fcw (4) r15 r14 r13 r12 rbx rbp return-address
 */
        .text

        .globl  greenify_switch
        .hidden greenify_switch
        .type   greenify_switch, @function
        .p2align 4
greenify_switch:
        .cfi_startproc
        endbr64
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset rbp, 0
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset rbx, 0
        pushq   %r12
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r12, 0
        pushq   %r13
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r13, 0
        pushq   %r14
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r14, 0
        pushq   %r15
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r15, 0
        subq    $8, %rsp
        .cfi_adjust_cfa_offset 8
        stmxcsr (%rsp)
        fnstcw  4(%rsp)

        movq    %rsp, (%rdi)
        movq    %rsi, %rsp          /* same layout on both stacks: the unwind rules go on holding */

        ldmxcsr (%rsp)
        fldcw   4(%rsp)
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        popq    %r15
        .cfi_adjust_cfa_offset -8
        .cfi_restore r15
        popq    %r14
        .cfi_adjust_cfa_offset -8
        .cfi_restore r14
        popq    %r13
        .cfi_adjust_cfa_offset -8
        .cfi_restore r13
        popq    %r12
        .cfi_adjust_cfa_offset -8
        .cfi_restore r12
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore rbx
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_restore rbp
        ret
        .cfi_endproc
        .size   greenify_switch, .-greenify_switch

        .globl  greenify_prepare
        .hidden greenify_prepare
        .type   greenify_prepare, @function
        .p2align 4
greenify_prepare:
        .cfi_startproc
        endbr64
        leaq    -80(%rdi), %rax     /* 64 bytes of frame, 16 that keep the stack aligned at the call */
        stmxcsr (%rax)
        fnstcw  4(%rax)
        movq    $0, 8(%rax)         /* r15 */
        movq    $0, 16(%rax)        /* r14 */
        movq    $0, 24(%rax)        /* r13 */
        movq    %rdx, 32(%rax)      /* r12: argument */
        movq    %rsi, 40(%rax)      /* rbx: main */
        movq    $0, 48(%rax)        /* rbp: end of the frame-pointer chain */
        leaq    greenify_first_frame(%rip), %rcx
        movq    %rcx, 56(%rax)
        movq    $0, 64(%rax)
        movq    $0, 72(%rax)
        ret
        .cfi_endproc
        .size   greenify_prepare, .-greenify_prepare

        .type   greenify_first_frame, @function
        .p2align 4
greenify_first_frame:
        .cfi_startproc
        .cfi_undefined rip          /* outermost frame: unwinders stop here */
        movq    %r12, %rdi
        callq   *%rbx
        ud2
        .cfi_endproc
        .size   greenify_first_frame, .-greenify_first_frame

        .globl  greenify_call_on
        .hidden greenify_call_on
        .type   greenify_call_on, @function
        .p2align 4
greenify_call_on:
        .cfi_startproc
        endbr64
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset rbp, 0
        movq    %rsp, %rbp
        .cfi_def_cfa_register rbp
        movq    %rdi, %rsp
        movq    %rsi, %rax
        movq    %rdx, %rdi
        callq   *%rax
        movq    %rbp, %rsp
        .cfi_def_cfa_register rsp
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_restore rbp
        ret
        .cfi_endproc
        .size   greenify_call_on, .-greenify_call_on

        .section .note.GNU-stack, "", @progbits
