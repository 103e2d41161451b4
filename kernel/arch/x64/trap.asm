; SPDX-License-Identifier: MIT
;
; trap.asm - exceptions and interrupts: from the vector to C and back.
;
; Every vector has a stub that makes the stack uniform (error code or zero, then the vector number in the slot that will be
; FaultAddress) and jumps to one of three builders, which complete a KTRAP_FRAME on the interrupted stack:
;   exceptions   KiTrapHandler at the IRQL of the fault, interrupts as C decides;
;   interrupts   KiInterruptHandler at the IRQL of the vector (its high nibble), the old one is put back afterwards;
;   #DF NMI #MC  KiParanoidHandler on a stack of their own; they may strike between SYSCALL and SWAPGS, so they look at nothing but that
;                stack to find the processor's block;
;   #DB          on a stack of its own as well (`mov ss` before `syscall` lets a user's breakpoint strike at the first instruction of
;                the kernel, on the user's stack); one from user mode moves to the thread's kernel stack and goes on as an exception.
; GS: from user mode a trap begins with SWAPGS; the test is the frame's CS.  AC (SMAP's key) is closed at once and comes back with IRETQ.
; The kernel proper uses no XMM register, but drivers may: the volatile ones are kept in the frame, as on NT.
%include "macros.inc"
default rel

extern KiTrapHandler
extern KiInterruptHandler
extern KiParanoidHandler
extern KiExitToUser

section .text

%macro STUB 1
    align 16
KiStub%1:
    %if %1 == 8 || (%1 >= 10 && %1 <= 14) || %1 == 17 || %1 == 21 || %1 == 29 || %1 == 30
    %else
        push 0
    %endif
    push %1
    %if %1 == 2 || %1 == 8 || %1 == 18
        jmp KiParanoidBuild
    %elif %1 == 1
        jmp KiDebugBuild
    %elif %1 < 0x1F || %1 == 0x29 || %1 == 0x2C || %1 == 0x2D
        jmp KiTrapBuild
    %else
        jmp KiInterruptBuild
    %endif
%endmacro

%assign V 0
%rep 256
    STUB V
    %assign V V + 1
%endrep

section .rdata
align 8
global KiVectorStubs
KiVectorStubs:
%assign V 0
%rep 256
    dq KiStub%[V]
    %assign V V + 1
%endrep

section .text

; The stack: ..., SS, RSP, EFLAGS, CS, RIP, error code, vector.  Ends with RSP at the home space of a complete frame.
%macro BUILD_FRAME 0
    sub rsp, HOME + TfFaultAddress
    SAVE_VOLATILE HOME
    SAVE_NONVOLATILE HOME
    cld
    test byte [FRAME(SegCs)], 1
    jz %%kernel
    swapgs
%%kernel:
    USER_CLOSE
    SAVE_XMM HOME
    stmxcsr [FRAME(MxCsr)]
    ldmxcsr gs:[abs PcMxCsr]
    mov eax, [FRAME(FaultAddress)]
    mov [FRAME(Vector)], al
%endmacro

; A frame's stub that faults itself (it cannot, short of a broken stack) is not unwound through; all code below is.
KiTrapBuild:
    BUILD_FRAME
    mov byte [FRAME(FrameType)], 0
    mov rax, cr8
    mov [FRAME(PreviousIrql)], al
    mov rax, cr2
    mov [FRAME(FaultAddress)], rax
PROC KiTrapEntry
    FRAME_UNWIND HOME
    ENDPROLOGUE
    lea rcx, [rsp + HOME]
    call KiTrapHandler
    jmp KiTrapExit
ENDPROC

KiInterruptBuild:
    BUILD_FRAME
    mov byte [FRAME(FrameType)], 1
    mov rcx, cr8
    mov [FRAME(PreviousIrql)], cl
    shr eax, 4
    mov cr8, rax
    mov qword [FRAME(FaultAddress)], 0
PROC KiInterruptEntry
    FRAME_UNWIND HOME
    ENDPROLOGUE
    lea rcx, [rsp + HOME]
    call KiInterruptHandler
    movzx eax, byte [FRAME(PreviousIrql)]
    mov cr8, rax
    jmp KiTrapExit
ENDPROC

; The common way back.  Interrupts are off.  RSP is at the home space below the frame.
PROC KiTrapExit
    FRAME_UNWIND HOME
    ENDPROLOGUE
    test byte [FRAME(SegCs)], 1
    jz .restore
    mov rax, gs:[abs PcCurrentThread]
    cmp word [rax + ThKernelApcPending], 0      ; KernelApcPending and UserApcPending lie side by side
    je .user
    lea rcx, [rsp + HOME]
    call KiExitToUser                           ; returns with interrupts off and nothing pending
.user:
    RESTORE_XMM HOME
    ldmxcsr [FRAME(MxCsr)]
    RESTORE_NONVOLATILE HOME
    RESTORE_VOLATILE HOME
    swapgs
    add rsp, HOME + TfRip
    iretq
.restore:
    RESTORE_XMM HOME
    ldmxcsr [FRAME(MxCsr)]
    RESTORE_NONVOLATILE HOME
    RESTORE_VOLATILE HOME
    add rsp, HOME + TfRip
    iretq
ENDPROC

; KiReturnToUser(Frame) and KiRestoreFrame(Frame): leave through a frame that lies on this stack; do not return.
PROC KiReturnToUser
    ENDPROLOGUE
    cli
    lea rsp, [rcx - HOME]
    jmp KiTrapExit
ENDPROC

; #DB: error code and vector are pushed.  From user mode the seven quadwords move to where the processor would have put them without a
; stack of its own.
KiDebugBuild:
    test byte [rsp + 0x18], 1
    jz KiParanoidBuild
    swapgs
    push rax
    push rcx
    mov rax, gs:[abs PcRspBase]
%assign I 0
%rep 7
    mov rcx, [rsp + 0x10 + I * 8]
    mov [rax - 0x38 + I * 8], rcx
%assign I I + 1
%endrep
    mov rcx, [rsp + 8]
    mov [rax - 0x40], rcx
    pop rcx
    lea rsp, [rax - 0x40]
    pop rax
    swapgs
    jmp KiTrapBuild

; #DF, NMI, #MC: the stack's bottom quadword, above the machine frame, is the address of the processor's block.
KiParanoidBuild:
    sub rsp, HOME + TfFaultAddress
    SAVE_VOLATILE HOME
    SAVE_NONVOLATILE HOME
    cld
    mov ecx, 0xC0000101
    rdmsr
    shl rdx, 32
    or rax, rdx
    mov [FRAME(PreviousTrapFrame)], rax         ; whatever GS was, it comes back
    mov rax, [rsp + HOME + TfSize]
    mov rdx, rax
    shr rdx, 32
    wrmsr
    USER_CLOSE
    SAVE_XMM HOME
    stmxcsr [FRAME(MxCsr)]
    ldmxcsr gs:[abs PcMxCsr]
    mov eax, [FRAME(FaultAddress)]
    mov [FRAME(Vector)], al
    mov byte [FRAME(FrameType)], 0
    mov rax, cr8
    mov [FRAME(PreviousIrql)], al
    mov rax, cr2
    mov [FRAME(FaultAddress)], rax
PROC KiParanoidEntry
    FRAME_UNWIND HOME
    ENDPROLOGUE
    lea rcx, [rsp + HOME]
    call KiParanoidHandler
    mov ecx, 0xC0000101
    mov rax, [FRAME(PreviousTrapFrame)]
    mov rdx, rax
    shr rdx, 32
    wrmsr
    RESTORE_XMM HOME
    ldmxcsr [FRAME(MxCsr)]
    RESTORE_NONVOLATILE HOME
    RESTORE_VOLATILE HOME
    add rsp, HOME + TfRip
    iretq
ENDPROC
