; SPDX-License-Identifier: MIT
;
; syscall.asm - system services: SYSCALL from user mode, and KiServiceInternal for the Zw routines of kernel mode.
;
; Convention (NT's): service number in EAX, first argument in R10, then RDX, R8, R9 and the caller's stack from the fifth on.
; The frame at the top of the thread's stack is complete in all that a CONTEXT shows, so a service, an APC or SetContextThread may read and
; change it; whoever changes it sets FrameType to "exception", and the way back is then the full one with IRETQ.  Otherwise SYSRET.
; A null service costs under 100 instructions both ways, stub included (docs/performance.md): keep this straight.
;
; SYSRET with a non-canonical RCX faults in kernel mode on the user's stack on Intel processors: such frames leave by IRETQ, too.
%include "macros.inc"
default rel

extern KiServiceTable
extern KiArgumentTable
extern KiServiceLimit
extern EtwClasses
extern KiTrapExit
extern KiExitToUser
extern KiServiceExitBug
extern KiTraceServiceEntry
extern KiTraceServiceExit

; Outgoing area: home space and up to 13 arguments on the stack, 16-byte aligned.
%define OUT 0x90
%define SYSTEM_CALL_ARGS 17

section .text

KiSystemCall64:
    swapgs
    mov gs:[abs PcUserRsp], rsp
    mov rsp, gs:[abs PcRspBase]
    sub rsp, OUT + TfSize
    mov [rsp + OUT + TfRip], rcx
    mov [rsp + OUT + TfEFlags], r11
    mov rcx, gs:[abs PcUserRsp]
    mov [rsp + OUT + TfRsp], rcx
    mov qword [rsp + OUT + TfSegCs], SEL_USER_CODE
    mov qword [rsp + OUT + TfSegSs], SEL_USER_DATA
    mov dword [rsp + OUT + TfPreviousMode], KTRAP_FRAME_SYSCALL << 24
    SAVE_NONVOLATILE OUT
    mov [rsp + OUT + TfRax], rax
    mov [rsp + OUT + TfRcx], r10
    mov [rsp + OUT + TfRdx], rdx
    mov [rsp + OUT + TfR8], r8
    mov [rsp + OUT + TfR9], r9
    stmxcsr [rsp + OUT + TfMxCsr]
PROC KiSystemServiceUser
    FRAME_UNWIND OUT
    ENDPROLOGUE
    ldmxcsr gs:[abs PcMxCsr]
    mov rbx, gs:[abs PcCurrentThread]
    lea rcx, [rsp + OUT]
    mov [rbx + ThTrapFrame], rcx
    mov byte [rbx + ThPreviousMode], 1
    inc dword gs:[abs PcSystemCalls]
    sti
    cmp eax, [KiServiceLimit]
    jae .invalid
    mov edi, eax
    test dword [EtwClasses], ETW_SYSCALL
    jnz .trace
.traced:
    lea r11, [KiArgumentTable]
    movzx esi, byte [r11 + rdi]
    lea r11, [KiServiceTable]
    mov r11, [r11 + rdi * 8]
    cmp esi, 4
    ja .stackarguments
.dispatch:
    mov rcx, r10
    call r11
.exit:
    test dword [EtwClasses], ETW_SYSCALL
    jnz .traceexit
.tracedexit:
    mov rcx, cr8
    or ecx, [rbx + ThKernelApcDisable]          ; both counts: regions must be left and the IRQL be PASSIVE_LEVEL
    jnz .bug
    cli
    cmp word [rbx + ThKernelApcPending], 0
    jne .apc
    cmp byte [rsp + OUT + TfFrameType], KTRAP_FRAME_SYSCALL
    jne .full                                   ; RAX, too, is the frame's (NtContinue)
.leave:
    mov rcx, [rsp + OUT + TfRip]
    mov rdx, rcx
    shr rdx, 47
    jnz .full
    ldmxcsr [rsp + OUT + TfMxCsr]
    RESTORE_NONVOLATILE OUT
    mov r11, [rsp + OUT + TfEFlags]
    xor r8d, r8d                                ; nothing of the kernel's is left in a register
    xor r9d, r9d
    xor r10d, r10d
    mov rsp, [rsp + OUT + TfRsp]
    swapgs
    o64 sysret

.apc:
    ; An APC delivered now sees a complete frame; if it redirects the thread, FrameType says so.
    cmp byte [rsp + OUT + TfFrameType], KTRAP_FRAME_SYSCALL
    jne .full                                   ; KiTrapExit looks at APCs again
    mov [rsp + OUT + TfRax], rax
    lea rcx, [rsp + OUT]
    call KiExitToUser
    mov rax, [rsp + OUT + TfRax]
    cmp byte [rsp + OUT + TfFrameType], KTRAP_FRAME_SYSCALL
    je .leave

.full:
    add rsp, OUT - HOME
    jmp KiTrapExit

.invalid:
    mov eax, STATUS_INVALID_SYSTEM_SERVICE_
    jmp .exit

.stackarguments:
    mov rax, [rsp + OUT + TfRsp]
    add rax, 0x28
    mov rcx, 0x7FFFFFFE0000
    cmp rax, rcx
    ja .badstack
    sub esi, 4
    USER_OPEN
.next:
    mov rcx, [rax + rsi * 8 - 8]
    mov [rsp + HOME + rsi * 8 - 8], rcx
    dec esi
    jnz .next
.copied:
    USER_CLOSE
    jmp .dispatch
    FIXUP .next, .copied, .badread
.badread:
    USER_CLOSE
    jmp .exit
.badstack:
    mov eax, STATUS_ACCESS_VIOLATION_
    jmp .exit

.trace:
    ; Arguments are in the frame; take them back from there.
    mov ecx, edi
    mov rdx, [rsp + OUT + TfRcx]
    call KiTraceServiceEntry
    mov r10, [rsp + OUT + TfRcx]
    mov rdx, [rsp + OUT + TfRdx]
    mov r8, [rsp + OUT + TfR8]
    mov r9, [rsp + OUT + TfR9]
    jmp .traced
.traceexit:
    mov esi, eax
    mov ecx, edi
    mov edx, eax
    call KiTraceServiceExit
    mov eax, esi
    jmp .tracedexit
.bug:
    lea rcx, [rsp + OUT]
    mov edx, edi
    call KiServiceExitBug
    ud2
ENDPROC

; SYSCALL from 32-bit code: there is none.  The flags mask has interrupts off; say so and go back.
    global KiSystemCall64
    global KiSystemCall32
KiSystemCall32:
    mov eax, STATUS_INVALID_SYSTEM_SERVICE_
    o64 sysret

; Kernel mode calls ZwX: `mov eax, number; jmp KiServiceInternal`.  The thread's PreviousMode becomes KernelMode for the service, so that it
; trusts its pointers.  The frame exists so that KTHREAD.TrapFrame nests, and for ZwContinue and ZwRaiseException.
PROC KiServiceInternal
    PUSHREG rbp
    ALLOC OUT + TfSize
    mov [rsp + OUT + TfRbx], rbx
    SAVED rbx, OUT + TfRbx
    mov [rsp + OUT + TfRsi], rsi
    SAVED rsi, OUT + TfRsi
    mov [rsp + OUT + TfRdi], rdi
    SAVED rdi, OUT + TfRdi
    ENDPROLOGUE
    mov [rsp + OUT + TfRbp], rbp
    mov [rsp + OUT + TfR12], r12
    mov [rsp + OUT + TfR13], r13
    mov [rsp + OUT + TfR14], r14
    mov [rsp + OUT + TfR15], r15
    mov [rsp + OUT + TfRax], rax
    stmxcsr [rsp + OUT + TfMxCsr]
    mov r10, [rsp + OUT + TfSize + 8]
    mov [rsp + OUT + TfRip], r10
    lea r10, [rsp + OUT + TfSize + 0x10]
    mov [rsp + OUT + TfRsp], r10
    mov qword [rsp + OUT + TfSegCs], SEL_KERNEL_CODE
    mov qword [rsp + OUT + TfSegSs], SEL_KERNEL_DATA
    pushfq
    pop qword [rsp + OUT + TfEFlags]
    mov rbx, gs:[abs PcCurrentThread]
    mov r10, [rbx + ThTrapFrame]
    mov [rsp + OUT + TfPreviousTrapFrame], r10
    movzx r10d, byte [rbx + ThPreviousMode]
    or r10d, KTRAP_FRAME_SERVICE << 24
    mov [rsp + OUT + TfPreviousMode], r10d
    lea r10, [rsp + OUT]
    mov [rbx + ThTrapFrame], r10
    mov byte [rbx + ThPreviousMode], 0
    cmp eax, [KiServiceLimit]
    jae .invalid
    lea r11, [KiArgumentTable]
    movzx esi, byte [r11 + rax]
    lea r11, [KiServiceTable]
    mov r11, [r11 + rax * 8]
    sub esi, 4
    jbe .dispatch
.next:
    mov r10, [rsp + OUT + TfSize + 0x30 + rsi * 8 - 8]
    mov [rsp + HOME + rsi * 8 - 8], r10
    dec esi
    jnz .next
.dispatch:
    call r11
.exit:
    mov r10, [rsp + OUT + TfPreviousTrapFrame]
    mov r11b, [rsp + OUT + TfPreviousMode]
    mov [rbx + ThTrapFrame], r10
    mov [rbx + ThPreviousMode], r11b
    cmp byte [rsp + OUT + TfFrameType], KTRAP_FRAME_SERVICE
    jne .full
    mov rbx, [rsp + OUT + TfRbx]
    mov rsi, [rsp + OUT + TfRsi]
    mov rdi, [rsp + OUT + TfRdi]
    add rsp, OUT + TfSize
    pop rbp
    ret
.full:
    add rsp, OUT - HOME
    cli
    jmp KiTrapExit
.invalid:
    mov eax, STATUS_INVALID_SYSTEM_SERVICE_
    jmp .exit
ENDPROC
