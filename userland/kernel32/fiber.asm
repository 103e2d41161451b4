; SPDX-License-Identifier: MIT
;
; fiber.asm - the switch between two fibers of a thread.
;
; To its caller SwitchToFiber is a call that takes its time: it saves the registers a callee must preserve on the fiber's own stack, exchanges in the TEB
; what belongs to a stack, and returns on the other one.  The frame is described for unwinding, so a debugger sees through it.  fiber.c builds the
; same frame by hand for a fiber that has never run.  Offsets are BASE_FIBER's, asserted there.
%include "unwind.inc"
default rel

%define TEB_STACK_BASE 0x08
%define TEB_STACK_LIMIT 0x10
%define TEB_FIBER_DATA 0x20
%define TEB_ACTIVATION_STACK 0x2C8
%define TEB_DEALLOCATION_STACK 0x1478
%define TEB_GUARANTEED 0x1748
%define TEB_FLS_DATA 0x17C8

%define FIBER_STACK_BASE 0x10
%define FIBER_STACK_LIMIT 0x18
%define FIBER_DEALLOCATION_STACK 0x20
%define FIBER_STACK_POINTER 0x28
%define FIBER_FLS_DATA 0x30
%define FIBER_ACTIVATION_STACK 0x38
%define FIBER_GUARANTEED 0x40
%define FIBER_FLAGS 0x44

section .text

PROC SwitchToFiber
    PUSHREG rbx
    PUSHREG rbp
    PUSHREG rsi
    PUSHREG rdi
    PUSHREG r12
    PUSHREG r13
    PUSHREG r14
    PUSHREG r15
    ALLOC 0xB8
ENDPROLOGUE
    movaps [rsp], xmm6
    movaps [rsp + 0x10], xmm7
    movaps [rsp + 0x20], xmm8
    movaps [rsp + 0x30], xmm9
    movaps [rsp + 0x40], xmm10
    movaps [rsp + 0x50], xmm11
    movaps [rsp + 0x60], xmm12
    movaps [rsp + 0x70], xmm13
    movaps [rsp + 0x80], xmm14
    movaps [rsp + 0x90], xmm15
    stmxcsr [rsp + 0xA0]
    fnstcw [rsp + 0xA8]
    mov rax, [gs:0x30]
    mov rdx, [rax + TEB_FIBER_DATA]
    mov [rdx + FIBER_STACK_POINTER], rsp
    mov r8, [rax + TEB_STACK_LIMIT]             ; the stack may have grown
    mov [rdx + FIBER_STACK_LIMIT], r8
    mov r8, [rax + TEB_FLS_DATA]
    mov [rdx + FIBER_FLS_DATA], r8
    mov r8, [rax + TEB_ACTIVATION_STACK]
    mov [rdx + FIBER_ACTIVATION_STACK], r8
    mov r8d, [rax + TEB_GUARANTEED]
    mov [rdx + FIBER_GUARANTEED], r8d

    mov r8, [rcx + FIBER_STACK_BASE]
    mov r9, [rcx + FIBER_STACK_LIMIT]
    mov r10, [rcx + FIBER_DEALLOCATION_STACK]
    mov r11, [rcx + FIBER_STACK_POINTER]
    mov [rax + TEB_FIBER_DATA], rcx
    mov [rax + TEB_STACK_BASE], r8
    mov [rax + TEB_STACK_LIMIT], r9
    mov [rax + TEB_DEALLOCATION_STACK], r10
    mov rsp, r11
    mov r8, [rcx + FIBER_FLS_DATA]
    mov [rax + TEB_FLS_DATA], r8
    mov r8, [rcx + FIBER_ACTIVATION_STACK]
    mov [rax + TEB_ACTIVATION_STACK], r8
    mov r8d, [rcx + FIBER_GUARANTEED]
    mov [rax + TEB_GUARANTEED], r8d
    test byte [rcx + FIBER_FLAGS], 1            ; FIBER_FLAG_FLOAT_SWITCH: the control words go with the fiber
    jz .same
    ldmxcsr [rsp + 0xA0]
    fldcw [rsp + 0xA8]
.same:
    movaps xmm6, [rsp]
    movaps xmm7, [rsp + 0x10]
    movaps xmm8, [rsp + 0x20]
    movaps xmm9, [rsp + 0x30]
    movaps xmm10, [rsp + 0x40]
    movaps xmm11, [rsp + 0x50]
    movaps xmm12, [rsp + 0x60]
    movaps xmm13, [rsp + 0x70]
    movaps xmm14, [rsp + 0x80]
    movaps xmm15, [rsp + 0x90]
    add rsp, 0xB8
    pop r15
    pop r14
    pop r13
    pop r12
    pop rdi
    pop rsi
    pop rbp
    pop rbx
    ret
ENDPROC

; Where a new fiber's first frame returns to: RBX = routine, RSI = its parameter, RDI = ntdll's bottom frame, which ends in the last exception handler.
global BaseFiberEntry
BaseFiberEntry:
    push 0
    mov rcx, rbx
    mov rdx, rsi
    jmp rdi
