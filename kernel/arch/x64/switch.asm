; SPDX-License-Identifier: MIT
;
; switch.asm - from one thread to another, and the first step of a new one.
;
; KiSwapContext(Old, New) is called at DISPATCH_LEVEL (ke/sched.c): New is this processor's from now on, PRCB.CurrentThread says so
; already.  It returns in New, where New once called it.  What is switched: nonvolatile registers, XSAVE state, address space, stack, user
; GS and FS bases.
;
; OnProcessor says that a thread's stack or registers are still in use: New, readied while its own processor was on the way out of it, is
; waited for.  Two processors that exchange their threads would wait for each other for ever, each standing on the stack the other waits
; for; so the wait happens on a stack that belongs to the processor, after Old has been given up.
%include "macros.inc"
default rel

extern KiReapThread
extern KiBeginThread

section .text

PROC KiSwapContext
    PUSHREG rbp
    PUSHREG rbx
    PUSHREG rsi
    PUSHREG rdi
    PUSHREG r12
    PUSHREG r13
    PUSHREG r14
    PUSHREG r15
    ALLOC 0x28
    ENDPROLOGUE
    mov rdi, rcx
    mov rsi, rdx
    mov ebx, gs:[abs PcFeatureBits]
    mov rcx, [rdi + ThStateSaveArea]
    test bl, KF_XSAVE
    jz .fxsave
    mov eax, -1
    mov edx, eax
    xsave64 [rcx]
.saved:
    mov [rdi + ThKernelStack], rsp
    cmp qword [rdi + ThTeb], 0
    je .wait
    mov ecx, 0xC0000102
    rdmsr
    mov [rdi + ThUserGsBase], eax
    mov [rdi + ThUserGsBase + 4], edx
    mov ecx, 0xC0000100
    rdmsr
    mov [rdi + ThUserFsBase], eax
    mov [rdi + ThUserFsBase + 4], edx
.wait:
    mov r8, [rdi + ThApcStateProcess]
    mov r9, [rsi + ThApcStateProcess]
    cmp r8, r9
    je .sameprocess
    mov ecx, gs:[abs PcNumber]
    lock bts [r9 + PrActiveProcessors], rcx
    mov rax, [r9 + PrDirectoryTableBase]
    mov cr3, rax
    lock btr [r8 + PrActiveProcessors], rcx
.sameprocess:
    cmp byte [rsi + ThOnProcessor], 0
    jne .busy
.take:
    mov byte [rsi + ThOnProcessor], 1
    mov rsp, [rsi + ThKernelStack]
    mov rax, [rsi + ThInitialStack]
    mov gs:[abs PcRspBase], rax
    mov rcx, gs:[abs PcTssBase]
    mov [rcx + TssRsp0], rax
    cmp qword [rsi + ThTeb], 0
    je .state
    mov ecx, 0xC0000102
    mov eax, [rsi + ThUserGsBase]
    mov edx, [rsi + ThUserGsBase + 4]
    wrmsr
    mov ecx, 0xC0000100
    mov eax, [rsi + ThUserFsBase]
    mov edx, [rsi + ThUserFsBase + 4]
    wrmsr
.state:
    mov rcx, [rsi + ThStateSaveArea]
    test bl, KF_XSAVE
    jz .fxrstor
    mov eax, -1
    mov edx, eax
    xrstor64 [rcx]
.restored:
    test rdi, rdi
    jz .return                  ; given up already
    ; From the store on Old belongs to others: it may run elsewhere, or be gone.
    cmp byte [rdi + ThState], KTHREAD_TERMINATED
    mov byte [rdi + ThOnProcessor], 0
    je .dead
.return:
    add rsp, 0x28
    pop r15
    pop r14
    pop r13
    pop r12
    pop rdi
    pop rsi
    pop rbx
    pop rbp
    ret
.busy:
    mov rsp, gs:[abs PcSwitchStack]
    cmp byte [rdi + ThState], KTHREAD_TERMINATED
    je .spin                    ; nobody else is interested in it, and it must be reaped below
    mov byte [rdi + ThOnProcessor], 0
    xor edi, edi
.spin:
    pause
    cmp byte [rsi + ThOnProcessor], 0
    jne .spin
    jmp .take
.fxsave:
    fxsave64 [rcx]
    jmp .saved
.fxrstor:
    fxrstor64 [rcx]
    jmp .restored
.dead:
    mov rcx, rdi
    call KiReapThread
    jmp .return
ENDPROC

; The first frame of a thread (KiInitializeThreadStack) "returns" here at DISPATCH_LEVEL: R12 is the system routine, R13 its argument.
PROC KiThreadStartup
    ALLOCATED 0x28
    ENDPROLOGUE
    nop                         ; a "return address" must not be the first byte: unwinding looks at the one before it
    global KiThreadStartupReturn
KiThreadStartupReturn:
    mov rcx, r12
    mov rdx, r13
    call KiBeginThread
    ud2
ENDPROC
