/* SPDX-License-Identifier: MIT */
/*
 * process.c - the process object: stages 4 to 7 of a birth, and its deletion.
 *
 * A process object is zero when ObCreateObject hands it over, and every field that needs taking down is non-zero once it is there; so
 * PspProcessDelete can take down a process of any age: one that failed half-way through stage 5, one that never ran, one that ran and left.
 *
 * References: each thread references its process; handles do; whoever looks it up does.  The list of active processes does not: an object
 * leaves the list in its delete procedure, and a walker takes a reference that may fail (ObReferenceObjectSafe), so the list never keeps a
 * process alive.
 */
#include "psp.h"

EX_PUSH_LOCK_ PspActiveProcessLock;
LIST_ENTRY PsActiveProcessHead = { &PsActiveProcessHead, &PsActiveProcessHead };

/* "\??\C:\Programs\hello.exe" -> "hello.exe", cut to 15 characters: what tools show. */
static void PspSetShortName(PEPROCESS Process, const UNICODE_STRING *Path)
{
    ULONG Count = Path->Length / sizeof(WCHAR), At = Count;

    while (At > 0 && Path->Buffer[At - 1] != L'\\') {
        At--;
    }
    for (ULONG i = 0; i < sizeof(Process->ImageFileName) - 1 && At + i < Count; i++) {
        WCHAR c = Path->Buffer[At + i];
        Process->ImageFileName[i] = c < 0x80 ? (CHAR)c : '?';
    }
}

/* The image's full object name, as NtQueryInformationProcess(ProcessImageFileName) gives it. */
static NTSTATUS PspSetImageName(PEPROCESS Process, PFILE_OBJECT File)
{
    POBJECT_NAME_INFORMATION Name = ObQueryNameInfo_(File);

    if (Name == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Process->ImageFileNameFull.Buffer = ExAllocatePoolWithTag(PagedPool, Name->Name.Length + sizeof(WCHAR), PSP_TAG);
    if (Process->ImageFileNameFull.Buffer == NULL) {
        ExFreePool(Name);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Process->ImageFileNameFull.Length = Name->Name.Length;
    Process->ImageFileNameFull.MaximumLength = (USHORT)(Name->Name.Length + sizeof(WCHAR));
    RtlCopyMemory(Process->ImageFileNameFull.Buffer, Name->Name.Buffer, Name->Name.Length);
    Process->ImageFileNameFull.Buffer[Name->Name.Length / sizeof(WCHAR)] = 0;
    PspSetShortName(Process, &Process->ImageFileNameFull);
    ExFreePool(Name);
    return STATUS_SUCCESS;
}

/* A low class is handed down, a high one is not: CreateProcess, "Scheduling priorities". */
static UCHAR PspFirstPriorityClass(const PSP_BIRTH *Birth)
{
    UCHAR Class = Birth->Parent->Pcb.PriorityClass;

    if (Birth->Attributes.HasPriorityClass) {
        return Birth->Attributes.PriorityClass;
    }
    return Class == PROCESS_PRIORITY_CLASS_IDLE || Class == PROCESS_PRIORITY_CLASS_BELOW_NORMAL ? Class : PROCESS_PRIORITY_CLASS_NORMAL;
}

static void PspInheritFromParent(PEPROCESS Process, PSP_BIRTH *Birth)
{
    PEPROCESS Parent = Birth->Parent;
    UCHAR Class = PspFirstPriorityClass(Birth);

    KeInitializeProcess(&Process->Pcb, (SCHAR)PspPriorityOfClass(Class), Parent->Pcb.Affinity, 0);
    Process->Pcb.PriorityClass = Class;
    Process->InjectionRole = PsThreadProcess_(PsCurrentThread_())->InjectionRole != EX_INJECT_NONE ? EX_INJECT_CHILD : EX_INJECT_NONE;
    Process->InheritedFromUniqueProcessId = Parent->UniqueProcessId;
    Process->SessionId = Parent->SessionId;
    Process->PagePriority = Parent->PagePriority;
    Process->IoPriority = Parent->IoPriority;
    Process->ConsoleConnection = Parent->ConsoleConnection;
    Process->DefaultHardErrorProcessing = Birth->Attributes.HasErrorMode ? Birth->Attributes.ErrorMode : Parent->DefaultHardErrorProcessing;
}

static NTSTATUS PspCheckPriorityClass(const PSP_BIRTH *Birth)
{
    if (!Birth->Attributes.HasPriorityClass) {
        return STATUS_SUCCESS;
    }
    if (Birth->Attributes.PriorityClass == PROCESS_PRIORITY_CLASS_UNKNOWN ||
        Birth->Attributes.PriorityClass > PROCESS_PRIORITY_CLASS_ABOVE_NORMAL) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Birth->Attributes.PriorityClass == PROCESS_PRIORITY_CLASS_REALTIME &&
        !SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_INC_BASE_PRIORITY_PRIVILEGE), Birth->Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    return STATUS_SUCCESS;
}

/* The parent's token says whether he may have children, the caller what the child may. */
static NTSTATUS PspCheckMayHaveChild(PEPROCESS Parent)
{
    PACCESS_TOKEN Token = PsReferencePrimaryToken(Parent);
    BOOLEAN Enforced, UnlessSecure, AuditOnly;

    SeTokenGetNoChildProcessRestricted(Token, &Enforced, &UnlessSecure, &AuditOnly);
    ObDereferenceObject(Token);
    return Enforced ? PSP_STATUS_CHILD_PROCESS_BLOCKED : STATUS_SUCCESS;
}

static void PspApplyChildPolicy(PACCESS_TOKEN Token, ULONG Policy)
{
    if (Policy & PSP_CHILD_OVERRIDE) {
        SeAllowChildProcesses_(Token);
    }
    if (Policy & (PSP_CHILD_RESTRICTED | PSP_CHILD_RESTRICTED_UNLESS_SECURE)) {
        SeTokenSetNoChildProcessRestricted(Token, (Policy & PSP_CHILD_RESTRICTED) == 0, FALSE);
    }
}

static NTSTATUS PspGiveToken(PSP_BIRTH *Birth)
{
    PACCESS_TOKEN Explicit = NULL, Token;
    NTSTATUS Status = PspCheckMayHaveChild(Birth->Parent);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Birth->Attributes.Token != NULL) {
        Status = ObReferenceObjectByHandle(Birth->Attributes.Token, TOKEN_ASSIGN_PRIMARY, *SeTokenObjectType, Birth->Mode, &Explicit, NULL);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    Status = SeSubProcessToken(Birth->Parent, Explicit, &Token);
    if (Explicit != NULL) {
        ObDereferenceObject(Explicit);
    }
    if (NT_SUCCESS(Status)) {
        PspApplyChildPolicy(Token, Birth->Attributes.ChildPolicy);
        SeAssignPrimaryToken(Birth->Process, Token);
    }
    return Status;
}

/* Stage 4: the object, its token, its id. */
NTSTATUS PspCreateProcessObject(PSP_BIRTH *Birth)
{
    PEPROCESS Process;
    NTSTATUS Status = PspCheckPriorityClass(Birth);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObCreateObject(Birth->Mode, *PsProcessType, Birth->ProcessObjectAttributes, Birth->Mode, NULL, sizeof(EPROCESS), 0, 0,
                            (PVOID *)&Process);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlZeroMemory(Process, sizeof(*Process));
    InitializeListHead(&Process->ThreadListHead);
    ExInitializeRundownProtection(&Process->RundownProtect);
    Process->ExitStatus = STATUS_PENDING;
    Process->LastThreadExitStatus = STATUS_PENDING;
    Process->HighestUserAddress = MM_USER_HIGHEST;
    KeQuerySystemTime(&Process->CreateTime);
    Process->Cookie = (ULONG)KiRandom64();
    PspInheritFromParent(Process, Birth);
    Birth->Process = Process; /* from here on PspEndBirth and PspProcessDelete take it down */
    if (Birth->Section != NULL) {
        ObReferenceObject(Birth->Section);
        Process->SectionObject = Birth->Section;
        Process->ImageFileObject = MmGetFileObjectForSection(Birth->Section);
    }
    if (Process->ImageFileObject != NULL) {
        ObReferenceObject(Process->ImageFileObject);
        Status = PspSetImageName(Process, Process->ImageFileObject);
    }
    if (NT_SUCCESS(Status)) {
        Status = PspGiveToken(Birth);
    }
    if (NT_SUCCESS(Status)) {
        Status = PspAllocateCid(Process, &Process->UniqueProcessId);
    }
    return Status;
}

/* ntdll is mapped by the kernel into every process: it is what runs first there. */
static NTSTATUS PspMapSystemDll(PEPROCESS Process)
{
    PVOID Base = NULL;
    SIZE_T Size = 0;
    LARGE_INTEGER Offset = { .QuadPart = 0 };
    NTSTATUS Status;

    if (PspSystemDllSection == NULL) {
        return STATUS_SUCCESS; /* a system process of the time before the boot volume */
    }
    Status = MmMapViewOfSection(PspSystemDllSection, Process, &Base, 0, 0, &Offset, &Size, ViewShare, 0, PAGE_READWRITE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    /* Its entry points were looked up once for all processes, so it must lie where it lay then. */
    return Base == PspSystemDllBase ? STATUS_SUCCESS : STATUS_CONFLICTING_ADDRESSES;
}

/* Stage 5: top-level page table, the image, ntdll. */
NTSTATUS PspBuildAddressSpace(PSP_BIRTH *Birth)
{
    PEPROCESS Process = Birth->Process;
    SIZE_T ViewSize;
    NTSTATUS Status = MmCreateProcessAddressSpace(Process);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    InterlockedOr((volatile LONG *)&Process->Flags, PS_PROCESS_FLAGS_HAS_ADDRESS_SPACE);
    if (Birth->Clone) {
        Process->SectionBaseAddress = Birth->Parent->SectionBaseAddress;
        return MmCloneProcessAddressSpace_(Process, Birth->Parent); /* ntdll, image and PEB are among what is copied */
    }
    if (Process->SectionObject == NULL) {
        return STATUS_SUCCESS;
    }
    Status = PspMapSystemDll(Process); /* first, so that it gets its one address */
    if (NT_SUCCESS(Status)) {
        Status = MmMapImageForProcess(Process, Process->SectionObject, &Process->SectionBaseAddress, &ViewSize);
    }
    return NT_SUCCESS(Status) ? STATUS_SUCCESS : Status; /* STATUS_IMAGE_NOT_AT_BASE is ntdll's to handle */
}

/* Stage 6: inherited handles, at the same values; nothing else. */
NTSTATUS PspBuildHandleTable(PSP_BIRTH *Birth)
{
    PEPROCESS From = (Birth->ProcessFlags & PROCESS_CREATE_FLAGS_INHERIT_HANDLES) ? Birth->Parent : NULL;

    return ObInitProcess(From, Birth->Process, Birth->Attributes.HasHandleList ? Birth->Attributes.HandleList : NULL,
                         Birth->Attributes.HandleCount);
}

/* The PEB that was copied says that it was, and whether there is a debugger. */
static NTSTATUS PspMarkClonedPeb(PEPROCESS Process, BOOLEAN BeingDebugged)
{
    BOOLEAN Inherited = TRUE;
    KAPC_STATE Apc;

    KeStackAttachProcess((PKPROCESS)&Process->Pcb, &Apc);
    NTSTATUS Status = KiCopyToUser((PUCHAR)Process->Peb + FIELD_OFFSET(NPEB, InheritedAddressSpace), &Inherited, sizeof(Inherited));
    if (NT_SUCCESS(Status)) {
        Status = KiCopyToUser((PUCHAR)Process->Peb + FIELD_OFFSET(NPEB, BeingDebugged), &BeingDebugged, sizeof(BeingDebugged));
    }
    KeUnstackDetachProcess(&Apc);
    return Status;
}

/* Stage 7: the PEB, then the parameters and environment. */
NTSTATUS PspBuildPeb(PSP_BIRTH *Birth)
{
    PEPROCESS Process = Birth->Process;
    INITIAL_PEB_ Initial = { 0 };
    NTSTATUS Status;

    if (Process->SectionObject == NULL) {
        return STATUS_SUCCESS;
    }
    MmGetImageInformation(Process->SectionObject, &Birth->ImageInfo);
    Initial.Mutant = (HANDLE)(LONG_PTR)-1;
    Initial.ImageBaseAddress = Process->SectionBaseAddress;
    Initial.ImageSubsystem = Birth->ImageInfo.SubSystemType;
    Initial.ImageSubsystemMajor = Birth->ImageInfo.SubSystemMajorVersion;
    Initial.ImageSubsystemMinor = Birth->ImageInfo.SubSystemMinorVersion;
    Initial.SessionId = Process->SessionId;
    Initial.NtGlobalFlag = 0;
    if (Birth->ImageInfo.ImageFlags & SECTION_IMAGE_DYNAMICALLY_RELOCATED) {
        Initial.BitField |= PEB_IS_IMAGE_DYNAMICALLY_RELOCATED;
    }
    Status = DbgkInheritDebugPort(Process, Birth->Parent, Birth->Attributes.DebugObject,
                                  (Birth->ProcessFlags & PROCESS_CREATE_FLAGS_NO_DEBUG_INHERIT) != 0, Birth->Mode, &Initial.BeingDebugged);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Birth->Clone) {
        Process->Peb = Birth->Parent->Peb;
        return Process->Peb != NULL ? PspMarkClonedPeb(Process, Initial.BeingDebugged) : STATUS_SUCCESS;
    }
    Status = MmCreatePeb(Process, &Initial, &Process->Peb);
    if (NT_SUCCESS(Status) && Birth->Parameters != NULL) {
        Status = PspWriteProcessParameters(Birth);
    }
    return Status;
}

PVOID PspImageEntryPoint(PEPROCESS Process, const SECTION_IMAGE_INFORMATION *Info)
{
    ULONG_PTR Rva = (ULONG_PTR)Info->TransferAddress - (ULONG_PTR)MmGetSectionBase(Process->SectionObject);

    return (PVOID)((ULONG_PTR)Process->SectionBaseAddress + Rva);
}

NTSTATUS PspPublishProcess(PEPROCESS Process)
{
    ExAcquirePushLockExclusive_(&PspActiveProcessLock);
    InsertTailList(&PsActiveProcessHead, &Process->ActiveProcessLinks);
    ExReleasePushLockExclusive_(&PspActiveProcessLock);
    InterlockedOr((volatile LONG *)&Process->Flags, PS_PROCESS_FLAGS_PROCESS_INSERTED);
    return STATUS_SUCCESS;
}

/* No handle, no thread, no reference: everything that is still there goes. */
void NTAPI PspProcessDelete(PVOID Object)
{
    PEPROCESS Process = Object;

    ASSERT(IsListEmpty(&Process->ThreadListHead));
    if (Process->ActiveProcessLinks.Flink != NULL) {
        ExAcquirePushLockExclusive_(&PspActiveProcessLock);
        RemoveEntryList(&Process->ActiveProcessLinks);
        ExReleasePushLockExclusive_(&PspActiveProcessLock);
    }
    if (Process->ObjectTable != NULL) {
        ObKillProcess(Process);
    }
    if (Process->Flags & PS_PROCESS_FLAGS_HAS_ADDRESS_SPACE) {
        if (!(Process->Flags & PS_PROCESS_FLAGS_VM_DELETED)) {
            KAPC_STATE Apc; /* it never ran: its last thread would have done this */
            KeStackAttachProcess((PKPROCESS)&Process->Pcb, &Apc);
            MmCleanProcessAddressSpace(Process);
            KeUnstackDetachProcess(&Apc);
        }
        MmDeleteProcessAddressSpace(Process);
    }
    if (Process->SectionObject != NULL) {
        ObDereferenceObject(Process->SectionObject);
    }
    if (Process->ImageFileObject != NULL) {
        ObDereferenceObject(Process->ImageFileObject);
    }
    if (Process->ImageFileNameFull.Buffer != NULL) {
        ExFreePoolWithTag(Process->ImageFileNameFull.Buffer, PSP_TAG);
    }
    DbgkProcessDelete(Process);
    PspExitJob(Process); /* it never ran */
    if (Process->Job != NULL) {
        ObDereferenceObject(Process->Job);
    }
    SeDeassignPrimaryToken(Process);
    if (Process->UniqueProcessId != NULL) {
        PspFreeCid(Process->UniqueProcessId);
    }
}

PEPROCESS PsGetNextProcess_(PEPROCESS Previous)
{
    PEPROCESS Found = NULL;

    ExAcquirePushLockShared_(&PspActiveProcessLock);
    for (PLIST_ENTRY Link = Previous != NULL ? Previous->ActiveProcessLinks.Flink : PsActiveProcessHead.Flink; Link != &PsActiveProcessHead;
         Link = Link->Flink) {
        PEPROCESS Process = CONTAINING_RECORD(Link, EPROCESS, ActiveProcessLinks);
        if (ObReferenceObjectSafe(Process)) {
            Found = Process;
            break;
        }
    }
    ExReleasePushLockShared_(&PspActiveProcessLock);
    if (Previous != NULL) {
        ObDereferenceObject(Previous);
    }
    return Found;
}
