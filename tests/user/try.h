/* SPDX-License-Identifier: MIT */
/*
 * try.h - the one __try block that test programs need, in assembly, for gcc has none.  The program has the filter.
 *
 *      Try(f, p)       __try { return f(p); } __except (Filter(...)) { return -77; }
 */
#ifndef NASCENT_TEST_TRY_H
#define NASCENT_TEST_TRY_H

#include <windows.h>

typedef int FUNCTION(void *Parameter);

int Try(FUNCTION *Function, void *Parameter);
int Filter(EXCEPTION_POINTERS *Pointers, void *Frame);

__asm__(".text\n"
        ".globl Try\n.seh_proc Try\nTry:\n"
        "    pushq %rbp\n    .seh_pushreg %rbp\n    movq %rsp, %rbp\n    .seh_setframe %rbp, 0\n"
        "    subq $32, %rsp\n    .seh_stackalloc 32\n    .seh_endprologue\n"
        "1:  movq %rcx, %rax\n    movq %rdx, %rcx\n    call *%rax\n    nop\n"
        "2:  jmp 4f\n"
        "3:  movl $-77, %eax\n"
        "4:  addq $32, %rsp\n    popq %rbp\n    ret\n"
        "    .seh_handler __C_specific_handler, @except, @unwind\n    .seh_handlerdata\n    .long 1\n    .rva 1b, 2b, Filter, 3b\n"
        "    .text\n    .seh_endproc\n");

#endif
