; SPDX-License-Identifier: MIT
;
; entry.asm - where a multiboot (version 1) loader starts us: 32-bit protected mode, no paging, EBX = the multiboot information.
;
; The image is flat: the header carries its addresses, so no ELF is needed.  Memory below 4 GiB is identity-mapped with 2 MiB pages, which is
; where the information, the modules and this loader's own allocations lie.

MAGIC equ 0x1BADB002
FLAGS equ 0x00010003                    ; modules page-aligned, memory map wanted, addresses below are valid
STACK_SIZE equ 0x8000

extern mb_main
extern image_begin
extern image_data_end
extern image_end

section .multiboot
align 4
header:
        dd      MAGIC
        dd      FLAGS
        dd      -(MAGIC + FLAGS)
        dd      header
        dd      image_begin
        dd      image_data_end
        dd      image_end
        dd      start

section .text
bits 32
start:
        cld
        cli
        mov     esp, stack_top
        mov     esi, ebx

        ; Four page directories of 512 large pages each, one pointer table, one top table.
        mov     edi, directories
        mov     eax, 0x83               ; present, writable, large
        xor     edx, edx
        mov     ecx, 2048
.large_page:
        mov     [edi], eax
        mov     [edi + 4], edx
        add     eax, 0x200000
        add     edi, 8
        loop    .large_page

        mov     edi, pointers
        mov     eax, directories
        or      eax, 3
        mov     ecx, 4
.pointer:
        mov     [edi], eax
        add     eax, 4096
        add     edi, 8
        loop    .pointer
        mov     eax, pointers
        or      eax, 3
        mov     [top], eax

        mov     eax, cr4
        or      eax, 1 << 5             ; PAE
        mov     cr4, eax
        mov     eax, top
        mov     cr3, eax
        mov     ecx, 0xC0000080         ; EFER.LME
        rdmsr
        or      eax, 1 << 8
        wrmsr
        mov     eax, cr0
        or      eax, 1 << 31            ; paging
        mov     cr0, eax
        lgdt    [gdt_pointer]
        jmp     8:long_mode

bits 64
long_mode:
        mov     eax, 16
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        mov     ecx, esi
        sub     rsp, 32
        call    mb_main
.stop:
        cli
        hlt
        jmp     .stop

align 8
gdt:    dq      0
        dq      0x00AF9B000000FFFF
        dq      0x00CF93000000FFFF
gdt_pointer:
        dw      $ - gdt - 1
        dd      gdt

section .bss
align 4096
top:            resb 4096
pointers:       resb 4096
directories:    resb 4 * 4096
stack:          resb STACK_SIZE
stack_top:
