; SPDX-License-Identifier: MIT
;
; capture.asm - the caller's nonvolatile registers, stack pointer and return address, as a CONTEXT from which a backtrace can begin.
%include "macros.inc"
default rel

; Offsets of CONTEXT (winnt.h)
%define CxRbx 0x90
%define CxRsp 0x98
%define CxRbp 0xA0
%define CxRsi 0xA8
%define CxRdi 0xB0
%define CxR12 0xD8
%define CxRip 0xF8

section .text

; void KiCaptureContext(PCONTEXT Context)
PROC KiCaptureContext
    ENDPROLOGUE
    mov [rcx + CxRbx], rbx
    mov [rcx + CxRbp], rbp
    mov [rcx + CxRsi], rsi
    mov [rcx + CxRdi], rdi
    mov [rcx + CxR12], r12
    mov [rcx + CxR12 + 8], r13
    mov [rcx + CxR12 + 16], r14
    mov [rcx + CxR12 + 24], r15
    lea rax, [rsp + 8]
    mov [rcx + CxRsp], rax
    mov rax, [rsp]
    mov [rcx + CxRip], rax
    ret
ENDPROC
