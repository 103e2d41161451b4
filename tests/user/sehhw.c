/* SPDX-License-Identifier: MIT */
/*
 * sehhw.c - what the processor complains about, as a program meets it: the codes, addresses and parameters of Windows, and the CONTEXT that goes
 * with them.  A vectored handler takes each exception down and continues behind the instruction, at the label the test gave.
 */
#include <windows.h>
#include <string.h>
#include "tap.h"

static EXCEPTION_RECORD Record;
static CONTEXT Context;
static volatile int Count;
static char *volatile ResumeAt;

static LONG CALLBACK Handler(EXCEPTION_POINTERS *Pointers)
{
    if (ResumeAt == NULL) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    Record = *Pointers->ExceptionRecord;
    Context = *Pointers->ContextRecord;
    Count++;
    Pointers->ContextRecord->Rip = (DWORD64)ResumeAt;
    Pointers->ContextRecord->EFlags &= ~0x100u;
    Pointers->ContextRecord->MxCsr = 0x1F80;
    Pointers->ContextRecord->FltSave.MxCsr = 0x1F80;
    Pointers->ContextRecord->FltSave.ControlWord = 0x27F;
    Pointers->ContextRecord->FltSave.StatusWord = 0;
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* Runs CODE; `1:` is where it faults, `2:` is where the handler continues.  At: the address of 1. */
#define FAULT(At, Before, Code, ...)                                                                                                                         \
    do {                                                                                                                                                     \
        Count = 0;                                                                                                                                           \
        memset(&Record, 0, sizeof(Record));                                                                                                                  \
        __asm__ volatile("leaq 2f(%%rip), %%rax\n\tmovq %%rax, %1\n\tleaq 1f(%%rip), %%rax\n\tmovq %%rax, %0\n\t" Before "\n1:\t" Code "\n2:"                \
                         : "=m"(At), "=m"(ResumeAt) : __VA_ARGS__ : "rax", "rcx", "rdx", "rbx", "r8", "memory", "cc", "xmm0", "xmm1");                       \
        ResumeAt = NULL;                                                                                                                                     \
    } while (0)

static void Expect(char *At, DWORD Code, DWORD Parameters, const char *What)
{
    if (!Ok(Count == 1 && Record.ExceptionCode == Code && Record.ExceptionAddress == At && Record.NumberParameters == Parameters &&
                (Context.Rip == (DWORD64)At || Code == EXCEPTION_BREAKPOINT) && Record.ExceptionFlags == 0,
            "%s: %08lX", What, Code)) {
        printf("#   %d times, code %08lX at %p (expected %p), rip %p, %lu parameters, flags %lx\n", Count, Record.ExceptionCode,
               Record.ExceptionAddress, (void *)At, (void *)Context.Rip, Record.NumberParameters, Record.ExceptionFlags);
    }
}

static void Parameters(ULONG_PTR First, ULONG_PTR Second, const char *What)
{
    if (!Ok(Record.ExceptionInformation[0] == First && Record.ExceptionInformation[1] == Second, "%s", What)) {
        printf("#   %p %p\n", (void *)Record.ExceptionInformation[0], (void *)Record.ExceptionInformation[1]);
    }
}

static void Integers(void)
{
    char *At;

    FAULT(At, "xorl %%edx, %%edx; xorl %%ecx, %%ecx; movl $5, %%eax", "divl %%ecx", "i"(0));
    Expect(At, EXCEPTION_INT_DIVIDE_BY_ZERO, 0, "division by zero");
    FAULT(At, "movl $0x80000000, %%eax; cltd; movl $-1, %%ecx", "idivl %%ecx", "i"(0));
    Expect(At, EXCEPTION_INT_OVERFLOW, 0, "a quotient too large");
    FAULT(At, "pushq $0; xorl %%edx, %%edx; movl $5, %%eax", "divl (%%rsp)", "i"(0));
    __asm__ volatile("addq $8, %rsp");
    Expect(At, EXCEPTION_INT_DIVIDE_BY_ZERO, 0, "division by a zero in memory");
    FAULT(At, "movl $1, %%edx; xorl %%eax, %%eax; movl $1, %%ecx", "divl %%ecx", "i"(0));
    Expect(At, EXCEPTION_INT_OVERFLOW, 0, "unsigned, the same");
}

static void Instructions(void)
{
    char *At;

    FAULT(At, "", "ud2", "i"(0));
    Expect(At, EXCEPTION_ILLEGAL_INSTRUCTION, 0, "ud2");
    FAULT(At, "", ".byte 0x06", "i"(0));
    Expect(At, EXCEPTION_ILLEGAL_INSTRUCTION, 0, "push es, which 64-bit mode lacks");
    FAULT(At, "", "cli", "i"(0));
    Expect(At, EXCEPTION_PRIV_INSTRUCTION, 0, "cli");
    FAULT(At, "", "hlt", "i"(0));
    Expect(At, EXCEPTION_PRIV_INSTRUCTION, 0, "hlt");
    FAULT(At, "", "inb $0x80, %%al", "i"(0));
    Expect(At, EXCEPTION_PRIV_INSTRUCTION, 0, "in");
    FAULT(At, "movl $0x80, %%edx", "outb %%al, %%dx", "i"(0));
    Expect(At, EXCEPTION_PRIV_INSTRUCTION, 0, "out");
    FAULT(At, "", "movq %%cr0, %%rax", "i"(0));
    Expect(At, EXCEPTION_PRIV_INSTRUCTION, 0, "mov from cr0");
    FAULT(At, "movl $0x10, %%ecx", "rdmsr", "i"(0));
    Expect(At, EXCEPTION_PRIV_INSTRUCTION, 0, "rdmsr");
    FAULT(At, "", "invlpg (%%rax)", "i"(0));
    Expect(At, EXCEPTION_PRIV_INSTRUCTION, 0, "invlpg");
    FAULT(At, "", "wbinvd", "i"(0));
    if (Count == 0) {
        Ok(1, "wbinvd: # SKIP this processor lets programs do it (QEMU 10)");
    } else {
        Expect(At, EXCEPTION_PRIV_INSTRUCTION, 0, "wbinvd");
    }
    FAULT(At, "movl $0x33, %%eax", "movw %%ax, %%ss", "i"(0));
    Expect(At, EXCEPTION_ACCESS_VIOLATION, 2, "a segment that is no stack");
    FAULT(At, "", "int $0x50", "i"(0));
    Expect(At, EXCEPTION_ACCESS_VIOLATION, 2, "an interrupt that is not for programs");
    Parameters(0, ~(ULONG_PTR)0, "which says: reading address -1");
}

static void Memory(void)
{
    char *At, *Page = VirtualAlloc(NULL, 0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    DWORD Old;

    FAULT(At, "movq $64, %%rcx", "movb (%%rcx), %%al", "i"(0));
    Expect(At, EXCEPTION_ACCESS_VIOLATION, 2, "reading what is not there");
    Parameters(0, 64, "read of 64");
    FAULT(At, "movq $64, %%rcx", "movb %%al, (%%rcx)", "i"(0));
    Expect(At, EXCEPTION_ACCESS_VIOLATION, 2, "writing what is not there");
    Parameters(1, 64, "write of 64");
    FAULT(At, "movq %2, %%rcx", "movb %%al, 5(%%rcx)", "m"(Page));
    Expect(At, EXCEPTION_ACCESS_VIOLATION, 2, "writing what is read only");
    Parameters(1, (ULONG_PTR)Page + 5, "write of the very byte");
    FAULT(At, "movabsq $0x8000000000000000, %%rcx", "movb (%%rcx), %%al", "i"(0));
    Expect(At, EXCEPTION_ACCESS_VIOLATION, 2, "an address that is none");
    Parameters(0, ~(ULONG_PTR)0, "read of -1");
    FAULT(At, "movabsq $0xFFFFF80000000000, %%rcx", "movb (%%rcx), %%al", "i"(0));
    Expect(At, EXCEPTION_ACCESS_VIOLATION, 2, "the system's memory");
    Parameters(0, 0xFFFFF80000000000, "read of its address");

    Count = 0;
    __asm__ volatile("leaq 1f(%%rip), %%rax; movq %%rax, %0; movq %1, %%rcx; call *%%rcx; 1:" : "=m"(ResumeAt) : "m"(Page)
                     : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "memory");
    ResumeAt = NULL;
    __asm__ volatile("addq $8, %rsp");
    Expect(Page, EXCEPTION_ACCESS_VIOLATION, 2, "executing data");
    Parameters(8, (ULONG_PTR)Page, "execute of its address");

    VirtualProtect(Page, 0x1000, PAGE_READWRITE | PAGE_GUARD, &Old);
    FAULT(At, "movq %2, %%rcx", "movb %%al, 7(%%rcx)", "m"(Page));
    Expect(At, EXCEPTION_GUARD_PAGE, 2, "a guard page");
    Parameters(1, (ULONG_PTR)Page + 7, "write of the byte");
    *(volatile char *)Page = 1;
    Ok(1, "guards once");
    FAULT(At, "pushfq; orl $0x40000, (%%rsp); popfq; leaq 1(%%rsp), %%rcx", "movl (%%rcx), %%edx", "i"(0));
    __asm__ volatile("pushfq; andl $~0x40000, (%%rsp); popfq" : : : "cc", "memory");
    Ok(Count == 0 || Record.ExceptionCode == EXCEPTION_DATATYPE_MISALIGNMENT, "alignment checks, if they are on, say so: %08lX",
       Count != 0 ? Record.ExceptionCode : 0);
    VirtualFree(Page, 0, MEM_RELEASE);
}

static void Debugging(void)
{
    char *At, *After;

    FAULT(At, "", "int3", "i"(0));
    Expect(At, EXCEPTION_BREAKPOINT, 1, "int3");
    Ok(Context.Rip == (DWORD64)At && Record.ExceptionInformation[0] == 0, "the context stands on it");
    FAULT(At, "", ".byte 0xCD, 3", "i"(0));
    Ok(Count == 1 && Record.ExceptionCode == EXCEPTION_BREAKPOINT && Record.ExceptionAddress == At + 1, "the long form: one byte further");
    FAULT(After, "pushfq; orl $0x100, (%%rsp); popfq; nop", "nop", "i"(0));
    Expect(After, EXCEPTION_SINGLE_STEP, 0, "the trap flag: behind the next instruction");
    Ok(!(Context.EFlags & 0x100), "the flag is taken out of the context");
}

static volatile int Watched;

static DWORD WINAPI Touch(void *Parameter)
{
    Watched++;
    Watched++;
    return 0;
}

static LONG CALLBACK OnWatch(EXCEPTION_POINTERS *Pointers)
{
    if (Pointers->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    Count++;
    Context = *Pointers->ContextRecord;
    Record = *Pointers->ExceptionRecord;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void DebugRegisters(void)
{
    HANDLE Thread = CreateThread(NULL, 0, Touch, NULL, CREATE_SUSPENDED, NULL);
    PVOID Handle = AddVectoredExceptionHandler(1, OnWatch);
    CONTEXT Set = {.ContextFlags = CONTEXT_DEBUG_REGISTERS};

    Ok(GetThreadContext(Thread, &Set) && Set.Dr7 == 0, "debug registers begin empty");
    Set.Dr0 = (DWORD64)&Watched;
    Set.Dr7 = 1 | 1 << 16 | 3 << 18; /* local, writes, four bytes */
    Ok(SetThreadContext(Thread, &Set), "a watch on four bytes");
    memset(&Set, 0, sizeof(Set));
    Set.ContextFlags = CONTEXT_DEBUG_REGISTERS;
    Ok(GetThreadContext(Thread, &Set) && Set.Dr0 == (DWORD64)&Watched && (Set.Dr7 & 0xF0003) == 0xD0001, "can be read again");
    Count = 0;
    ResumeThread(Thread);
    WaitForSingleObject(Thread, INFINITE);
    CloseHandle(Thread);
    Is(Count, 2, "two writes, two single steps");
    Ok((Context.Dr6 & 1) && Context.Dr0 == (DWORD64)&Watched, "Dr6 says which");
    Is(Watched, 2, "and both were done");
    RemoveVectoredExceptionHandler(Handle);
}

/* Some emulators raise no SSE exceptions at all. */
static void Simd(char *At, DWORD Code, DWORD Flags, const char *What)
{
    if (Count == 0) {
        Ok(1, "%s: # SKIP this processor does not raise it", What);
        return;
    }
    Expect(At, Code, 2, What);
    Ok(Record.ExceptionInformation[0] == 0 && (Record.ExceptionInformation[1] & 0x3F & Flags) != 0, "with MXCSR");
}

static void Floats(void)
{
    char *At;
    static const double Zero = 0, One = 1, Three = 3, Big = 1e308;
    unsigned short Control = 0x37F & ~4;
    unsigned Csr;

    Csr = 0x1F80 & ~0x200u;
    FAULT(At, "ldmxcsr %2; movsd %3, %%xmm0", "divsd %4, %%xmm0", "m"(Csr), "m"(One), "m"(Zero));
    Simd(At, EXCEPTION_FLT_DIVIDE_BY_ZERO, 4, "SSE, division by zero");
    Csr = 0x1F80 & ~0x80u;
    FAULT(At, "ldmxcsr %2; movsd %3, %%xmm0", "divsd %3, %%xmm0", "m"(Csr), "m"(Zero));
    Simd(At, EXCEPTION_FLT_INVALID_OPERATION, 1, "SSE, invalid");
    Csr = 0x1F80 & ~0x400u;
    FAULT(At, "ldmxcsr %2; movsd %3, %%xmm0", "mulsd %3, %%xmm0", "m"(Csr), "m"(Big));
    Simd(At, EXCEPTION_FLT_OVERFLOW, 8, "SSE, overflow");
    Csr = 0x1F80 & ~0x1000u;
    FAULT(At, "ldmxcsr %2; movsd %3, %%xmm0", "divsd %4, %%xmm0", "m"(Csr), "m"(One), "m"(Three));
    Simd(At, EXCEPTION_FLT_INEXACT_RESULT, 32, "SSE, inexact");
    Csr = 0x1F80;
    __asm__ volatile("ldmxcsr %0" : : "m"(Csr));

    FAULT(At, "fninit; fldcw %2; fld1; fldz; fdivrp", "fwait", "m"(Control));
    Ok(Count == 1 && Record.ExceptionCode == EXCEPTION_FLT_DIVIDE_BY_ZERO, "x87, division by zero: %08lX", Record.ExceptionCode);
    __asm__ volatile("fninit");
    Control = 0x37F & ~1;
    FAULT(At, "fninit; fldcw %2; fldz; fldz; fdivrp", "fwait", "m"(Control));
    Ok(Count == 1 && Record.ExceptionCode == EXCEPTION_FLT_INVALID_OPERATION, "x87, invalid: %08lX", Record.ExceptionCode);
    __asm__ volatile("fninit");
}

static int Deep(int Depth)
{
    volatile char Page[3000];

    Page[0] = (char)Depth;
    return Depth == 0 ? Page[0] : Deep(Depth - 1) + Page[0];
}

static LONG CALLBACK OnOverflow(EXCEPTION_POINTERS *Pointers)
{
    if (Pointers->ExceptionRecord->ExceptionCode == EXCEPTION_STACK_OVERFLOW) {
        Record = *Pointers->ExceptionRecord;
        ExitThread(77);
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

static DWORD WINAPI Overflow(void *Parameter)
{
    return (DWORD)Deep(1000000);
}

static void Stack(void)
{
    PVOID Handle = AddVectoredExceptionHandler(1, OnOverflow);
    HANDLE Thread = CreateThread(NULL, 0x10000, Overflow, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    DWORD Code = 0;

    WaitForSingleObject(Thread, INFINITE);
    GetExitCodeThread(Thread, &Code);
    Is(Code, 77, "a stack that overflows can still run its handler");
    Ok(Record.NumberParameters == 2 && Record.ExceptionInformation[0] == 1, "a write");
    CloseHandle(Thread);
    RemoveVectoredExceptionHandler(Handle);
}

int main(void)
{
    PVOID Handle = AddVectoredExceptionHandler(1, Handler);

    Integers();
    Instructions();
    Memory();
    Debugging();
    Floats();
    RemoveVectoredExceptionHandler(Handle);
    DebugRegisters();
    Stack();
    return Done();
}
