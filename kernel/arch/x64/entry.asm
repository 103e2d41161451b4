; SPDX-License-Identifier: MIT
;
; entry.asm - KiSystemStartup: where the boot loader jumps to, with the loader's block in RCX and the machine as loader.h describes it.
;
; The loader's stack and segments are given up at once: the boot processor's idle thread, which this code becomes, keeps its stack for ever.
%include "macros.inc"
default rel

extern KiInitializeBootProcessor
extern KiInitializeKernel
extern __stack_chk_guard

section .bss
align 16
global KiIdleStack0
KiIdleStack0:
    resb KERNEL_STACK_BYTES
global KiIdleStack0Top
KiIdleStack0Top:

section .text

PROC KiSystemStartup
    cli
    cld
    lea rsp, [KiIdleStack0Top]
    xor ebp, ebp
    push rbp                    ; a return address of zero ends every backtrace
    push rbp
    sub rsp, 0x20
    ENDPROLOGUE
    ; Before any C function has stored it: nothing that is on the stack now will return.
    mov rax, [rcx + LpbRandomSeed]
    rdtsc
    shl rdx, 32
    or rax, rdx
    xor rax, [rcx + LpbRandomSeed]
    xor al, al                  ; a zero byte stops string overruns
    mov [__stack_chk_guard], rax
    mov rbx, rcx
    call KiInitializeBootProcessor
    mov rcx, rbx
    call KiInitializeKernel
    ud2
ENDPROC
