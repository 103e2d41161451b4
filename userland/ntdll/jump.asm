; SPDX-License-Identifier: MIT
;
; jump.asm - _setjmp and longjmp, which C run-time libraries import from ntdll.  The buffer is the documented _JUMP_BUFFER of x64.
;
; The caller of _setjmp passes its frame in RDX.  A buffer with a frame is returned to by unwinding, so that __finally blocks and destructors on
; the way run (jump.c); one without is just loaded.  All three are leaves: they need no unwind data.
default rel

J_Frame  equ 0x00
J_Rbx    equ 0x08
J_Rsp    equ 0x10
J_Rbp    equ 0x18
J_Rsi    equ 0x20
J_Rdi    equ 0x28
J_R12    equ 0x30
J_R13    equ 0x38
J_R14    equ 0x40
J_R15    equ 0x48
J_Rip    equ 0x50
J_MxCsr  equ 0x58
J_FpCsr  equ 0x5C
J_Xmm6   equ 0x60

extern RtlpLongJump
global _setjmp
global _setjmpex
global longjmp

section .text

; int _setjmp(_JUMP_BUFFER *rcx, void *rdx): 0, and later whatever longjmp says.
align 16
_setjmp:
_setjmpex:
    mov [rcx + J_Frame], rdx
    mov [rcx + J_Rbx], rbx
    lea rax, [rsp + 8]
    mov [rcx + J_Rsp], rax
    mov [rcx + J_Rbp], rbp
    mov [rcx + J_Rsi], rsi
    mov [rcx + J_Rdi], rdi
    mov [rcx + J_R12], r12
    mov [rcx + J_R13], r13
    mov [rcx + J_R14], r14
    mov [rcx + J_R15], r15
    mov rax, [rsp]
    mov [rcx + J_Rip], rax
    stmxcsr [rcx + J_MxCsr]
    fnstcw [rcx + J_FpCsr]
%assign i 6
%rep 10
    movups [rcx + J_Xmm6 + (i - 6) * 16], xmm %+ i
%assign i i + 1
%endrep
    xor eax, eax
    ret

; void longjmp(_JUMP_BUFFER *rcx, int edx)
align 16
longjmp:
    test edx, edx
    jnz .value
    inc edx                                 ; _setjmp returns 0 only once
.value:
    cmp qword [rcx + J_Frame], 0
    jne RtlpLongJump
    mov eax, edx
    ldmxcsr [rcx + J_MxCsr]
    fnclex
    fldcw [rcx + J_FpCsr]
%assign i 6
%rep 10
    movups xmm %+ i, [rcx + J_Xmm6 + (i - 6) * 16]
%assign i i + 1
%endrep
    mov rbx, [rcx + J_Rbx]
    mov rbp, [rcx + J_Rbp]
    mov rsi, [rcx + J_Rsi]
    mov rdi, [rcx + J_Rdi]
    mov r12, [rcx + J_R12]
    mov r13, [rcx + J_R13]
    mov r14, [rcx + J_R14]
    mov r15, [rcx + J_R15]
    mov rdx, [rcx + J_Rip]
    mov rsp, [rcx + J_Rsp]
    jmp rdx
