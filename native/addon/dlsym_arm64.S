/* dlsym(3) for patched objects on arm64. It must be jumped to, not called: RTLD_NEXT and RTLD_DEFAULT look behind,
 * and from, the object that the return address (x30) lies in. */
        .text
        .globl  greenify_dlsym
        .hidden greenify_dlsym
        .type   greenify_dlsym, %function
        .p2align 4
greenify_dlsym:
        .cfi_startproc
        paciasp
        .cfi_negate_ra_state
        stp     x29, x30, [sp, #-32]!
        .cfi_def_cfa_offset 32
        .cfi_rel_offset x29, 0
        .cfi_rel_offset x30, 8
        mov     x29, sp
        stp     x0, x1, [sp, #16]
        bl      greenify_find_green
        mov     x9, x0
        ldp     x0, x1, [sp, #16]
        ldp     x29, x30, [sp], #32
        .cfi_def_cfa_offset 0
        .cfi_restore x29
        .cfi_restore x30
        autiasp
        .cfi_negate_ra_state
        cbnz    x9, 1f
        adrp    x16, greenify_original_dlsym
        ldr     x16, [x16, #:lo12:greenify_original_dlsym]
        br      x16                 /* of the registers, a `bti c` takes jumps by x16 and x17 only */
1:      mov     x0, x9
        ret
        .cfi_endproc
        .size   greenify_dlsym, .-greenify_dlsym

        .section .note.GNU-stack, "", %progbits

        .section .note.gnu.property, "a", %note
        .p2align 3
        .word   4, 16, 5            /* sizes of name and property; NT_GNU_PROPERTY_TYPE_0 */
        .asciz  "GNU"
        .word   0xc0000000, 4, 3, 0 /* GNU_PROPERTY_AARCH64_FEATURE_1_AND: BTI and PAC */
