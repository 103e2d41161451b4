/* SPDX-License-Identifier: MIT */
/*
 * startap.c - waking the other processors.
 *
 * A processor sleeps after reset until it gets INIT and then a start-up interrupt, which names a page below 1 MiB to begin at in real mode.
 * That page (startap.asm) and three tables for its way to long mode are taken out of the loader's memory list before Mm sees it, so that
 * they are nobody else's.  Processors are started one at a time: the page has room for one processor's arguments, and a processor that
 * does not answer must not come to life later on somebody else's stack; it is left out, and so is its number.
 * Intel SDM vol. 3, 8.4 "Multiple-processor initialization"; Windows Internals, 7th ed., part 2, chapter 12, KeStartAllProcessors.
 */
#include "archp.h"
#include "kd.h"
#include "ki.h"

#define LOW_LIMIT_PAGE 0xA0u /* below the video memory at 640 KiB */
#define APIC_INIT 0x4500u    /* assert, edge */
#define APIC_STARTUP 0x4600u
#define ANSWER_WAIT 1000000u /* microseconds */

enum
{
    PAGE_CODE,
    PAGE_ROOT,
    PAGE_UPPER,
    PAGE_DIRECTORY,
    TRAMPOLINE_PAGES
};

static ULONG64 KiTrampolinePage; /* 0: none */
static volatile LONG KiAnswered; /* number of the processor that arrived last */

/* The layout of startap.asm. */
typedef struct _KI_TRAMPOLINE
{
    ULONG64 Root;
    ULONG Entry, Selector;
    ULONG64 Stack, Processor, KernelRoot, KernelEntry;
} KI_TRAMPOLINE;

/* Phase 0, before Mm: takes the last pages of a piece of low memory out of the list. */
void KiReserveTrampoline(LOADER_PARAMETER_BLOCK *Block)
{
    if (KiAcpi.ProcessorCount < 2) {
        return;
    }
    for (ULONG i = 0; i < Block->MemoryCount && KiTrampolinePage == 0; i++) {
        LOADER_MEMORY *Memory = &Block->Memory[i];
        if ((Memory->Type == LoaderFree || Memory->Type == LoaderFirmwareReclaim) && Memory->PageCount > TRAMPOLINE_PAGES &&
            Memory->BasePage + Memory->PageCount <= LOW_LIMIT_PAGE) {
            Memory->PageCount -= TRAMPOLINE_PAGES;
            KiTrampolinePage = Memory->BasePage + Memory->PageCount;
        }
    }
    if (KiTrampolinePage == 0) {
        KdPrint_("Ke: no free page below 1 MiB: the other processors stay asleep\n");
    }
}

static PVOID KiTrampolineTable(ULONG Index)
{
    return (PVOID)KiPhysical((KiTrampolinePage + Index) << PAGE_SHIFT);
}

/* The kernel's half as it is, and the first 2 MiB at their own address. */
static void KiMakeTrampolineTables(void)
{
    ULONG64 *Root = KiTrampolineTable(PAGE_ROOT), *Upper = KiTrampolineTable(PAGE_UPPER), *Directory = KiTrampolineTable(PAGE_DIRECTORY);
    ULONG64 Base = KiTrampolinePage << PAGE_SHIFT;

    __builtin_memcpy(Root, (PVOID)KiPhysical(KiReadPageTableRoot()), PAGE_SIZE);
    KiZeroPage(Upper);
    KiZeroPage(Directory);
    Root[0] = (Base + PAGE_UPPER * PAGE_SIZE) | PTE_VALID | PTE_WRITE;
    Upper[0] = (Base + PAGE_DIRECTORY * PAGE_SIZE) | PTE_VALID | PTE_WRITE;
    Directory[0] = PTE_VALID | PTE_WRITE | PTE_LARGE;
}

static KI_TRAMPOLINE *KiMakeTrampoline(void)
{
    UCHAR *Page = KiTrampolineTable(PAGE_CODE);
    ULONG Base = (ULONG)(KiTrampolinePage << PAGE_SHIFT);
    KI_TRAMPOLINE *Data = (KI_TRAMPOLINE *)(Page + (KiTrampolineData - KiTrampoline));

    __builtin_memcpy(Page, KiTrampoline, (SIZE_T)(KiTrampolineEnd - KiTrampoline));
    *(ULONG *)(Page + (KiTrampolineGdtBase - KiTrampoline)) += Base;
    Data->Entry += Base;
    Data->Root = Base + PAGE_ROOT * PAGE_SIZE;
    Data->KernelRoot = KiReadPageTableRoot();
    Data->KernelEntry = (ULONG64)KiProcessorEntry;
    return Data;
}

/* INIT, then the start-up interrupt twice, as the manual has it; emulators and modern processors need no long pause between. */
static BOOLEAN KiWakeProcessor(ULONG ApicId, ULONG Number)
{
    KiSendApicCommand(ApicId, APIC_INIT);
    KeStallExecutionProcessor(200);
    for (ULONG Try = 0; Try < 2; Try++) {
        KiSendApicCommand(ApicId, APIC_STARTUP | (ULONG)KiTrampolinePage);
        for (ULONG Waited = 0; Waited < (Try == 0 ? 10000u : ANSWER_WAIT); Waited += 10) {
            if (KiAnswered == (LONG)Number) {
                return TRUE;
            }
            KeStallExecutionProcessor(10);
        }
    }
    KiSendApicCommand(ApicId, APIC_INIT); /* asleep again, wherever it was */
    return FALSE;
}

ULONG KiCountProcessors(void)
{
    return KiTrampolinePage != 0 ? KiAcpi.ProcessorCount : 1;
}

/* The APIC id of the Index-th processor that is not this one; MAXULONG: there are no more. */
static ULONG KiOtherApicId(ULONG Index)
{
    for (ULONG i = 0; i < KiAcpi.ProcessorCount; i++) {
        if (KiAcpi.ProcessorApicId[i] != KeGetCurrentPrcb()->ApicId && Index-- == 0) {
            return KiAcpi.ProcessorApicId[i];
        }
    }
    return MAXULONG;
}

SIZE_T KiProcessorBlockSize(void)
{
    return sizeof(KIPROCESSOR);
}

PKPRCB KiPrcbOfBlock(PVOID Block)
{
    return &((KIPROCESSOR *)Block)->Prcb;
}

/* Index: which of the other processors; its block is zeroed, with number and idle thread set.  PASSIVE_LEVEL, on the boot processor. */
BOOLEAN KiStartProcessor(ULONG Index, PVOID Block)
{
    KIPROCESSOR *Processor = Block;
    ULONG ApicId = KiOtherApicId(Index);
    KI_TRAMPOLINE *Data;

    if (ApicId == MAXULONG) {
        return FALSE;
    }
    KiMakeTrampolineTables();
    Data = KiMakeTrampoline();
    Data->Processor = (ULONG64)Processor;
    Data->Stack = (ULONG64)Processor->Prcb.IdleThread->InitialStack;
    Processor->Prcb.ApicId = ApicId;
    __sync_synchronize();
    return KiWakeProcessor(ApicId, Processor->Prcb.Number);
}

/* On the new processor, interrupts off, on its idle thread's stack. */
NORETURN void KiRunProcessor(KIPROCESSOR *Processor)
{
    PKPRCB Prcb = &Processor->Prcb;

    Prcb->CurrentThread = Prcb->IdleThread;
    KiInitializeProcessor(Processor, Prcb->Number);
    Prcb->RspBase = (ULONG64)Prcb->IdleThread->InitialStack;
    Processor->Tss.Rsp0 = Prcb->RspBase;
    __writecr8(HIGH_LEVEL);
    KiInitializeLocalApic(Prcb);
    InterlockedExchange(&KiAnswered, (LONG)Prcb->Number);
    while (KeNumberProcessors <= (CCHAR)Prcb->Number) {
        YieldProcessor(); /* not yet one of those that are told of changed translations */
    }
    KiFlushCurrentTb(TRUE);
    KiStartClock();
    KiIdleLoop();
}
