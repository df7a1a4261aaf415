/* dlsym(3) for patched objects on x86-64. It must be jumped to, not called: RTLD_NEXT and RTLD_DEFAULT look
 * behind, and from, the object that the return address lies in. */
        .text
        .globl  greenify_dlsym
        .hidden greenify_dlsym
        .type   greenify_dlsym, @function
        .p2align 4
greenify_dlsym:
        .cfi_startproc
        endbr64
        pushq   %rdi
        .cfi_adjust_cfa_offset 8
        pushq   %rsi
        .cfi_adjust_cfa_offset 8
        subq    $8, %rsp            /* calls need the stack aligned to 16 bytes */
        .cfi_adjust_cfa_offset 8
        callq   greenify_find_green
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        popq    %rsi
        .cfi_adjust_cfa_offset -8
        popq    %rdi
        .cfi_adjust_cfa_offset -8
        testq   %rax, %rax
        jne     1f
        jmpq    *greenify_original_dlsym(%rip)
1:      ret
        .cfi_endproc
        .size   greenify_dlsym, .-greenify_dlsym

        .section .note.GNU-stack, "", @progbits
