/* SPDX-License-Identifier: MIT */
/*
 * ldrtls.c - static thread-local storage (__declspec(thread), .tls sections).
 *
 *      TEB->ThreadLocalStoragePointer -> vector[slot] -> this thread's copy of the image's template
 *
 * Each image with a TLS directory gets a slot, written into its _tls_index, when it is loaded; each thread gets a vector with a copy of every
 * template when it starts.  A DLL loaded later extends all threads that exist: each has a node in a list here, and since compiled code
 * reads the vector without any lock, a vector is replaced by a longer one with the same content and stays allocated until its thread ends.
 *
 * A thread that was terminated never says goodbye: its node is dead, and its TEB is gone or another thread's.  So before another thread's TEB is
 * touched the kernel is asked whether it still is that thread's, and a new thread first clears away what died at its TEB's address.
 * All under the loader lock.
 */
#include "ldrp.h"

#define TLS_SPARE 8u /* slots kept free behind those in use, so that most late DLLs need no new vector */

typedef struct _TLS_SLOT
{
    LDRP_MODULE *Module; /* NULL: free */
    const VOID *Template;
    ULONG TemplateSize, ZeroFill, Alignment;
} TLS_SLOT;

typedef struct _TLS_VECTOR
{
    struct _TLS_VECTOR *Previous; /* shorter ones that a thread may still read */
    ULONG Capacity;
    PVOID Slot[];                 /* where the TEB points */
} TLS_VECTOR;

typedef struct _TLS_THREAD
{
    LIST_ENTRY Links;
    PNTEB Teb;
    CLIENT_ID Id;
    TLS_VECTOR *Vector; /* what the TEB points into; here also when the TEB is gone */
} TLS_THREAD;

static TLS_SLOT FirstSlots[16];
static TLS_SLOT *Slots = FirstSlots;
static ULONG SlotCount, SlotCapacity = COUNT_OF(FirstSlots);
static LIST_ENTRY Threads = {&Threads, &Threads};

/* A copy of a template.  Alignment beyond the heap's is met by hand; the heap's block is remembered in the word before. */
static PVOID CreateCopy(const TLS_SLOT *Slot)
{
    SIZE_T Align = Slot->Alignment < 16 ? 16 : Slot->Alignment;
    UCHAR *Block = Allocate((SIZE_T)Slot->TemplateSize + Slot->ZeroFill + Align + sizeof(PVOID));

    if (Block == NULL)
        return NULL;
    UCHAR *Copy = (UCHAR *)ROUND_UP((ULONG_PTR)Block + sizeof(PVOID), Align);
    ((PVOID *)Copy)[-1] = Block;
    memcpy(Copy, Slot->Template, Slot->TemplateSize);
    memset(Copy + Slot->TemplateSize, 0, Slot->ZeroFill);
    return Copy;
}

static void FreeCopy(PVOID Copy)
{
    if (Copy != NULL)
        Free(((PVOID *)Copy)[-1]);
}

static NTSTATUS GrowVector(TLS_THREAD *Thread, ULONG Needed)
{
    TLS_VECTOR *Old = Thread->Vector;

    if (Old != NULL && Old->Capacity >= Needed)
        return STATUS_SUCCESS;
    TLS_VECTOR *New = AllocateZero(sizeof *New + (Needed + TLS_SPARE) * sizeof(PVOID));
    if (New == NULL)
        return STATUS_NO_MEMORY;
    New->Capacity = Needed + TLS_SPARE;
    New->Previous = Old;
    if (Old != NULL)
        memcpy(New->Slot, Old->Slot, Old->Capacity * sizeof(PVOID));
    Thread->Vector = New;
    Thread->Teb->ThreadLocalStoragePointer = New->Slot;
    return STATUS_SUCCESS;
}

static NTSTATUS FillSlot(TLS_THREAD *Thread, ULONG Index)
{
    NTSTATUS Status = GrowVector(Thread, Index + 1);

    if (!NT_SUCCESS(Status))
        return Status;
    PVOID Copy = CreateCopy(&Slots[Index]);
    if (Copy == NULL)
        return STATUS_NO_MEMORY;
    Thread->Vector->Slot[Index] = Copy;
    return STATUS_SUCCESS;
}

static void FreeThread(TLS_THREAD *Thread)
{
    TLS_VECTOR *Vector = Thread->Vector;

    for (ULONG Index = 0; Vector != NULL && Index < Vector->Capacity; Index++)
        FreeCopy(Vector->Slot[Index]);
    while (Vector != NULL) {
        TLS_VECTOR *Previous = Vector->Previous;
        Free(Vector);
        Vector = Previous;
    }
    RemoveEntryList(&Thread->Links);
    Free(Thread);
}

static TLS_THREAD *FindThread(PNTEB ThreadTeb)
{
    for (LIST_ENTRY *Link = Threads.Flink; Link != &Threads; Link = Link->Flink) {
        TLS_THREAD *Thread = CONTAINING_RECORD(Link, TLS_THREAD, Links);
        if (Thread->Teb == ThreadTeb)
            return Thread;
    }
    return NULL;
}

/* The calling thread needs no proof. */
static bool IsAlive(const TLS_THREAD *Thread)
{
    OBJECT_ATTRIBUTES Attributes;
    THREAD_BASIC_INFORMATION Basic;
    CLIENT_ID Id = Thread->Id;
    HANDLE Handle;

    if (Thread->Teb == Teb())
        return true;
    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    if (!NT_SUCCESS(NtOpenThread(&Handle, THREAD_QUERY_INFORMATION, &Attributes, &Id)))
        return false;
    NTSTATUS Status = NtQueryInformationThread(Handle, ThreadBasicInformation, &Basic, sizeof Basic, NULL);
    NtClose(Handle);
    return NT_SUCCESS(Status) && Basic.TebBaseAddress == Thread->Teb && Basic.ExitStatus == STATUS_PENDING;
}

static NTSTATUS FindFreeSlot(ULONG *Index)
{
    for (*Index = 0; *Index < SlotCount; (*Index)++) {
        if (Slots[*Index].Module == NULL)
            return STATUS_SUCCESS;
    }
    if (SlotCount == SlotCapacity) {
        TLS_SLOT *Larger = Allocate(SlotCapacity * 2 * sizeof *Larger);
        if (Larger == NULL)
            return STATUS_NO_MEMORY;
        memcpy(Larger, Slots, SlotCount * sizeof *Larger);
        if (Slots != FirstSlots)
            Free(Slots);
        Slots = Larger;
        SlotCapacity *= 2;
    }
    SlotCount++;
    return STATUS_SUCCESS;
}

static void Describe(LDRP_MODULE *Module, const PE_TLS *Tls, TLS_SLOT *Slot)
{
    const UCHAR *Base = Module->Entry.DllBase;
    uint32_t Size;
    const IMAGE_TLS_DIRECTORY64 *Directory = RtlPeDirectory(Base, &Module->Info, PeDirectoryTls, &Size);
    ULONG Align = Directory->Characteristics >> 20 & 0xF; /* IMAGE_SCN_ALIGN_*: log2 + 1 */

    Slot->Template = Base + Tls->TemplateRva;
    Slot->TemplateSize = Tls->TemplateSize;
    Slot->ZeroFill = Tls->ZeroFill;
    Slot->Alignment = Align != 0 ? 1u << (Align - 1) : 1;
    Slot->Module = Module;
}

/* Gives the image its slot and every thread a copy.  Images without a directory are none of our business. */
NTSTATUS LdrpInitializeTls(LDRP_MODULE *Module)
{
    PE_TLS Tls;
    ULONG Index, Old;
    NTSTATUS Status = RtlPeTls(Module->Entry.DllBase, &Module->Info, (ULONG_PTR)Module->Entry.DllBase, &Tls);

    if (Status == PE_NO_MORE_ENTRIES)
        return STATUS_SUCCESS;
    if (!NT_SUCCESS(Status))
        return Status;
    Status = FindFreeSlot(&Index);
    if (!NT_SUCCESS(Status))
        return Status;
    Describe(Module, &Tls, &Slots[Index]);
    Module->Entry.TlsIndex = 0xFFFF; /* "has TLS"; the slot itself is in the image, as on Windows */
    Status = LdrpUnprotect(Module, Tls.IndexRva, sizeof(ULONG), &Old);
    if (NT_SUCCESS(Status)) {
        *(ULONG *)((UCHAR *)Module->Entry.DllBase + Tls.IndexRva) = Index;
        LdrpReprotect(Module, Tls.IndexRva, sizeof(ULONG), Old);
    }
    for (LIST_ENTRY *Link = Threads.Flink, *Next; Link != &Threads && NT_SUCCESS(Status); Link = Next) {
        TLS_THREAD *Thread = CONTAINING_RECORD(Link, TLS_THREAD, Links);
        Next = Link->Flink;
        if (IsAlive(Thread))
            Status = FillSlot(Thread, Index);
        else
            FreeThread(Thread);
    }
    if (!NT_SUCCESS(Status))
        LdrpReleaseTls(Module);
    return Status;
}

void LdrpReleaseTls(LDRP_MODULE *Module)
{
    for (ULONG Index = 0; Module->Entry.TlsIndex != 0 && Index < SlotCount; Index++) {
        if (Slots[Index].Module != Module)
            continue;
        Slots[Index].Module = NULL;
        for (LIST_ENTRY *Link = Threads.Flink; Link != &Threads; Link = Link->Flink) {
            TLS_VECTOR *Vector = CONTAINING_RECORD(Link, TLS_THREAD, Links)->Vector;
            if (Vector != NULL && Index < Vector->Capacity) {
                FreeCopy(Vector->Slot[Index]);
                Vector->Slot[Index] = NULL;
            }
        }
    }
    Module->Entry.TlsIndex = 0;
}

/* The calling thread gets its node and its copies. */
NTSTATUS LdrpAllocateThreadTls(void)
{
    TLS_THREAD *Thread = FindThread(Teb());

    if (Thread != NULL)
        FreeThread(Thread);
    Thread = AllocateZero(sizeof *Thread);
    if (Thread == NULL)
        return STATUS_NO_MEMORY;
    Thread->Teb = Teb();
    Thread->Id = Teb()->ClientId;
    InsertTailList(&Threads, &Thread->Links);
    NTSTATUS Status = STATUS_SUCCESS;
    for (ULONG Index = 0; Index < SlotCount && NT_SUCCESS(Status); Index++) {
        if (Slots[Index].Module != NULL)
            Status = FillSlot(Thread, Index);
    }
    return Status;
}

void LdrpFreeThreadTls(void)
{
    TLS_THREAD *Thread = FindThread(Teb());

    Teb()->ThreadLocalStoragePointer = NULL;
    if (Thread != NULL)
        FreeThread(Thread);
}

/* The array may be read only; it is read anew at each call, as programs patch it (and test that it is). */
void LdrpCallTlsCallbacks(LDRP_MODULE *Module, ULONG Reason)
{
    PE_TLS Tls;
    NTSTATUS Raised;

    if (Module->Info.Directory[PeDirectoryTls].Size == 0 ||
        !NT_SUCCESS(RtlPeTls(Module->Entry.DllBase, &Module->Info, (ULONG_PTR)Module->Entry.DllBase, &Tls)) || Tls.CallbacksRva == 0)
        return;
    PIMAGE_TLS_CALLBACK *Callback = (PIMAGE_TLS_CALLBACK *)((UCHAR *)Module->Entry.DllBase + Tls.CallbacksRva);
    for (; *Callback != NULL; Callback++) {
        LDR_SNAP("%wZ TLS callback %p, reason %lu\n", &Module->Entry.BaseDllName, (void *)*Callback, (unsigned long)Reason);
        LdrpCallInitRoutine((PVOID)*Callback, Module->Entry.DllBase, Reason, NULL, &Raised);
    }
}
