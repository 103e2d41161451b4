; SPDX-License-Identifier: MIT
;
; start.asm - the places where the kernel enters user mode, and the frame at the bottom of every thread.
;
; The kernel finds these by name in ntdll's export table.  It leaves on the user stack, as Windows 10 does:
;
;   KiUserApcDispatcher        RSP -> CONTEXT; P1Home..P3Home = arguments, P4Home = routine; machine frame at RSP + 0x4F0
;   KiUserExceptionDispatcher  RSP -> CONTEXT, CONTEXT_EX at + 0x4D0, EXCEPTION_RECORD at + 0x4F0; machine frame at RSP + 0x590
;
; The four home slots at the start of a CONTEXT are the home space of the calls made here, so no more stack is needed.  The unwind data says
; how to get from here into the code that was interrupted: that is what a handler's unwind, and every backtrace, runs through.
; Contexts are loaded by NtContinue, never by user-mode iretq.
%include "unwind.inc"
default rel

; A CONTEXT at RSP with the interrupted code's registers, and a machine frame at RSP + %1.
%macro CONTEXTFRAME 1
    MACHFRAME 0
    ALLOCATED %1
    SAVEDXMM 15, 0x290
    SAVEDXMM 14, 0x280
    SAVEDXMM 13, 0x270
    SAVEDXMM 12, 0x260
    SAVEDXMM 11, 0x250
    SAVEDXMM 10, 0x240
    SAVEDXMM 9, 0x230
    SAVEDXMM 8, 0x220
    SAVEDXMM 7, 0x210
    SAVEDXMM 6, 0x200
    SAVED r15, 0xF0
    SAVED r14, 0xE8
    SAVED r13, 0xE0
    SAVED r12, 0xD8
    SAVED rdi, 0xB0
    SAVED rsi, 0xA8
    SAVED rbp, 0xA0
    SAVED rbx, 0x90
%endmacro

; As ENDPROC, with a language handler for exceptions (not for unwinding).
%macro ENDPROC_HANDLER 1
%%end:
    [section .xdata rdata align=4]
%%info:
    db 1 | (1 << 3), UW_PROLOGUE - UW_NAME, UW_SLOTS, UW_FRAME
    %assign UW_I UW_COUNT
    %rep UW_COUNT
        UW_OP_%[UW_I]
        %assign UW_I UW_I - 1
    %endrep
    %if UW_SLOTS & 1
        dw 0
    %endif
    dd %1 wrt ..imagebase
    [section .pdata rdata align=4]
    dd UW_NAME wrt ..imagebase, %%end wrt ..imagebase, %%info wrt ..imagebase
    __SECT__
%endmacro

extern RtlDispatchException
extern NtContinue
extern NtRaiseException
extern RtlRaiseStatus
extern LdrpInitialize
extern RtlpStartThread
extern RtlpThreadExceptionHandler
extern LdrpInitRoutineHandler

section .text

; The start of every thread: as an APC whose routine is LdrInitializeThunk, or entered directly with RCX = CONTEXT, RDX = ntdll's base.
; LdrpInitialize does the work and ends in NtContinue.
PROC LdrInitializeThunk
    ALLOC 0x28
ENDPROLOGUE
    call LdrpInitialize
    int3
ENDPROC_HANDLER RtlpThreadExceptionHandler

PROC KiUserApcDispatcher
    CONTEXTFRAME 0x4F0
ENDPROLOGUE
    mov rcx, [rsp]
    mov rdx, [rsp + 8]
    mov r8, [rsp + 16]
    mov r9, rsp
    mov rax, [rsp + 24]
    lea r10, [LdrInitializeThunk]
    cmp rax, r10
    cmove rcx, rsp                      ; its first argument is the context, wherever the kernel put it
    cld
    call rax
    mov rcx, rsp
    mov edx, 1                          ; deliver what else is queued
    call NtContinue
    mov ecx, eax
    call RtlRaiseStatus
    int3
ENDPROC

PROC KiUserExceptionDispatcher
    CONTEXTFRAME 0x590
ENDPROLOGUE
    cld
    lea rcx, [rsp + 0x4F0]
    mov rdx, rsp
    call RtlDispatchException
    test al, al
    jz .unhandled
    mov rcx, rsp
    xor edx, edx
    call NtContinue
    jmp .failed
.unhandled:
    lea rcx, [rsp + 0x4F0]
    mov rdx, rsp
    xor r8d, r8d                        ; second chance
    call NtRaiseException
.failed:
    mov ecx, eax
    call RtlRaiseStatus
    int3
ENDPROC

; A system call returned here instead of to its caller: TEB.ExceptionCode (0x2C0) is to be raised there.  The caller's return address is on
; the stack, as if the stub had called us.
PROC KiRaiseUserExceptionDispatcher
    ALLOC 0x28
ENDPROLOGUE
    mov rax, [gs:0x30]
    mov ecx, [rax + 0x2C0]
    call RtlRaiseStatus
    int3
ENDPROC

; RCX = what the creator asked to be run, RDX = its parameter.  Everything a thread does is above this frame; its handler is the last one asked.
PROC RtlUserThreadStart
    ALLOC 0x28
ENDPROLOGUE
    call RtlpStartThread
    int3
ENDPROC_HANDLER RtlpThreadExceptionHandler

; BOOL LdrpCallInitRoutine(Routine rcx, Base rdx, Reason r8d, Reserved r9, NTSTATUS *Raised [rsp + 0x28]): see ldrinit.c.
; The handler unwinds to LdrpInitRoutineFailed, with RSP as below the prologue.
PROC LdrpCallInitRoutine
    ALLOC 0x28
ENDPROLOGUE
    mov rax, [rsp + 0x50]
    mov dword [rax], 0
    mov rax, rcx
    mov rcx, rdx
    mov edx, r8d
    mov r8, r9
    call rax
    add rsp, 0x28
    ret
global LdrpInitRoutineFailed
LdrpInitRoutineFailed:
    xor eax, eax
    add rsp, 0x28
    ret
ENDPROC_HANDLER LdrpInitRoutineHandler

PROC DbgBreakPoint
ENDPROLOGUE
    int3
    ret
ENDPROC

PROC DbgUserBreakPoint
ENDPROLOGUE
    int3
    ret
ENDPROC

; The compiler's stack probe: RAX bytes are about to be taken from the stack; touch each page from the top down, so that guard pages grow it.
; Changes nothing but flags.
global __chkstk
global ___chkstk_ms
__chkstk:
___chkstk_ms:
    push rcx
    push rax
    lea rcx, [rsp + 24]
    cmp rax, 0x1000
    jb .last
.next:
    sub rcx, 0x1000
    test [rcx], rcx
    sub rax, 0x1000
    cmp rax, 0x1000
    ja .next
.last:
    sub rcx, rax
    test [rcx], rcx
    pop rax
    pop rcx
    ret

; ---- singly linked lists ---------------------------------------------------------------------------------------------------------------
; SLIST_HEADER, 16 bytes: first word: bits 0-15 depth, 16-63 sequence; second: bits 4-63 first entry.  The sequence changes with every pop,
; push and flush, so a stale first entry never wins a CMPXCHG16B.  A pop may read the next pointer of an entry another thread has just
; taken and freed: the address range below is known to the kernel as restartable on Windows; here a process that frees list memory
; back to the system while others pop has the same duty as there to keep the entries mapped.

global RtlInitializeSListHead
RtlInitializeSListHead:
    xor eax, eax
    mov [rcx], rax
    mov [rcx + 8], rax
    ret

; RCX = header, RDX = entry -> the entry that was first
PROC RtlInterlockedPushEntrySList
    PUSHREG rbx
ENDPROLOGUE
    mov r9, rcx
    mov r10, rdx
    mov rax, [r9]
    mov rdx, [r9 + 8]
.again:
    mov r8, rdx
    and r8, -16
    mov [r10], r8
    mov rcx, r10
    mov rbx, rax
    add rbx, 0x10000
    mov bx, ax
    inc bx
    lock cmpxchg16b [r9]
    jnz .again
    mov rax, r8
    pop rbx
    ret
ENDPROC

; RCX = header -> the entry taken, or null
PROC RtlInterlockedPopEntrySList
    PUSHREG rbx
ENDPROLOGUE
    mov r9, rcx
    mov rax, [r9]
    mov rdx, [r9 + 8]
.again:
    mov r8, rdx
    and r8, -16
    jz .empty
    mov rcx, [r8]
    mov rbx, rax
    add rbx, 0x10000
    mov bx, ax
    dec bx
    lock cmpxchg16b [r9]
    jnz .again
.empty:
    mov rax, r8
    pop rbx
    ret
ENDPROC

; RCX = header -> the whole list
PROC RtlInterlockedFlushSList
    PUSHREG rbx
ENDPROLOGUE
    mov r9, rcx
    mov rax, [r9]
    mov rdx, [r9 + 8]
.again:
    mov r8, rdx
    and r8, -16
    jz .done
    xor ecx, ecx
    mov rbx, rax
    add rbx, 0x10000
    xor bx, bx
    lock cmpxchg16b [r9]
    jnz .again
.done:
    mov rax, r8
    pop rbx
    ret
ENDPROC

; RCX = header, RDX = first, R8 = last, R9D = how many -> the entry that was first
PROC RtlInterlockedPushListSListEx
    PUSHREG rbx
    PUSHREG rsi
ENDPROLOGUE
    mov r10, rcx
    mov r11, rdx
    mov rsi, r8
    mov rax, [r10]
    mov rdx, [r10 + 8]
.again:
    mov r8, rdx
    and r8, -16
    mov [rsi], r8
    mov rcx, r11
    mov rbx, rax
    add rbx, 0x10000
    mov bx, ax
    add bx, r9w
    lock cmpxchg16b [r10]
    jnz .again
    mov rax, r8
    pop rsi
    pop rbx
    ret
ENDPROC

global RtlFirstEntrySList
RtlFirstEntrySList:
    mov rax, [rcx + 8]
    and rax, -16
    ret

global RtlQueryDepthSList
RtlQueryDepthSList:
    movzx eax, word [rcx]
    ret
