/* SPDX-License-Identifier: MIT */
/*
 * archp.h - what the files of arch/x64 share, and the declarations of its assembly.
 *
 * Formats: Intel SDM vol. 3, chapters 2 (system registers), 5 (protection), 6 (interrupts), 11 (APIC).
 */
#ifndef NASCENT_ARCHP_H
#define NASCENT_ARCHP_H

#include "arch.h"
#include "ke.h"

/* Selectors are NT's: a CONTEXT shows them to programs. */
#define KGDT64_R0_CODE 0x10
#define KGDT64_R0_DATA 0x18
#define KGDT64_R3_CMCODE 0x23
#define KGDT64_R3_DATA 0x2B
#define KGDT64_R3_CODE 0x33
#define KGDT64_SYS_TSS 0x40
#define KGDT64_R3_CMTEB 0x53
#define KGDT64_ENTRIES 12

/* KPRCB.FeatureBits: what this processor has and we turned on. */
#define KF_SMEP 0x01
#define KF_SMAP 0x02
#define KF_UMIP 0x04
#define KF_FSGSBASE 0x08
#define KF_XSAVE 0x10
#define KF_XSAVEOPT 0x20
#define KF_RDRAND 0x40
#define KF_RDTSCP 0x80

#define MSR_APIC_BASE 0x1Bu
#define MSR_PAT 0x277u
#define MSR_EFER 0xC0000080u
#define MSR_STAR 0xC0000081u
#define MSR_LSTAR 0xC0000082u
#define MSR_CSTAR 0xC0000083u
#define MSR_SFMASK 0xC0000084u
#define MSR_FS_BASE 0xC0000100u
#define MSR_GS_BASE 0xC0000101u
#define MSR_KERNEL_GS_BASE 0xC0000102u

#define EFER_SCE 0x001u
#define EFER_LME 0x100u
#define EFER_NXE 0x800u
#define CR0_MP 0x00000002u
#define CR0_EM 0x00000004u
#define CR0_TS 0x00000008u
#define CR0_NE 0x00000020u
#define CR0_WP 0x00010000u
#define CR0_AM 0x00040000u
#define CR4_DE 0x00000008u
#define CR4_PAE 0x00000020u
#define CR4_PGE 0x00000080u
#define CR4_OSFXSR 0x00000200u
#define CR4_OSXMMEXCPT 0x00000400u
#define CR4_UMIP 0x00000800u
#define CR4_FSGSBASE 0x00010000u
#define CR4_OSXSAVE 0x00040000u
#define CR4_SMEP 0x00100000u
#define CR4_SMAP 0x00200000u

#define EFLAGS_CF 0x00000001u
#define EFLAGS_TF 0x00000100u
#define EFLAGS_IF 0x00000200u
#define EFLAGS_DF 0x00000400u
#define EFLAGS_NT 0x00004000u
#define EFLAGS_RF 0x00010000u
#define EFLAGS_AC 0x00040000u
/* What user mode may have set or cleared: CF PF AF ZF SF TF DF OF RF AC ID. */
#define EFLAGS_USER_MASK 0x00250DD5u
#define MXCSR_INITIAL 0x1F80u

/* Vectors: the high nibble is the IRQL at which the interrupt is served. */
enum
{
    APC_VECTOR = 0x1F,
    DISPATCH_VECTOR = 0x2F,
    DEVICE_VECTOR_FIRST = 0x30,
    DEVICE_VECTOR_LAST = 0xBF,
    CLOCK_VECTOR = 0xD1,
    IPI_VECTOR = 0xE1,
    SPURIOUS_VECTOR = 0xFF,
};

typedef struct __attribute__((packed)) _KTSS64
{
    ULONG Reserved0;
    ULONG64 Rsp0, Rsp1, Rsp2;
    ULONG64 Ist[8]; /* Ist[0] is reserved */
    ULONG64 Reserved1;
    USHORT Reserved2, IoMapBase;
} KTSS64;
static_assert(sizeof(KTSS64) == 0x68, "TSS");
enum
{
    TSS_IST_PANIC = 1,
    TSS_IST_NMI = 2,
    TSS_IST_MCA = 3,
    TSS_IST_DEBUG = 4
};

typedef struct __attribute__((packed)) _KIDT_ENTRY
{
    USHORT OffsetLow, Selector;
    UCHAR Ist, Type; /* 0x8E interrupt gate, 0xEE for CPL 3 */
    USHORT OffsetMiddle;
    ULONG OffsetHigh, Reserved;
} KIDT_ENTRY;
static_assert(sizeof(KIDT_ENTRY) == 16, "IDT entry");

#define IST_STACK_SIZE 0x2000
#define SWITCH_STACK_SIZE 0x3000 /* interrupts may nest on it */

/* All that one processor owns.  The KPCR must come first: GS points to it. */
typedef struct __attribute__((aligned(4096))) _KIPROCESSOR
{
    union
    {
        KPCR Pcr;
        UCHAR PcrBytes[0x180];
    };
    KPRCB Prcb;
    KTSS64 Tss __attribute__((aligned(64)));
    ULONG64 Gdt[KGDT64_ENTRIES];
    /* The last quadword of each is the address of this block: how the paranoid entry finds its PCR. */
    UCHAR PanicStack[IST_STACK_SIZE] __attribute__((aligned(16)));
    UCHAR NmiStack[IST_STACK_SIZE] __attribute__((aligned(16)));
    UCHAR McaStack[IST_STACK_SIZE] __attribute__((aligned(16)));
    UCHAR DebugStack[IST_STACK_SIZE] __attribute__((aligned(16)));
    UCHAR SwitchStack[SWITCH_STACK_SIZE] __attribute__((aligned(16)));
} KIPROCESSOR;
static_assert(sizeof(KPCR) <= 0x180, "KPCR");
static_assert(__builtin_offsetof(KPCR, Self) == 0x18 && __builtin_offsetof(KPCR, CurrentPrcb) == 0x20, "KPCR");
static_assert(__builtin_offsetof(KIPROCESSOR, Prcb) == 0x180, "gs:[0x180]");
static_assert(__builtin_offsetof(KPRCB, CurrentThread) == 8, "gs:[0x188]");
static_assert(__builtin_offsetof(KPRCB, Number) == 0x24, "gs:[0x1a4]");

static inline ULONG64 KiReadMsr(ULONG Msr)
{
    ULONG Low, High;

    __asm__ volatile("rdmsr" : "=a"(Low), "=d"(High) : "c"(Msr));
    return ((ULONG64)High << 32) | Low;
}

static inline void KiWriteMsr(ULONG Msr, ULONG64 Value)
{
    __asm__ volatile("wrmsr" : : "c"(Msr), "a"((ULONG)Value), "d"((ULONG)(Value >> 32)) : "memory");
}

static inline void KiEnableInterrupts(void)
{
    __asm__ volatile("sti" ::: "memory");
}
static inline void KiDisableInterrupts(void)
{
    __asm__ volatile("cli" ::: "memory");
}

static inline UCHAR KiIn8(USHORT Port)
{
    UCHAR Value;

    __asm__ volatile("inb %1, %0" : "=a"(Value) : "Nd"(Port));
    return Value;
}

static inline ULONG KiIn32(USHORT Port)
{
    ULONG Value;

    __asm__ volatile("inl %1, %0" : "=a"(Value) : "Nd"(Port));
    return Value;
}

static inline void KiOut8(USHORT Port, UCHAR Value)
{
    __asm__ volatile("outb %0, %1" : : "a"(Value), "Nd"(Port));
}
static inline void KiOut16(USHORT Port, USHORT Value)
{
    __asm__ volatile("outw %0, %1" : : "a"(Value), "Nd"(Port));
}

/* ---- processor.c ---------------------------------------------------------------------------------------------------------------- */
/* divide.c: STATUS_INTEGER_DIVIDE_BY_ZERO or STATUS_INTEGER_OVERFLOW, for a divide error of user mode. */
NTSTATUS KiDivideStatus(const KTRAP_FRAME *Frame);

extern KIPROCESSOR KiBootProcessor;
void KiInitializeProcessor(KIPROCESSOR *Processor, ULONG Number);

/* ---- xstate.c ------------------------------------------------------------------------------------------------------------------- */
#define KI_LEGACY_STATE 512 /* bytes of the FXSAVE image an XSAVE area begins with */
#define KI_XSTATE_HEADER 64
#define KI_XSTATE_FEATURES 19

typedef struct _KI_XSTATE_FEATURE
{
    ULONG Offset, Size; /* in an XSAVE area of the standard format */
} KI_XSTATE_FEATURE;

/* CONTEXT_EX: behind a CONTEXT; offsets are from here. */
typedef struct _KI_CONTEXT_EX
{
    struct
    {
        LONG Offset;
        ULONG Length;
    } All, Legacy, XState;
    ULONG64 Padding;
} KI_CONTEXT_EX;

typedef struct _KI_USER_STATE
{
    PUCHAR Base;
    ULONG Length;
    ULONG64 Mask;
} KI_USER_STATE;

extern ULONG64 KiXStateMask; /* XCR0 */
extern KI_XSTATE_FEATURE KiXStateFeature[KI_XSTATE_FEATURES];
void KiInitializeExtendedState(PKPRCB Prcb);

/* ---- processor.c, continued ----------------------------------------------------------------------------------------------------- */
extern ULONG64 KiDirectMap; /* the loader's direct map, for tables and device registers below 4 GiB */
static inline volatile VOID *KiPhysical(ULONG64 Address)
{
    return (volatile VOID *)(KiDirectMap + Address);
}

/* ---- startap.c, startap.asm ----------------------------------------------------------------------------------------------------- */
extern UCHAR KiTrampoline[], KiTrampolineGdtBase[], KiTrampolineData[], KiTrampolineEnd[];
void KiProcessorEntry(void); /* where the trampoline jumps to, in long mode */
NORETURN void KiRunProcessor(KIPROCESSOR *Processor);
void KiReserveTrampoline(LOADER_PARAMETER_BLOCK *Block);

/* ---- assembly ------------------------------------------------------------------------------------------------------------------- */
extern const ULONG64 KiVectorStubs[256];
void KiSystemCall64(void);
void KiSystemCall32(void);
void KiThreadStartupReturn(void);
typedef struct _KI_FIXUP
{
    ULONG Begin, End, Target;
} KI_FIXUP; /* RVAs; [Begin, End) */
extern const KI_FIXUP KiFixupTable[], KiFixupTableEnd[];
extern UCHAR __ImageBase[];

/* ---- apic.c, ioapic.c, acpi.c, timer.c ------------------------------------------------------------------------------------------ */
void KiInitializeApic(void);                /* where its registers are */
void KiInitializeLocalApic(PKPRCB Prcb);   /* this processor's */
void KiEndOfInterrupt(void);
void KiMaskLegacyPic(void);
void KiStartClock(void);
void KiInitializeIoApic(void);
void KiSendIpi(ULONG Number, UCHAR Vector);
void KiSendApicCommand(ULONG ApicId, ULONG Command); /* INIT, start-up, NMI */
typedef struct _KI_ACPI
{
    ULONG64 LocalApic;
    struct
    {
        ULONG64 Address;
        ULONG GsiBase;
        UCHAR Id;
    } IoApic[4];
    ULONG IoApicCount;
    struct
    {
        ULONG Gsi;
        USHORT Flags;
    } Isa[16]; /* ISA line -> global interrupt, MPS polarity and trigger flags */
    ULONG ProcessorApicId[KE_MAXIMUM_PROCESSORS];
    ULONG ProcessorCount;
    ULONG64 Hpet;
    ULONG Pm1aControl, Pm1bControl;
    ULONG PmTimer;
    USHORT SleepTypeA, SleepTypeB; /* S5, shifted into place */
    BOOLEAN HasS5;
} KI_ACPI;
extern KI_ACPI KiAcpi;
void KiReadAcpiTables(ULONG64 Rsdp);
void KiCalibrate(void);

/* ---- trap.c --------------------------------------------------------------------------------------------------------------------- */
void KiTrapHandler(PKTRAP_FRAME Frame);
void KiInterruptHandler(PKTRAP_FRAME Frame);
void KiParanoidHandler(PKTRAP_FRAME Frame);
void KiExitToUser(PKTRAP_FRAME Frame);
BOOLEAN KiFixupFault(PKTRAP_FRAME Frame, NTSTATUS Status);
#endif
