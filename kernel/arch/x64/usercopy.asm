; SPDX-License-Identifier: MIT
;
; usercopy.asm - the only instructions of the kernel that touch user memory, and the fix-up table that ends them.
;
; A page fault that Mm cannot satisfy, at an instruction listed in KiFixupTable, continues at the listed target with Mm's status in EAX
; (KiFixupFault).  All loops go upwards and keep their position in RDI, RSI and RCX, so the target knows how much was done.
; The C callers (probe.c) have checked that the user range lies below MM_USER_HIGHEST.
%include "macros.inc"
default rel

section .rdata$kifix1 rdata align=4
global KiFixupTable
KiFixupTable:
section .rdata$kifix3 rdata align=4
global KiFixupTableEnd
KiFixupTableEnd:

section .text

; NTSTATUS KiMoveGuarded(PVOID Destination, const VOID *Source, SIZE_T Length, SIZE_T *Done): either side may fault.
; RDX:RSI... by quadwords, then by bytes; a fault within a quadword is tried again by bytes, so that Done is exact.
PROC KiMoveGuarded
    PUSHREG rdi
    PUSHREG rsi
    PUSHREG rbx
    ALLOC 0x20
    ENDPROLOGUE
    mov rdi, rcx
    mov rsi, rdx
    mov rbx, rcx
    xor eax, eax
    USER_OPEN
    mov rcx, r8
    shr rcx, 3
.quads:
    rep movsq
.quadsdone:
    mov ecx, r8d
    and ecx, 7
.bytes:
    rep movsb
.bytesdone:
    USER_CLOSE
    sub rdi, rbx
    mov [r9], rdi
    add rsp, 0x20
    pop rbx
    pop rsi
    pop rdi
    ret
    FIXUP .quads, .quadsdone, .quadsbad
    FIXUP .bytes, .bytesdone, .bytesdone
.quadsbad:
    mov rcx, r8
    add rcx, rbx
    sub rcx, rdi
    xor eax, eax
    jmp .bytes
ENDPROC

; NTSTATUS KiMoveSmall(PVOID Destination, const VOID *Source, SIZE_T Length): 1, 2, 4 or 8 bytes, the common arguments of services.
PROC KiMoveSmall
    ENDPROLOGUE
    xor eax, eax
    USER_OPEN
    cmp r8d, 8
    jne .four
.begin:
    mov r9, [rdx]
    mov [rcx], r9
    jmp .done
.four:
    cmp r8d, 4
    jne .two
    mov r9d, [rdx]
    mov [rcx], r9d
    jmp .done
.two:
    cmp r8d, 2
    jne .one
    mov r9w, [rdx]
    mov [rcx], r9w
    jmp .done
.one:
    mov r9b, [rdx]
    mov [rcx], r9b
.done:
    USER_CLOSE
    ret
    FIXUP .begin, .done, .done
ENDPROC

; NTSTATUS KiFillGuarded(PVOID Destination, SIZE_T Length)
PROC KiFillGuarded
    PUSHREG rdi
    ENDPROLOGUE
    mov rdi, rcx
    xor eax, eax
    USER_OPEN
    mov rcx, rdx
    shr rcx, 3
.quads:
    rep stosq
    mov ecx, edx
    and ecx, 7
    rep stosb
.done:
    USER_CLOSE
    pop rdi
    ret
    FIXUP .quads, .done, .done
ENDPROC

; NTSTATUS KiCompareExchangeGuarded(volatile LONG *Address, LONG Exchange, LONG Comparand, LONG *Old)
PROC KiCompareExchangeGuarded
    ENDPROLOGUE
    mov eax, r8d
    mov r8d, edx
    USER_OPEN
.swap:
    lock cmpxchg [rcx], r8d
.swapped:
    mov [r9], eax
    xor eax, eax
.close:
    USER_CLOSE
    ret
    FIXUP .swap, .swapped, .close
ENDPROC

; NTSTATUS KiTouchGuarded(PVOID First, PVOID Last): a store into each page from First's to Last's, which changes nothing and loses nobody else's.
PROC KiTouchGuarded
    ENDPROLOGUE
    xor eax, eax
    USER_OPEN
.touch:
    lock or byte [rcx], 0
.touched:
    or rcx, 0xFFF
    inc rcx
    cmp rcx, rdx
    jbe .touch
.done:
    USER_CLOSE
    ret
    FIXUP .touch, .touched, .done
ENDPROC

; void KiZeroPage(PVOID Page), void KiCopyPage(PVOID Destination, const VOID *Source)
PROC KiZeroPage
    PUSHREG rdi
    ENDPROLOGUE
    mov rdi, rcx
    mov ecx, 512
    xor eax, eax
    rep stosq
    pop rdi
    ret
ENDPROC

PROC KiCopyPage
    PUSHREG rdi
    PUSHREG rsi
    ENDPROLOGUE
    mov rdi, rcx
    mov rsi, rdx
    mov ecx, 512
    rep movsq
    pop rsi
    pop rdi
    ret
ENDPROC
