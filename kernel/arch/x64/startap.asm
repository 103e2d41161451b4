; SPDX-License-Identifier: MIT
;
; startap.asm - the first instructions of every processor but the boot processor.
;
; KiTrampoline is copied to a page below 1 MiB; a start-up interrupt begins it in real mode at that page, CS:IP = page * 256 : 0.  It goes to
; long mode in one step on tables that map its own page to itself and the kernel where it always is, takes its stack and its KIPROCESSOR from
; the page, and jumps into the kernel.  Nothing but labels' distances is used, so it runs at any page.  Intel SDM vol. 3, 9.4 and 10.8.5.
%include "macros.inc"
default rel

extern KiRunProcessor

section .rdata
align 16
%define AT(label) (label - KiTrampoline)

bits 16
global KiTrampoline
KiTrampoline:
    cli
    cld
    mov ax, cs
    mov ds, ax
    o32 lgdt [AT(.gdtr)]
    mov eax, CR4_PAE
    mov cr4, eax
    mov eax, [AT(KiTrampolineData.root)]
    mov cr3, eax
    mov ecx, 0xC0000080
    rdmsr
    or eax, EFER_LME | EFER_NXE
    wrmsr
    mov eax, 0x80010011             ; PG, WP, ET, PE; caches on, which INIT left off
    mov cr0, eax
    jmp far dword [AT(KiTrampolineData.far)]

bits 64
.long:
    mov eax, 0x10
    mov ss, eax
    mov ds, eax
    mov es, eax
    mov rsp, [KiTrampolineData.stack]
    mov rcx, [KiTrampolineData.processor]
    mov rdx, [KiTrampolineData.kernelroot]
    jmp [KiTrampolineData.entry]

align 8
.gdt:
    dq 0
    dq 0x00209B0000000000           ; 08: 64-bit code
    dq 0x00CF93000000FFFF           ; 10: data
.gdtr:
    dw $ - .gdt - 1
global KiTrampolineGdtBase
KiTrampolineGdtBase:
    dd AT(KiTrampoline.gdt)         ; the page is added
align 8
global KiTrampolineData
KiTrampolineData:
.root:
    dq 0
.far:
    dd AT(KiTrampoline.long)        ; the page is added
    dd 0x08
.stack:
    dq 0
.processor:
    dq 0
.kernelroot:
    dq 0
.entry:
    dq 0
global KiTrampolineEnd
KiTrampolineEnd:

section .text
bits 64

; RCX: the processor's block, RDX: the kernel's own tables.  On the idle thread's stack.
PROC KiProcessorEntry
    mov cr3, rdx
    xor ebp, ebp
    push rbp                        ; a return address of zero ends every backtrace
    push rbp
    sub rsp, 0x20
    ENDPROLOGUE
    call KiRunProcessor
    ud2
ENDPROC
