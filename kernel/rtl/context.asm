; SPDX-License-Identifier: MIT
;
; context.asm - what of exception handling C cannot say: reading all registers, loading them, and the two frames that handlers are called from.
;
; Assembled twice: for the kernel (integer registers only: the vector registers are the user's) and, with RTL_USER_MODE, for ntdll.
; ntdll never loads a context with iretq (an emulator bug with SMAP, and NtContinue also delivers APCs): there is no RtlpResume here for it.
%include "unwind.inc"

; CONTEXT
C_ContextFlags equ 0x30
C_MxCsr        equ 0x34
C_SegCs        equ 0x38
C_EFlags       equ 0x44
C_Rax          equ 0x78
C_Rip          equ 0xF8
C_FltSave      equ 0x100
CONTEXT_KERNEL_FLAGS equ 0x100007      ; control, integer, segments
CONTEXT_USER_FLAGS   equ 0x10000F      ; and floating point

; DISPATCHER_CONTEXT
D_EstablisherFrame equ 0x18
D_LanguageHandler  equ 0x30

; EXCEPTION_RECORD
R_ExceptionFlags equ 4
R_ExceptionInformation equ 0x20
EXCEPTION_UNWIND equ 0x66

ExceptionContinueSearch  equ 1
ExceptionNestedException equ 2
ExceptionCollidedUnwind  equ 3

%ifdef RTL_USER_MODE
extern RtlpResume
%endif

section .text

; void RtlCaptureContext(CONTEXT *rcx): the caller's registers, as they will be when this returns.
; A leaf but for the pushed flags, which are read before anything changes them.
PROC RtlCaptureContext
    pushfq
.flags:
    UW_ADD 1, db .flags - RtlCaptureContext, 2
ENDPROLOGUE
    mov [rcx + C_Rax + 0 * 8], rax
    mov [rcx + C_Rax + 1 * 8], rcx
    mov [rcx + C_Rax + 2 * 8], rdx
    mov [rcx + C_Rax + 3 * 8], rbx
    mov [rcx + C_Rax + 5 * 8], rbp
    mov [rcx + C_Rax + 6 * 8], rsi
    mov [rcx + C_Rax + 7 * 8], rdi
    mov [rcx + C_Rax + 8 * 8], r8
    mov [rcx + C_Rax + 9 * 8], r9
    mov [rcx + C_Rax + 10 * 8], r10
    mov [rcx + C_Rax + 11 * 8], r11
    mov [rcx + C_Rax + 12 * 8], r12
    mov [rcx + C_Rax + 13 * 8], r13
    mov [rcx + C_Rax + 14 * 8], r14
    mov [rcx + C_Rax + 15 * 8], r15
    mov [rcx + C_SegCs], cs
    mov [rcx + C_SegCs + 2], ds
    mov [rcx + C_SegCs + 4], es
    mov [rcx + C_SegCs + 6], fs
    mov [rcx + C_SegCs + 8], gs
    mov [rcx + C_SegCs + 10], ss
    mov eax, [rsp]
    mov [rcx + C_EFlags], eax
    mov rax, [rsp + 8]
    mov [rcx + C_Rip], rax
    lea rax, [rsp + 16]
    mov [rcx + C_Rax + 4 * 8], rax
%ifdef RTL_USER_MODE
    fxsave [rcx + C_FltSave]
    stmxcsr [rcx + C_MxCsr]
    mov dword [rcx + C_ContextFlags], CONTEXT_USER_FLAGS
%else
    mov dword [rcx + C_ContextFlags], CONTEXT_KERNEL_FLAGS
%endif
    mov rax, [rcx + C_Rax]
    add rsp, 8
    ret
ENDPROC

%ifndef RTL_USER_MODE
; void RtlpResume(CONTEXT *rcx): continues in kernel mode at the context's Rip, with its stack and integer registers.
; The processor's frame is built on the current stack, because the target's may be the very one the context lies on.
PROC RtlpResume
ENDPROLOGUE
    cli                                 ; from here on nothing may push on a stack that is half given up
    mov ax, ss
    movzx eax, ax
    push rax
    push qword [rcx + C_Rax + 4 * 8]
    mov eax, [rcx + C_EFlags]
    push rax
    mov ax, cs
    movzx eax, ax
    push rax
    push qword [rcx + C_Rip]
    mov rax, [rcx + C_Rax + 0 * 8]
    mov rdx, [rcx + C_Rax + 2 * 8]
    mov rbx, [rcx + C_Rax + 3 * 8]
    mov rbp, [rcx + C_Rax + 5 * 8]
    mov rsi, [rcx + C_Rax + 6 * 8]
    mov rdi, [rcx + C_Rax + 7 * 8]
    mov r8, [rcx + C_Rax + 8 * 8]
    mov r9, [rcx + C_Rax + 9 * 8]
    mov r10, [rcx + C_Rax + 10 * 8]
    mov r11, [rcx + C_Rax + 11 * 8]
    mov r12, [rcx + C_Rax + 12 * 8]
    mov r13, [rcx + C_Rax + 13 * 8]
    mov r14, [rcx + C_Rax + 14 * 8]
    mov r15, [rcx + C_Rax + 15 * 8]
    mov rcx, [rcx + C_Rax + 1 * 8]
    iretq
ENDPROC
%endif

; void RtlpConsolidateFrames(CONTEXT *rcx, EXCEPTION_RECORD *rdx): calls the record's callback (ExceptionInformation[0], with the record) and
; continues in the context where it says; does not return.  The call is made from a frame that unwinds to the context, over everything in between:
; who unwinds or looks for handlers from the callback does not meet the frames that have been unwound, though they still lie there.
;       rsp -> home | 20: the context | 30: rbx rbp rsi rdi r12-r15 | 70: xmm6-xmm15 | 110: machine frame
    global RtlpConsolidateFrames
    align 16
RtlpConsolidateFrames:
    and rsp, -16
    sub rsp, 0x140
    mov [rsp + 0x20], rcx
    mov rax, [rcx + C_Rax + 3 * 8]
    mov [rsp + 0x30], rax
    mov rax, [rcx + C_Rax + 5 * 8]
    mov [rsp + 0x38], rax
    mov rax, [rcx + C_Rax + 6 * 8]
    mov [rsp + 0x40], rax
    mov rax, [rcx + C_Rax + 7 * 8]
    mov [rsp + 0x48], rax
%assign I 0
%rep 4
    mov rax, [rcx + C_Rax + (12 + I) * 8]
    mov [rsp + 0x50 + I * 8], rax
%assign I I + 1
%endrep
%ifdef RTL_USER_MODE
%assign I 0
%rep 10
    movaps xmm0, [rcx + C_FltSave + 0xA0 + (6 + I) * 16]
    movaps [rsp + 0x70 + I * 16], xmm0
%assign I I + 1
%endrep
%endif
    mov rax, [rcx + C_Rip]
    mov [rsp + 0x110], rax
    mov rax, [rcx + C_Rax + 4 * 8]
    mov [rsp + 0x128], rax
    jmp RtlpConsolidationFrame

PROC RtlpConsolidationFrame
    MACHFRAME 0
    ALLOCATED 0x110
%ifdef RTL_USER_MODE
    SAVEDXMM 15, 0x100
    SAVEDXMM 14, 0xF0
    SAVEDXMM 13, 0xE0
    SAVEDXMM 12, 0xD0
    SAVEDXMM 11, 0xC0
    SAVEDXMM 10, 0xB0
    SAVEDXMM 9, 0xA0
    SAVEDXMM 8, 0x90
    SAVEDXMM 7, 0x80
    SAVEDXMM 6, 0x70
%endif
    SAVED r15, 0x68
    SAVED r14, 0x60
    SAVED r13, 0x58
    SAVED r12, 0x50
    SAVED rdi, 0x48
    SAVED rsi, 0x40
    SAVED rbp, 0x38
    SAVED rbx, 0x30
ENDPROLOGUE
    nop
    mov rcx, rdx
    call [rdx + R_ExceptionInformation]
    mov rcx, [rsp + 0x20]
    mov [rcx + C_Rip], rax
    call RtlpResume
    int3
ENDPROC

; EXCEPTION_DISPOSITION f(Record rcx, EstablisherFrame rdx, Context r8, DispatcherContext r9): calls r9->LanguageHandler with the same
; arguments.  The dispatcher context stays at [rsp+0x20], where this frame's own handler finds it if the called one raises or unwinds.
%macro EXECUTE_HANDLER 2 ; name, own handler
    global %1
    align 16
%1:
    sub rsp, 0x28
%%prologue:
    mov [rsp + 0x20], r9
    call [r9 + D_LanguageHandler]
    nop
    add rsp, 0x28
    ret
%%end:
    [section .xdata rdata align=4]
%%info:
    db 1 | (3 << 3), %%prologue - %1, 1, 0      ; version 1, exception and unwind handler
    db %%prologue - %1, 2 | (4 << 4)            ; UWOP_ALLOC_SMALL 0x28
    dw 0
    dd %2 wrt ..imagebase
    [section .pdata rdata align=4]
    dd %1 wrt ..imagebase, %%end wrt ..imagebase, %%info wrt ..imagebase
    __SECT__
%endmacro

EXECUTE_HANDLER RtlpExecuteHandlerForException, NestedExceptionHandler
EXECUTE_HANDLER RtlpExecuteHandlerForUnwind, CollidedUnwindHandler

; Own handlers: (Record rcx, EstablisherFrame rdx, Context r8, DispatcherContext r9); rdx is the rsp of the frame above.

; A handler raised an exception while an exception was being dispatched: report the establisher frame of the first one.
align 16
NestedExceptionHandler:
    mov eax, ExceptionContinueSearch
    test dword [rcx + R_ExceptionFlags], EXCEPTION_UNWIND
    jnz .done
    mov rax, [rdx + 0x20]
    mov rax, [rax + D_EstablisherFrame]
    mov [r9 + D_EstablisherFrame], rax
    mov eax, ExceptionNestedException
.done:
    ret

; A handler left a running unwind, by an exception or another unwind: hand over the state of the first.  TargetIp stays the new one's.
align 16
CollidedUnwindHandler:
    mov r10, [rdx + 0x20]
    mov rax, [r10 + 0x00]       ; ControlPc
    mov [r9 + 0x00], rax
    mov rax, [r10 + 0x08]       ; ImageBase
    mov [r9 + 0x08], rax
    mov rax, [r10 + 0x10]       ; FunctionEntry
    mov [r9 + 0x10], rax
    mov rax, [r10 + 0x18]       ; EstablisherFrame
    mov [r9 + 0x18], rax
    mov rax, [r10 + 0x28]       ; ContextRecord
    mov [r9 + 0x28], rax
    mov rax, [r10 + 0x30]       ; LanguageHandler
    mov [r9 + 0x30], rax
    mov rax, [r10 + 0x38]       ; HandlerData
    mov [r9 + 0x38], rax
    mov rax, [r10 + 0x40]       ; HistoryTable
    mov [r9 + 0x40], rax
    mov eax, [r10 + 0x48]       ; ScopeIndex
    mov [r9 + 0x48], eax
    mov eax, ExceptionCollidedUnwind
    ret
