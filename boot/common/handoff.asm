; SPDX-License-Identifier: MIT
;
; handoff.asm - the last instructions of a boot loader: new page tables, flat segments, the boot stack, the kernel.
;
; The pages between handoff_begin and handoff_end are mapped at their own address in the new tables too, so the instruction after the
; change of CR3 can be fetched.  boot_handoff(rcx root, rdx entry, r8 stack top, r9 block): the last three are kernel addresses.

bits 64
default rel
section .text

CR0_VALUE equ 0x80010033               ; PG WP NE ET MP PE
CR4_PAE equ 1 << 5
EFER equ 0xC0000080
EFER_NXE equ 1 << 11

global handoff_begin
global handoff_end
global boot_handoff

align 4096
handoff_begin:
boot_handoff:
        cli
        mov     rsi, rcx
        mov     rdi, rdx
        mov     ecx, EFER
        rdmsr
        or      eax, EFER_NXE
        wrmsr
        mov     eax, CR4_PAE
        mov     cr4, rax
        mov     cr3, rsi
        mov     eax, CR0_VALUE
        mov     cr0, rax
        mov     rsp, r8                 ; the old stack is not in these tables
        lgdt    [gdt_pointer]
        mov     eax, 0x10
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        xor     eax, eax
        mov     fs, eax
        mov     gs, eax
        lea     rax, [.flat]
        push    qword 8
        push    rax
        retfq
.flat:
        mov     rcx, r9
        xor     ebp, ebp
        sub     rsp, 32                 ; home space of the Microsoft convention
        push    0                       ; a return address for unwinders to stop at
        jmp     rdi

; The accessed bits are set already: these pages are read-only.
align 8
gdt:    dq      0
        dq      0x00AF9B000000FFFF      ; 8: code, 64-bit
        dq      0x00CF93000000FFFF      ; 16: data
gdt_pointer:
        dw      $ - gdt - 1
        dq      gdt
handoff_end:
