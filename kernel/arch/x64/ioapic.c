/* SPDX-License-Identifier: MIT */
/*
 * ioapic.c - device interrupts: which vector a line gets, the I/O APIC's redirection entries, and the chains of service routines.
 *
 * A global interrupt's vector follows from its number, spread over the device IRQLs 3..11, so no allocation is needed and
 * HalGetInterruptVector gives the same answer every time.  An entry is unmasked while at least one interrupt object is connected to its
 * vector.
 *
 * Locks: KiVectorLock (HIGH_LEVEL) guards the chains and the I/O APIC's index register.  KiDispatchVector walks a chain without it, at the
 * vector's IRQL: entries are unlinked under the lock and, on another processor, only after that processor has left the vector
 * (KeDisconnectInterrupt).
 */
#include "archp.h"
#include "kd.h"

#define GSI_LIMIT 120u
/* Numbers no I/O APIC has: HalGetInterruptVector(PCIBus, ..., MESSAGE_FIRST + n, ...) is the n-th vector for message-signalled interrupts. */
#define MESSAGE_FIRST 126u
#define MESSAGE_COUNT 18u
#define IRQL_FIRST 3u
#define IRQL_COUNT 9u

typedef struct _KI_VECTOR
{
    LIST_ENTRY Interrupts;
    volatile LONG Active; /* processors in the chain now */
    ULONG Spurious;
} KI_VECTOR;

static KI_VECTOR KiVector[256];
static KSPIN_LOCK KiVectorLock;

static ULONG KiGsiToVector(ULONG Gsi)
{
    return ((IRQL_FIRST + Gsi % IRQL_COUNT) << 4) | (Gsi / IRQL_COUNT);
}
static ULONG KiVectorToGsi(ULONG Vector)
{
    return (Vector & 0xF) * IRQL_COUNT + ((Vector >> 4) - IRQL_FIRST);
}

static KIRQL KiLockVectors(void)
{
    KIRQL OldIrql = KfRaiseIrql(HIGH_LEVEL);

    KeAcquireSpinLockAtDpcLevel(&KiVectorLock);
    return OldIrql;
}

static void KiUnlockVectors(KIRQL OldIrql)
{
    KeReleaseSpinLockFromDpcLevel(&KiVectorLock);
    KeLowerIrql(OldIrql);
}

static void KiIoApicWrite(ULONG Apic, ULONG Register, ULONG Value)
{
    volatile ULONG *Base = (volatile ULONG *)KiPhysical(KiAcpi.IoApic[Apic].Address);

    Base[0] = Register;
    Base[4] = Value;
}

static ULONG KiIoApicRead(ULONG Apic, ULONG Register)
{
    volatile ULONG *Base = (volatile ULONG *)KiPhysical(KiAcpi.IoApic[Apic].Address);

    Base[0] = Register;
    return Base[4];
}

static ULONG KiIoApicLines(ULONG Apic)
{
    return ((KiIoApicRead(Apic, 1) >> 16) & 0xFF) + 1;
}

void KiInitializeIoApic(void)
{
    for (ULONG Vector = 0; Vector < 256; Vector++) {
        InitializeListHead(&KiVector[Vector].Interrupts);
    }
    for (ULONG Apic = 0; Apic < KiAcpi.IoApicCount; Apic++) {
        for (ULONG Line = 0; Line < KiIoApicLines(Apic); Line++) {
            KiIoApicWrite(Apic, 0x10 + 2 * Line, 0x10000);
        }
    }
}

/* Polarity and trigger: the override's for ISA lines that have one, else edge/high below 16 and level/low above. */
static ULONG KiLineMode(ULONG Gsi)
{
    USHORT Flags = Gsi < 16 ? 0x5 : 0xF;

    for (ULONG i = 0; i < 16; i++) {
        if (KiAcpi.Isa[i].Gsi == Gsi && KiAcpi.Isa[i].Flags != 0) {
            Flags = KiAcpi.Isa[i].Flags;
        }
    }
    return ((Flags & 3) == 3 ? 0x2000u : 0) | ((Flags & 0xC) == 0xC ? 0x8000u : 0);
}

/* KiVectorLock held. */
static void KiRouteVector(ULONG Vector, BOOLEAN Enable)
{
    ULONG Gsi = KiVectorToGsi(Vector);

    for (ULONG Apic = 0; Apic < KiAcpi.IoApicCount; Apic++) {
        ULONG First = KiAcpi.IoApic[Apic].GsiBase;
        if (Gsi >= First && Gsi < First + KiIoApicLines(Apic)) {
            KiIoApicWrite(Apic, 0x11 + 2 * (Gsi - First), KiProcessorBlock[0]->ApicId << 24);
            KiIoApicWrite(Apic, 0x10 + 2 * (Gsi - First), Vector | KiLineMode(Gsi) | (Enable ? 0 : 0x10000));
        }
    }
}

ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE InterfaceType, ULONG BusNumber, ULONG BusInterruptLevel, ULONG BusInterruptVector,
                                  PKIRQL Irql, PKAFFINITY Affinity)
{
    ULONG Gsi = BusInterruptLevel;

    if (InterfaceType == Isa || InterfaceType == Eisa) {
        if (BusInterruptLevel >= 16) {
            return 0;
        }
        Gsi = KiAcpi.Isa[BusInterruptLevel].Gsi;
    }
    if (Gsi >= GSI_LIMIT && (InterfaceType != PCIBus || Gsi < MESSAGE_FIRST || Gsi >= MESSAGE_FIRST + MESSAGE_COUNT)) {
        return 0;
    }
    *Irql = (KIRQL)(KiGsiToVector(Gsi) >> 4);
    *Affinity = 1;
    return KiGsiToVector(Gsi);
}

void KeInitializeInterrupt(PKINTERRUPT Interrupt, PKSERVICE_ROUTINE ServiceRoutine, PVOID ServiceContext, PKSPIN_LOCK SpinLock,
                           ULONG Vector, KIRQL Irql, KIRQL SynchronizeIrql, KINTERRUPT_MODE Mode, BOOLEAN ShareVector, ULONG Processor)
{
    *Interrupt = (KINTERRUPT){ .Type = 22 /* InterruptObject */,
                               .Size = sizeof(*Interrupt),
                               .ServiceRoutine = ServiceRoutine,
                               .ServiceContext = ServiceContext,
                               .ActualLock = SpinLock,
                               .Vector = Vector,
                               .Irql = Irql,
                               .SynchronizeIrql = SynchronizeIrql,
                               .Mode = Mode,
                               .ShareVector = ShareVector,
                               .Number = Processor };
    if (SpinLock == NULL) {
        Interrupt->ActualLock = &Interrupt->SpinLock;
    }
}

BOOLEAN KeConnectInterrupt(PKINTERRUPT Interrupt)
{
    KI_VECTOR *Vector = &KiVector[Interrupt->Vector & 0xFF];
    BOOLEAN Connected = FALSE;
    KIRQL OldIrql;

    if (Interrupt->Vector < DEVICE_VECTOR_FIRST || Interrupt->Vector > DEVICE_VECTOR_LAST || Interrupt->SynchronizeIrql < Interrupt->Irql ||
        Interrupt->Irql != Interrupt->Vector >> 4) {
        return FALSE;
    }
    OldIrql = KiLockVectors();
    if (!Interrupt->Connected &&
        (IsListEmpty(&Vector->Interrupts) ||
         (Interrupt->ShareVector && CONTAINING_RECORD(Vector->Interrupts.Flink, KINTERRUPT, InterruptListEntry)->ShareVector))) {
        BOOLEAN First = IsListEmpty(&Vector->Interrupts);
        InsertTailList(&Vector->Interrupts, &Interrupt->InterruptListEntry);
        Interrupt->Connected = Connected = TRUE;
        if (First) {
            KiRouteVector(Interrupt->Vector, TRUE);
        }
    }
    KiUnlockVectors(OldIrql);
    return Connected;
}

BOOLEAN KeDisconnectInterrupt(PKINTERRUPT Interrupt)
{
    KI_VECTOR *Vector = &KiVector[Interrupt->Vector & 0xFF];
    KIRQL OldIrql = KiLockVectors();
    BOOLEAN WasConnected = Interrupt->Connected;

    if (WasConnected) {
        Interrupt->Connected = FALSE;
        RemoveEntryList(&Interrupt->InterruptListEntry);
        if (IsListEmpty(&Vector->Interrupts)) {
            KiRouteVector(Interrupt->Vector, FALSE);
        }
    }
    KiUnlockVectors(OldIrql);
    while (WasConnected && Vector->Active != 0) {
        YieldProcessor();
    }
    return WasConnected;
}

/* At the vector's IRQL, interrupts on.  Level-triggered chains stop at the first that claims it and are asked again by the line itself. */
void KiDispatchVector(ULONG Number)
{
    KI_VECTOR *Vector = &KiVector[Number];
    BOOLEAN Claimed = FALSE;

    InterlockedIncrement(&Vector->Active);
    for (PLIST_ENTRY Entry = Vector->Interrupts.Flink; Entry != &Vector->Interrupts; Entry = Entry->Flink) {
        PKINTERRUPT Interrupt = CONTAINING_RECORD(Entry, KINTERRUPT, InterruptListEntry);
        KIRQL OldIrql = KeGetCurrentIrql();
        if (Interrupt->SynchronizeIrql > OldIrql) {
            KeRaiseIrql(Interrupt->SynchronizeIrql, &OldIrql);
        }
        KeAcquireSpinLockAtDpcLevel(Interrupt->ActualLock);
        Claimed |= Interrupt->ServiceRoutine(Interrupt, Interrupt->ServiceContext);
        Interrupt->DispatchCount++;
        KeReleaseSpinLockFromDpcLevel(Interrupt->ActualLock);
        KeLowerIrql(OldIrql);
        if (Claimed && Interrupt->Mode == LevelSensitive) {
            break;
        }
    }
    InterlockedDecrement(&Vector->Active);
    if (!Claimed && Vector->Spurious++ == 0) {
        KdPrint_("Ke: interrupt vector 0x%02x not claimed by any driver\n", Number);
    }
}

BOOLEAN NTAPI KeSynchronizeExecution(PKINTERRUPT Interrupt, PKSYNCHRONIZE_ROUTINE Routine, PVOID Context)
{
    KIRQL OldIrql = KfRaiseIrql(Interrupt->SynchronizeIrql);
    BOOLEAN Result;

    KeAcquireSpinLockAtDpcLevel(Interrupt->ActualLock);
    Result = Routine(Context);
    KeReleaseSpinLockFromDpcLevel(Interrupt->ActualLock);
    KeLowerIrql(OldIrql);
    return Result;
}

KIRQL NTAPI KeAcquireInterruptSpinLock(PKINTERRUPT Interrupt)
{
    KIRQL OldIrql = KfRaiseIrql(Interrupt->SynchronizeIrql);

    KeAcquireSpinLockAtDpcLevel(Interrupt->ActualLock);
    return OldIrql;
}

VOID NTAPI KeReleaseInterruptSpinLock(PKINTERRUPT Interrupt, KIRQL OldIrql)
{
    KeReleaseSpinLockFromDpcLevel(Interrupt->ActualLock);
    KeLowerIrql(OldIrql);
}
