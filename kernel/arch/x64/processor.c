/* SPDX-License-Identifier: MIT */
/*
 * processor.c - what each processor gets before it runs kernel code: GDT, IDT, TSS with its emergency stacks, control registers,
 * system-call registers, GS.
 *
 * All of a processor's own lives in one KIPROCESSOR block, which GS points to.  Processor 0's is static, so that a fault in the first C
 * function of the kernel already ends in a bugcheck with a backtrace.  The IDT is the same for all; the interrupt stack table is not.
 */
#include "archp.h"
#include "pstypes.h"

#define EXIT_SHUTDOWN 16

KIPROCESSOR KiBootProcessor;
PKPRCB KiProcessorBlock[KE_MAXIMUM_PROCESSORS];
ULONG64 KiDirectMap;

static KIDT_ENTRY KiIdt[256] __attribute__((aligned(4096)));
static ETHREAD KiIdleThread0; /* what this code runs as; KeInitSystemPhase0 completes it */
extern UCHAR KiIdleStack0[], KiIdleStack0Top[];

static const struct
{
    UCHAR Vector, Ist;
    BOOLEAN User; /* may be raised by an INT instruction of user mode */
} KiSpecialGates[] = {
    { 1, TSS_IST_DEBUG, FALSE },   { 2, TSS_IST_NMI, FALSE },   { 3, 0, TRUE },
    { 4, 0, TRUE },    { 8, TSS_IST_PANIC, FALSE }, { 18, TSS_IST_MCA, FALSE },
    { 0x29, 0, TRUE }, { 0x2C, 0, TRUE },           { 0x2D, 0, TRUE },
};

static void KiInitializeIdt(void)
{
    for (ULONG Vector = 0; Vector < 256; Vector++) {
        ULONG64 Stub = KiVectorStubs[Vector];
        KiIdt[Vector] = (KIDT_ENTRY){ .OffsetLow = (USHORT)Stub,
                                      .Selector = KGDT64_R0_CODE,
                                      .Type = 0x8E,
                                      .OffsetMiddle = (USHORT)(Stub >> 16),
                                      .OffsetHigh = (ULONG)(Stub >> 32) };
    }
    for (ULONG i = 0; i < sizeof(KiSpecialGates) / sizeof(KiSpecialGates[0]); i++) {
        KIDT_ENTRY *Entry = &KiIdt[KiSpecialGates[i].Vector];
        Entry->Ist = KiSpecialGates[i].Ist;
        Entry->Type = KiSpecialGates[i].User ? 0xEE : 0x8E;
    }
}

static void KiInitializeGdt(KIPROCESSOR *Processor)
{
    ULONG64 Tss = (ULONG64)&Processor->Tss;
    ULONG64 *Gdt = Processor->Gdt;

    Gdt[KGDT64_R0_CODE >> 3] = 0x00209B0000000000;
    Gdt[KGDT64_R0_DATA >> 3] = 0x00CF93000000FFFF;
    Gdt[KGDT64_R3_CMCODE >> 3] = 0x00CFFB000000FFFF;
    Gdt[KGDT64_R3_DATA >> 3] = 0x00CFF3000000FFFF;
    Gdt[KGDT64_R3_CODE >> 3] = 0x0020FB0000000000;
    Gdt[KGDT64_SYS_TSS >> 3] = (sizeof(KTSS64) - 1) | (Tss & 0xFFFFFF) << 16 | 0x89ULL << 40 | ((Tss >> 24) & 0xFF) << 56;
    Gdt[(KGDT64_SYS_TSS >> 3) + 1] = Tss >> 32;
    Gdt[KGDT64_R3_CMTEB >> 3] = 0x00CFF3000000FFFF;
}

static ULONG64 KiEmergencyStack(KIPROCESSOR *Processor, UCHAR *Stack, ULONG Size)
{
    ULONG64 *Top = (ULONG64 *)(Stack + Size - 16);

    *Top = (ULONG64)Processor;
    return (ULONG64)Top;
}

static void KiLoadTables(KIPROCESSOR *Processor)
{
    struct __attribute__((packed))
    {
        USHORT Limit;
        ULONG64 Base;
    } Gdt = { sizeof(Processor->Gdt) - 1, (ULONG64)Processor->Gdt }, Idt = { sizeof(KiIdt) - 1, (ULONG64)KiIdt };
    ULONG64 Scratch;

    __asm__ volatile("lgdt %1\n\t"
                     "pushq %2\n\t"
                     "leaq 1f(%%rip), %0\n\t"
                     "pushq %0\n\t"
                     "lretq\n"
                     "1:\tmovl %3, %%eax\n\t"
                     "movl %%eax, %%ss\n\t"
                     "movl %4, %%eax\n\t"
                     "movl %%eax, %%ds\n\t"
                     "movl %%eax, %%es\n\t"
                     "movl %%eax, %%gs\n\t"
                     "movl %5, %%eax\n\t"
                     "movl %%eax, %%fs\n\t"
                     "lidt %6\n\t"
                     "movl %7, %%eax\n\t"
                     "ltr %%ax"
                     : "=&r"(Scratch)
                     : "m"(Gdt), "i"(KGDT64_R0_CODE), "i"(KGDT64_R0_DATA), "i"(KGDT64_R3_DATA), "i"(KGDT64_R3_CMTEB), "m"(Idt),
                       "i"(KGDT64_SYS_TSS)
                     : "rax", "memory");
}

static void KiCpuid(ULONG Leaf, ULONG SubLeaf, ULONG Out[4])
{
    __asm__ volatile("cpuid" : "=a"(Out[0]), "=b"(Out[1]), "=c"(Out[2]), "=d"(Out[3]) : "a"(Leaf), "c"(SubLeaf));
}

static ULONG64 KiReadFeatures(void)
{
    ULONG Leaf[4];
    ULONG Maximum;
    ULONG64 Features = 0;

    KiCpuid(0, 0, Leaf);
    Maximum = Leaf[0];
    KiCpuid(1, 0, Leaf);
    Features |= (Leaf[2] & (1u << 26)) ? KF_XSAVE : 0;
    Features |= (Leaf[2] & (1u << 30)) ? KF_RDRAND : 0;
    if (Maximum >= 7) {
        KiCpuid(7, 0, Leaf);
        Features |= (Leaf[1] & (1u << 7)) ? KF_SMEP : 0;
        Features |= (Leaf[1] & (1u << 20)) ? KF_SMAP : 0;
        Features |= (Leaf[1] & (1u << 0)) ? KF_FSGSBASE : 0;
        Features |= (Leaf[2] & (1u << 2)) ? KF_UMIP : 0;
    }
    return Features;
}

static void KiSetControlRegisters(ULONG64 Features)
{
    ULONG64 Cr0, Cr4;

    __asm__ volatile("mov %%cr0, %0" : "=r"(Cr0));
    Cr0 = (Cr0 & ~(ULONG64)(CR0_EM | CR0_TS)) | CR0_MP | CR0_NE | CR0_WP | CR0_AM;
    __asm__ volatile("mov %0, %%cr0" : : "r"(Cr0) : "memory");
    __asm__ volatile("mov %%cr4, %0" : "=r"(Cr4));
    Cr4 |= CR4_DE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    Cr4 |= (Features & KF_SMEP) ? CR4_SMEP : 0;
    Cr4 |= (Features & KF_SMAP) ? CR4_SMAP : 0;
    Cr4 |= (Features & KF_UMIP) ? CR4_UMIP : 0;
    Cr4 |= (Features & KF_FSGSBASE) ? CR4_FSGSBASE : 0;
    Cr4 |= (Features & KF_XSAVE) ? CR4_OSXSAVE : 0;
    __asm__ volatile("mov %0, %%cr4" : : "r"(Cr4) : "memory");
}

static void KiSetSystemCallRegisters(void)
{
    KiWriteMsr(MSR_EFER, KiReadMsr(MSR_EFER) | EFER_SCE | EFER_NXE);
    KiWriteMsr(MSR_STAR, (ULONG64)KGDT64_R3_CMCODE << 48 | (ULONG64)KGDT64_R0_CODE << 32);
    KiWriteMsr(MSR_LSTAR, (ULONG64)KiSystemCall64);
    KiWriteMsr(MSR_CSTAR, (ULONG64)KiSystemCall32);
    KiWriteMsr(MSR_SFMASK, EFLAGS_TF | EFLAGS_IF | EFLAGS_DF | EFLAGS_NT | EFLAGS_AC);
}

/* On the processor itself, interrupts off.  Afterwards traps work and gs:[0x188] is the thread given. */
void KiInitializeProcessor(KIPROCESSOR *Processor, ULONG Number)
{
    PKPCR Pcr = &Processor->Pcr;
    PKPRCB Prcb = &Processor->Prcb;

    KiInitializeGdt(Processor);
    Processor->Tss.Ist[TSS_IST_PANIC] = KiEmergencyStack(Processor, Processor->PanicStack, IST_STACK_SIZE);
    Processor->Tss.Ist[TSS_IST_NMI] = KiEmergencyStack(Processor, Processor->NmiStack, IST_STACK_SIZE);
    Processor->Tss.Ist[TSS_IST_MCA] = KiEmergencyStack(Processor, Processor->McaStack, IST_STACK_SIZE);
    Processor->Tss.Ist[TSS_IST_DEBUG] = KiEmergencyStack(Processor, Processor->DebugStack, IST_STACK_SIZE);
    Prcb->SwitchStack = KiEmergencyStack(Processor, Processor->SwitchStack, SWITCH_STACK_SIZE);
    Processor->Tss.IoMapBase = sizeof(KTSS64);
    KiLoadTables(Processor);
    KiWriteMsr(MSR_GS_BASE, (ULONG64)Processor);
    KiWriteMsr(MSR_KERNEL_GS_BASE, 0);
    Pcr->GdtBase = (PVOID)Processor->Gdt;
    Pcr->TssBase = (PVOID)&Processor->Tss;
    Pcr->IdtBase = (PVOID)KiIdt;
    Pcr->Self = Pcr;
    Pcr->CurrentPrcb = Prcb;
    Pcr->LockArray = Prcb->LockQueue;
    Pcr->MajorVersion = 1;
    Pcr->MinorVersion = 1;
    Prcb->MxCsr = MXCSR_INITIAL;
    Prcb->LegacyNumber = (UCHAR)Number;
    Prcb->Number = Number;
    Prcb->TssBase = &Processor->Tss;
    Prcb->FeatureBits = KiReadFeatures();
    KiSetControlRegisters(Prcb->FeatureBits);
    KiSetSystemCallRegisters();
    KiInitializeExtendedState(Prcb);
    KiProcessorBlock[Number] = Prcb;
}

/* Called by KiSystemStartup: no stack protector, no thread, nothing yet. */
__attribute__((optimize("no-stack-protector"))) void KiInitializeBootProcessor(LOADER_PARAMETER_BLOCK *Block);

void KiInitializeBootProcessor(LOADER_PARAMETER_BLOCK *Block)
{
    PKTHREAD Idle = &KiIdleThread0.Tcb;

    KiDirectMap = Block->DirectMapBase;
    KiInitializeIdt();
    KiBootProcessor.Prcb.CurrentThread = Idle;
    KiBootProcessor.Prcb.IdleThread = Idle;
    Idle->State = Running;
    Idle->OnProcessor = TRUE;
    Idle->InitialStack = KiIdleStack0Top;
    Idle->StackBase = KiIdleStack0Top;
    Idle->StackLimit = KiIdleStack0;
    KiInitializeProcessor(&KiBootProcessor, 0);
    KiBootProcessor.Prcb.RspBase = (ULONG64)Idle->InitialStack;
    KiBootProcessor.Tss.Rsp0 = (ULONG64)Idle->InitialStack;
    __writecr8(HIGH_LEVEL);
}

PKPRCB KeGetPrcb(ULONG Number)
{
    return Number < KE_MAXIMUM_PROCESSORS ? KiProcessorBlock[Number] : NULL;
}

/* ---- the rest of arch.h's registers --------------------------------------------------------------------------------------------- */
ULONG64 KiReadPageTableRoot(void)
{
    ULONG64 Root;

    __asm__ volatile("mov %%cr3, %0" : "=r"(Root));
    return Root & PTE_PFN_MASK;
}

void KiWritePageTableRoot(ULONG64 Root)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(Root) : "memory");
}

void KiInvalidatePage(PVOID Va)
{
    __asm__ volatile("invlpg (%0)" : : "r"(Va) : "memory");
}

void KiFlushCurrentTb(BOOLEAN Global)
{
    ULONG64 Value;

    if (Global) {
        __asm__ volatile("mov %%cr4, %0" : "=r"(Value));
        __asm__ volatile("mov %0, %%cr4" : : "r"(Value & ~(ULONG64)CR4_PGE) : "memory");
        __asm__ volatile("mov %0, %%cr4" : : "r"(Value) : "memory");
    } else {
        __asm__ volatile("mov %%cr3, %0\n\tmov %0, %%cr3" : "=r"(Value) : : "memory");
    }
}

ULONG64 KiReadTimeStamp(void)
{
    ULONG Low, High;

    __asm__ volatile("rdtsc" : "=a"(Low), "=d"(High));
    return ((ULONG64)High << 32) | Low;
}

ULONG64 KiRandom64(void)
{
    static volatile LONG64 KiRandomState;
    ULONG64 Value = 0;
    UCHAR Ok = 0;

    if (KeGetCurrentPrcb()->FeatureBits & KF_RDRAND) {
        __asm__ volatile("rdrand %0\n\tsetc %1" : "=r"(Value), "=qm"(Ok));
    }
    if (!Ok) {
        Value = (ULONG64)InterlockedExchangeAdd64(&KiRandomState, 0x61C8864680B583EB) + KiReadTimeStamp();
        Value = (Value ^ (Value >> 30)) * 0xBF58476D1CE4E5B9;
        Value = (Value ^ (Value >> 27)) * 0x94D049BB133111EB;
        Value ^= Value >> 31;
    }
    return Value;
}

void KiDebugPortWrite(const char *Text, SIZE_T Length)
{
    for (SIZE_T i = 0; i < Length; i++) {
        KiOut8(0xE9, (UCHAR)Text[i]);
    }
}

NORETURN void KiExitEmulator(UCHAR Code)
{
    KiDisableInterrupts();
    KiOut8(0xF4, Code);
    if (Code == EXIT_SHUTDOWN && KiAcpi.HasS5 && KiAcpi.Pm1aControl != 0) { /* a bugcheck leaves its screen standing */
        KiOut16((USHORT)KiAcpi.Pm1aControl, (USHORT)(KiAcpi.SleepTypeA | 0x2000));
        if (KiAcpi.Pm1bControl != 0) {
            KiOut16((USHORT)KiAcpi.Pm1bControl, (USHORT)(KiAcpi.SleepTypeB | 0x2000));
        }
    }
    for (;;) {
        __asm__ volatile("cli\n\thlt");
    }
}
