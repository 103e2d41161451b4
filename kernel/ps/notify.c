/* SPDX-License-Identifier: MIT */
/*
 * notify.c - PsSetCreateProcessNotifyRoutine(Ex), PsSetCreateThreadNotifyRoutine, PsSetLoadImageNotifyRoutine.
 *
 * Three tables of 64 slots.  A slot has run-down protection, held while its routine is called, so removal can wait until no processor is
 * inside and the driver may then unload.  Routines are called at PASSIVE_LEVEL in an arbitrary critical-region-free thread, no ps lock
 * held. Only the Ex form of the process routine may refuse a birth (PS_CREATE_NOTIFY_INFO.CreationStatus).
 */
#include "psp.h"

#define PSP_MAX_NOTIFY 64u

typedef struct _PSP_NOTIFY
{
    EX_RUNDOWN_REF Rundown;
    PVOID Routine; /* NULL: free; set last, cleared first */
    BOOLEAN Extended;
} PSP_NOTIFY;

typedef struct _PSP_NOTIFY_TABLE
{
    EX_PUSH_LOCK_ Lock; /* guards slots being taken and given back */
    volatile LONG Count;
    volatile ULONG Top; /* slots from here on were never used */
    PSP_NOTIFY Slot[PSP_MAX_NOTIFY];
} PSP_NOTIFY_TABLE;

static PSP_NOTIFY_TABLE PspProcessNotify, PspThreadNotify, PspImageNotify;

/* STATUS_INVALID_PARAMETER: there already, or no room. */
static NTSTATUS PspAddNotify(PSP_NOTIFY_TABLE *Table, PVOID Routine, BOOLEAN Extended)
{
    NTSTATUS Status = STATUS_INVALID_PARAMETER;
    PSP_NOTIFY *Free = NULL;

    ExAcquirePushLockExclusive_(&Table->Lock);
    for (ULONG i = 0; i < PSP_MAX_NOTIFY; i++) {
        if (Table->Slot[i].Routine == Routine) {
            Free = NULL;
            break;
        }
        if (Table->Slot[i].Routine == NULL && Free == NULL) {
            Free = &Table->Slot[i];
        }
    }
    if (Free != NULL) {
        ExInitializeRundownProtection(&Free->Rundown);
        Free->Extended = Extended;
        if ((ULONG)(Free - Table->Slot) >= Table->Top) {
            Table->Top = (ULONG)(Free - Table->Slot) + 1;
        }
        InterlockedExchangePointer(&Free->Routine, Routine);
        InterlockedIncrement(&Table->Count);
        Status = STATUS_SUCCESS;
    }
    ExReleasePushLockExclusive_(&Table->Lock);
    return Status;
}

/* STATUS_PROCEDURE_NOT_FOUND: not there.  Returns when no one is inside the routine. */
static NTSTATUS PspRemoveNotify(PSP_NOTIFY_TABLE *Table, PVOID Routine)
{
    NTSTATUS Status = STATUS_PROCEDURE_NOT_FOUND;

    ExAcquirePushLockExclusive_(&Table->Lock);
    for (ULONG i = 0; i < PSP_MAX_NOTIFY; i++) {
        if (Table->Slot[i].Routine == Routine) {
            ExWaitForRundownProtectionRelease(&Table->Slot[i].Rundown);
            InterlockedExchangePointer(&Table->Slot[i].Routine, NULL);
            InterlockedDecrement(&Table->Count);
            Status = STATUS_SUCCESS;
            break;
        }
    }
    ExReleasePushLockExclusive_(&Table->Lock);
    return Status;
}

/* The slot, protected, or NULL. */
static PSP_NOTIFY *PspEnterNotify(PSP_NOTIFY_TABLE *Table, ULONG Index)
{
    PSP_NOTIFY *Slot = &Table->Slot[Index];

    if (Slot->Routine == NULL || !ExAcquireRundownProtection(&Slot->Rundown)) {
        return NULL;
    }
    return Slot;
}

static NTSTATUS PspCallProcessNotify(PEPROCESS Process, HANDLE ParentId, PPS_CREATE_NOTIFY_INFO Info)
{
    NTSTATUS Status = STATUS_SUCCESS;

    for (ULONG i = 0; NT_SUCCESS(Status) && i < PspProcessNotify.Top; i++) {
        PSP_NOTIFY *Slot = PspEnterNotify(&PspProcessNotify, i);
        if (Slot == NULL) {
            continue;
        }
        if (Slot->Extended) {
            ((PCREATE_PROCESS_NOTIFY_ROUTINE_EX)(ULONG_PTR)Slot->Routine)(Process, Process->UniqueProcessId, Info);
            Status = Info != NULL ? Info->CreationStatus : STATUS_SUCCESS;
        } else {
            ((PCREATE_PROCESS_NOTIFY_ROUTINE)(ULONG_PTR)Slot->Routine)(ParentId, Process->UniqueProcessId, Info != NULL);
        }
        ExReleaseRundownProtection(&Slot->Rundown);
    }
    return Status;
}

NTSTATUS PspNotifyProcessCreated(PSP_BIRTH *Birth)
{
    PS_CREATE_NOTIFY_INFO Info = { 0 };
    UNICODE_STRING CommandLine = { 0 };
    PEPROCESS Process = Birth->Process;

    InterlockedOr((volatile LONG *)&Process->Flags, PS_PROCESS_FLAGS_CREATE_REPORTED);
    if (PspProcessNotify.Count == 0) {
        return STATUS_SUCCESS;
    }
    if (Birth->Parameters != NULL && Birth->Attributes.ImageName.Length != 0) {
        /* The kernel's copy: linked to the child's addresses by now, so the string is found by its distance from the block's start. */
        CommandLine = Birth->Parameters->CommandLine;
        CommandLine.Buffer = (PWSTR)((PUCHAR)Birth->Parameters + ((ULONG_PTR)CommandLine.Buffer - (ULONG_PTR)Birth->UserParameters));
    }
    Info.Size = sizeof(Info);
    Info.FileOpenNameAvailable = TRUE;
    Info.ParentProcessId = Process->InheritedFromUniqueProcessId;
    Info.CreatingThreadId = PsCurrentThread_()->Cid;
    Info.FileObject = Process->ImageFileObject;
    Info.ImageFileName = &Process->ImageFileNameFull;
    Info.CommandLine = CommandLine.Length != 0 ? &CommandLine : NULL;
    Info.CreationStatus = STATUS_SUCCESS;
    return PspCallProcessNotify(Process, Process->InheritedFromUniqueProcessId, &Info);
}

void PspNotifyProcessExit(PEPROCESS Process)
{
    if (Process->Flags & PS_PROCESS_FLAGS_CREATE_REPORTED) {
        (void)PspCallProcessNotify(Process, Process->InheritedFromUniqueProcessId, NULL);
    }
}

void PspNotifyThread(PETHREAD Thread, BOOLEAN Create)
{
    for (ULONG i = 0; i < PspThreadNotify.Top; i++) {
        PSP_NOTIFY *Slot = PspEnterNotify(&PspThreadNotify, i);
        if (Slot != NULL) {
            ((PCREATE_THREAD_NOTIFY_ROUTINE)(ULONG_PTR)Slot->Routine)(Thread->Cid.UniqueProcess, Thread->Cid.UniqueThread, Create);
            ExReleaseRundownProtection(&Slot->Rundown);
        }
    }
}

void PspNotifyImageMapped(PEPROCESS Process, PVOID Section, PVOID Base, SIZE_T Size, BOOLEAN SystemImage)
{
    IMAGE_INFO_EX Extended = { .Size = sizeof(Extended) };
    IMAGE_INFO *Info = &Extended.ImageInfo;
    PFILE_OBJECT File;
    POBJECT_NAME_INFORMATION Name;

    ETW_TRACE(ETW_CLASS_BIRTH, EtwImageMapped, ETW_PHASE_POINT, Process->UniqueProcessId, STATUS_SUCCESS, (ULONG_PTR)Base, Size,
              (ULONG_PTR)Section, 0);
    DbgkMapViewOfSection(Process, Base);
    /* The executable and ntdll are mapped before anybody knows the process; its first thread reports them (PspReportFirstImages). */
    if (PspImageNotify.Count == 0 || !(Process->Flags & PS_PROCESS_FLAGS_CREATE_REPORTED)) {
        return;
    }
    File = MmGetFileObjectForSection(Section);
    Name = File != NULL ? ObQueryNameInfo_(File) : NULL;
    Extended.FileObject = File;
    Info->ExtendedInfoPresent = TRUE;
    Info->ImageAddressingMode = IMAGE_ADDRESSING_MODE_32BIT;
    Info->SystemModeImage = SystemImage;
    Info->ImageBase = Base;
    Info->ImageSize = Size;
    for (ULONG i = 0; i < PspImageNotify.Top; i++) {
        PSP_NOTIFY *Slot = PspEnterNotify(&PspImageNotify, i);
        if (Slot != NULL) {
            ((PLOAD_IMAGE_NOTIFY_ROUTINE)(ULONG_PTR)Slot->Routine)(Name != NULL ? &Name->Name : NULL,
                                                                   SystemImage ? NULL : Process->UniqueProcessId, Info);
            ExReleaseRundownProtection(&Slot->Rundown);
        }
    }
    if (Name != NULL) {
        ExFreePool(Name);
    }
}

/* SizeOfImage of a view in the current process; it may be the process' own doing if that is nonsense. */
static SIZE_T PspMappedImageSize(PUCHAR Base)
{
    ULONG HeaderOffset = 0, Size = 0;

    if (!NT_SUCCESS(KiCopyFromUser(&HeaderOffset, Base + 0x3C, sizeof(HeaderOffset))) ||
        !NT_SUCCESS(KiCopyFromUser(&Size,
                                   Base + HeaderOffset + sizeof(ULONG) + sizeof(PE_FILE_HEADER) + offsetof(PE_OPTIONAL_HEADER, SizeOfImage),
                                   sizeof(Size)))) {
        return 0;
    }
    return Size;
}

/* In the first thread of a process, before it enters user mode: the executable, then ntdll, as on Windows. */
void PspReportFirstImages(PEPROCESS Process)
{
    if (PspImageNotify.Count == 0 || Process->SectionObject == NULL) {
        return;
    }
    PspNotifyImageMapped(Process, Process->SectionObject, Process->SectionBaseAddress, PspMappedImageSize(Process->SectionBaseAddress),
                         FALSE);
    PspNotifyImageMapped(Process, PspSystemDllSection, PspSystemDllBase, PspMappedImageSize(PspSystemDllBase), FALSE);
}

NTSTATUS NTAPI PsSetCreateProcessNotifyRoutine(PCREATE_PROCESS_NOTIFY_ROUTINE NotifyRoutine, BOOLEAN Remove)
{
    PVOID Routine = (PVOID)(ULONG_PTR)NotifyRoutine;

    PAGED_CODE();
    return Remove ? PspRemoveNotify(&PspProcessNotify, Routine) : PspAddNotify(&PspProcessNotify, Routine, FALSE);
}

NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx(PCREATE_PROCESS_NOTIFY_ROUTINE_EX NotifyRoutine, BOOLEAN Remove)
{
    PVOID Routine = (PVOID)(ULONG_PTR)NotifyRoutine;

    PAGED_CODE();
    return Remove ? PspRemoveNotify(&PspProcessNotify, Routine) : PspAddNotify(&PspProcessNotify, Routine, TRUE);
}

/* NotifyType 0 (PsCreateProcessNotifySubsystems) is the only one there is: the same as Ex, told also of processes of other subsystems. */
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx2(ULONG NotifyType, PVOID NotifyInformation, BOOLEAN Remove)
{
    PAGED_CODE();
    if (NotifyType != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    return Remove ? PspRemoveNotify(&PspProcessNotify, NotifyInformation) : PspAddNotify(&PspProcessNotify, NotifyInformation, TRUE);
}

/* NotifyType 0: for threads that do not run yet in the new thread's context; 1: of all subsystems.  Here both are as the plain form. */
NTSTATUS NTAPI PsSetCreateThreadNotifyRoutineEx(ULONG NotifyType, PVOID NotifyInformation)
{
    PAGED_CODE();
    return NotifyType > 1 ? STATUS_INVALID_PARAMETER : PspAddNotify(&PspThreadNotify, NotifyInformation, FALSE);
}

NTSTATUS NTAPI PsSetLoadImageNotifyRoutineEx(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine, ULONG_PTR Flags)
{
    PAGED_CODE();
    if (Flags & ~(ULONG_PTR)1 /* PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE */) {
        return STATUS_INVALID_PARAMETER_2;
    }
    return PspAddNotify(&PspImageNotify, (PVOID)(ULONG_PTR)NotifyRoutine, FALSE);
}

NTSTATUS NTAPI PsSetCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine)
{
    PAGED_CODE();
    return PspAddNotify(&PspThreadNotify, (PVOID)(ULONG_PTR)NotifyRoutine, FALSE);
}

NTSTATUS NTAPI PsRemoveCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine)
{
    PAGED_CODE();
    return PspRemoveNotify(&PspThreadNotify, (PVOID)(ULONG_PTR)NotifyRoutine);
}

NTSTATUS NTAPI PsSetLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine)
{
    PAGED_CODE();
    return PspAddNotify(&PspImageNotify, (PVOID)(ULONG_PTR)NotifyRoutine, FALSE);
}

NTSTATUS NTAPI PsRemoveLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine)
{
    PAGED_CODE();
    return PspRemoveNotify(&PspImageNotify, (PVOID)(ULONG_PTR)NotifyRoutine);
}
