/* SPDX-License-Identifier: MIT */
/*
 * init.c - ps at boot: the idle process, the object types, the system process, ntdll, and the first user process.
 */
#include "psp.h"

static EPROCESS PspIdleProcess;
PEPROCESS PsIdleProcess = &PspIdleProcess;
PEPROCESS PsInitialSystemProcess;
static POBJECT_TYPE PspProcessTypePointer, PspThreadTypePointer;
POBJECT_TYPE *PsProcessType = &PspProcessTypePointer;
POBJECT_TYPE *PsThreadType = &PspThreadTypePointer;
PVOID PspSystemDllSection, PspSystemDllBase;

/* Before ke: the process that phase 0 and the idle threads run in.  PID 0, no handle table, in no list. */
void PsInitIdleProcess(void)
{
    InitializeListHead(&PspIdleProcess.ThreadListHead);
    ExInitializeRundownProtection(&PspIdleProcess.RundownProtect);
    PspIdleProcess.ExitStatus = STATUS_PENDING;
    PspIdleProcess.Flags = PS_PROCESS_FLAGS_SYSTEM;
    RtlCopyMemory(PspIdleProcess.ImageFileName, "Idle", 5);
    KiInitialProcess = &PspIdleProcess.Pcb;
}

/* PROCESS_QUERY_INFORMATION implies the limited right, as on Windows: added to every handle that gets the former. */
static NTSTATUS PspProcessOpen(OB_OPEN_REASON Reason, KPROCESSOR_MODE Mode, PEPROCESS Process, PVOID Object, PACCESS_MASK GrantedAccess,
                               ULONG HandleCount)
{
    UNREFERENCED_PARAMETER(Reason);
    UNREFERENCED_PARAMETER(Mode);
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(HandleCount);
    if (*GrantedAccess & PROCESS_QUERY_INFORMATION) {
        *GrantedAccess |= PROCESS_QUERY_LIMITED_INFORMATION;
    }
    if (*GrantedAccess & PROCESS_SET_INFORMATION) {
        *GrantedAccess |= PROCESS_SET_LIMITED_INFORMATION;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspThreadOpen(OB_OPEN_REASON Reason, KPROCESSOR_MODE Mode, PEPROCESS Process, PVOID Object, PACCESS_MASK GrantedAccess,
                              ULONG HandleCount)
{
    UNREFERENCED_PARAMETER(Reason);
    UNREFERENCED_PARAMETER(Mode);
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(HandleCount);
    if (*GrantedAccess & THREAD_QUERY_INFORMATION) {
        *GrantedAccess |= THREAD_QUERY_LIMITED_INFORMATION;
    }
    if (*GrantedAccess & THREAD_SET_INFORMATION) {
        *GrantedAccess |= THREAD_SET_LIMITED_INFORMATION;
    }
    return STATUS_SUCCESS;
}

static void PspCreateTypes(void)
{
    OBJECT_TYPE_INITIALIZER Type = { 0 };
    UNICODE_STRING Name;

    Type.Length = sizeof(Type);
    Type.SecurityRequired = TRUE;
    Type.PoolType = NonPagedPool;
    Type.InvalidAttributes = OBJ_PERMANENT | OBJ_EXCLUSIVE | OBJ_OPENIF;
    Type.WaitObjectFlagOffset = 0; /* both begin with their DISPATCHER_HEADER */

    Type.GenericMapping.GenericRead = STANDARD_RIGHTS_READ | PROCESS_VM_READ | PROCESS_QUERY_INFORMATION;
    Type.GenericMapping.GenericWrite = STANDARD_RIGHTS_WRITE | PROCESS_CREATE_PROCESS | PROCESS_CREATE_THREAD | PROCESS_VM_OPERATION |
                                       PROCESS_VM_WRITE | PROCESS_DUP_HANDLE | PROCESS_SET_QUOTA | PROCESS_SET_INFORMATION |
                                       PROCESS_SUSPEND_RESUME;
    Type.GenericMapping.GenericExecute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE | PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION;
    Type.GenericMapping.GenericAll = PROCESS_ALL_ACCESS;
    Type.ValidAccessMask = PROCESS_ALL_ACCESS;
    Type.RetainAccess = PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE | PROCESS_TERMINATE;
    Type.OpenProcedure = PspProcessOpen;
    Type.DeleteProcedure = PspProcessDelete;
    RtlInitUnicodeString(&Name, L"Process");
    if (!NT_SUCCESS(ObCreateObjectType(&Name, &Type, NULL, PsProcessType))) {
        KeBugCheckEx(0x60 /* PROCESS_INITIALIZATION_FAILED */, 1, 0, 0, 0);
    }

    Type.GenericMapping.GenericRead = STANDARD_RIGHTS_READ | THREAD_GET_CONTEXT | THREAD_QUERY_INFORMATION;
    Type.GenericMapping.GenericWrite = STANDARD_RIGHTS_WRITE | THREAD_TERMINATE | THREAD_SUSPEND_RESUME | THREAD_ALERT |
                                       THREAD_SET_INFORMATION | THREAD_SET_CONTEXT | THREAD_SET_LIMITED_INFORMATION;
    Type.GenericMapping.GenericExecute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE | THREAD_QUERY_LIMITED_INFORMATION | THREAD_RESUME;
    Type.GenericMapping.GenericAll = THREAD_ALL_ACCESS;
    Type.ValidAccessMask = THREAD_ALL_ACCESS;
    Type.RetainAccess = THREAD_QUERY_LIMITED_INFORMATION;
    Type.OpenProcedure = PspThreadOpen;
    Type.DeleteProcedure = PspThreadDelete;
    RtlInitUnicodeString(&Name, L"Thread");
    if (!NT_SUCCESS(ObCreateObjectType(&Name, &Type, NULL, PsThreadType))) {
        KeBugCheckEx(0x60, 2, 0, 0, 0);
    }
}

/* PID 4.  It shares the kernel's page tables with the idle process; it has no user half. */
static NTSTATUS PspCreateSystemProcess(void)
{
    PEPROCESS Process;
    PACCESS_TOKEN Token;
    NTSTATUS Status = ObCreateObject(KernelMode, *PsProcessType, NULL, KernelMode, NULL, sizeof(EPROCESS), 0, 0, (PVOID *)&Process);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlZeroMemory(Process, sizeof(*Process));
    InitializeListHead(&Process->ThreadListHead);
    ExInitializeRundownProtection(&Process->RundownProtect);
    Process->ExitStatus = STATUS_PENDING;
    Process->Flags = PS_PROCESS_FLAGS_SYSTEM;
    Process->PagePriority = 5; /* normal, of 1 to 5 */
    Process->IoPriority = 2;   /* normal, of 0 to 4 */
    KeQuerySystemTime(&Process->CreateTime);
    Process->Pcb.PriorityClass = PROCESS_PRIORITY_CLASS_NORMAL;
    KeInitializeProcess(&Process->Pcb, 8, (KAFFINITY)-1, KiReadPageTableRoot());
    RtlCopyMemory(Process->ImageFileName, "System", 7);
    Token = SeMakeSystemToken();
    ObReferenceObject(Token);
    SeAssignPrimaryToken(&PspIdleProcess, Token);
    SeAssignPrimaryToken(Process, Token);
    Status = PspAllocateCid(Process, &Process->UniqueProcessId);
    if (NT_SUCCESS(Status)) {
        Status = ObInitProcess(NULL, Process, NULL, 0);
    }
    if (NT_SUCCESS(Status)) {
        Status = PspPublishProcess(Process);
    }
    PsInitialSystemProcess = Process;
    return Status;
}

void PsInitSystemPhase0(void)
{
    NTSTATUS Status;

    PspInitReaper();
    KeTerminateProcessForException = PspTerminateCurrentProcess;
    MmImageMapped = PspNotifyImageMapped;
    MmImageUnmapped = DbgkUnMapViewOfSection;
    KeForwardException = DbgkForwardException;
    PspCreateTypes();
    PspCreateJobType();
    DbgkInitialize();
    ObpProcessType = *PsProcessType;
    ObpThreadType = *PsThreadType;
    PspCidTable = ExCreateHandleTable(NULL);
    if (PspCidTable != NULL) {
        ExSetHandleTableStrictFifo(PspCidTable); /* an id that was given back is the last to be used again */
    }
    Status = PspCidTable != NULL ? PspCreateSystemProcess() : STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(Status)) {
        KeBugCheckEx(0x60, 3, (ULONG_PTR)Status, 0, 0);
    }
}

void PsInitSystemPhase1(void)
{
}

/* ---- ntdll ------------------------------------------------------------------------------------------------------------------------------
 */

static NTSTATUS PspFindInNtdll(const VOID *Image, const PE_INFO *Info, const char *Name, PVOID *Address)
{
    PE_EXPORT Export;
    NTSTATUS Status = RtlPeFindExport(Image, Info, Name, 0, &Export);

    if (!NT_SUCCESS(Status)) {
        KdPrint_("Ps: ntdll.dll has no %s\n", Name);
        return Status;
    }
    *Address = (PUCHAR)PspSystemDllBase + Export.Rva;
    return STATUS_SUCCESS;
}

/* ntdll lies at one address in all processes of this boot: the one its image section was given.  Its headers are read through a view in the
 * kernel's own space. */
static NTSTATUS PspResolveSystemDll(void)
{
    static const struct
    {
        const char *Name;
        PVOID *Address;
    } Wanted[] = {
        { "LdrInitializeThunk", &PspLdrInitializeThunk },
        { "RtlUserThreadStart", &PspRtlUserThreadStart },
        { "KiUserApcDispatcher", &KeUserApcDispatcher },
        { "KiUserExceptionDispatcher", &KeUserExceptionDispatcher },
        { "KiRaiseUserExceptionDispatcher", &KeRaiseUserExceptionDispatcher },
    };
    SECTION_IMAGE_INFORMATION Image;
    PVOID View = NULL;
    SIZE_T Size = 0;
    PE_INFO Info;
    NTSTATUS Status = MmMapViewInSystemSpace(PspSystemDllSection, &View, &Size);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    MmGetImageInformation(PspSystemDllSection, &Image);
    PspSystemDllBase = MmGetSectionBase(PspSystemDllSection);
    KdPrint_("Loaded ntdll.dll at 0x%p\n", PspSystemDllBase);
    Status = RtlPeParseMapped(View, Size, &Info);
    for (ULONG i = 0; NT_SUCCESS(Status) && i < RTL_NUMBER_OF(Wanted); i++) {
        Status = PspFindInNtdll(View, &Info, Wanted[i].Name, Wanted[i].Address);
    }
    (void)MmUnmapViewInSystemSpace(View);
    return Status;
}

NTSTATUS PsLocateSystemDll(void)
{
    UNICODE_STRING Path = RTL_CONSTANT_STRING(L"\\SystemRoot\\System32\\ntdll.dll");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    HANDLE File, Section;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwOpenFile(&File, FILE_EXECUTE | FILE_READ_DATA | SYNCHRONIZE, &Attributes, &Iosb, FILE_SHARE_READ,
                        FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    if (!NT_SUCCESS(Status)) {
        KdPrint_("Ps: cannot open %wZ: 0x%08X\n", &Path, (ULONG)Status);
        return Status;
    }
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwCreateSection(&Section, SECTION_ALL_ACCESS, &Attributes, NULL, PAGE_EXECUTE, SEC_IMAGE, File);
    (void)ZwClose(File);
    if (!NT_SUCCESS(Status)) {
        KdPrint_("Ps: no image section of %wZ: 0x%08X\n", &Path, (ULONG)Status);
        return Status;
    }
    Status = ObReferenceObjectByHandle(Section, SECTION_ALL_ACCESS, MmSectionObjectType, KernelMode, &PspSystemDllSection, NULL);
    (void)ZwClose(Section);
    return NT_SUCCESS(Status) ? PspResolveSystemDll() : Status;
}

/* ---- the first user process
 * ----------------------------------------------------------------------------------------------------------------- */

/* Without the session manager there is nobody to start anything: its end is the system's. */
static void PspMakeCritical(HANDLE Handle)
{
    PEPROCESS Process;

    if (NT_SUCCESS(ObReferenceObjectByHandle(Handle, 0, *PsProcessType, KernelMode, (PVOID *)&Process, NULL))) {
        InterlockedOr((volatile LONG *)&Process->Flags, PS_PROCESS_FLAGS_BREAK_ON_TERMINATION);
        ObDereferenceObject(Process);
    }
}

/* smss.exe by the same call as every other process, from kernel mode. */
NTSTATUS PsStartSessionManager(void)
{
    static WCHAR Image[] = L"\\SystemRoot\\System32\\smss.exe";
    static WCHAR DosImage[] = L"C:\\Windows\\System32\\smss.exe";
    static WCHAR Directory[] = L"C:\\Windows\\System32\\";
    static WCHAR Environment[] = L"SystemRoot=C:\\Windows\0SystemDrive=C:\0Path=C:\\Windows\\System32\0";
    NPROCESS_PARAMETERS *Parameters;
    struct
    {
        SIZE_T TotalLength;
        PS_ATTRIBUTE Attribute[1];
    } Attributes = { sizeof(Attributes), { { PS_ATTRIBUTE_IMAGE_NAME, sizeof(Image) - sizeof(WCHAR), { (ULONG_PTR)Image }, NULL } } };
    PS_CREATE_INFO Info = { .Size = sizeof(Info), .State = PsCreateInitialState };
    HANDLE Process, Thread;
    PUCHAR At;
    NTSTATUS Status;

    Parameters = ExAllocatePoolWithTag(PagedPool, sizeof(*Parameters) + 512, PSP_TAG);
    if (Parameters == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Parameters, sizeof(*Parameters) + 512);
    Parameters->MaximumLength = Parameters->Length = sizeof(*Parameters) + 512;
    Parameters->Flags = RTL_USER_PROC_PARAMS_NORMALIZED;
    At = (PUCHAR)(Parameters + 1);
    RtlCopyMemory(At, DosImage, sizeof(DosImage));
    RtlInitUnicodeString(&Parameters->ImagePathName, (PWSTR)At);
    RtlInitUnicodeString(&Parameters->CommandLine, (PWSTR)At);
    At += sizeof(DosImage);
    RtlCopyMemory(At, Directory, sizeof(Directory));
    RtlInitUnicodeString(&Parameters->CurrentDirectory.DosPath, (PWSTR)At);
    Parameters->Environment = Environment;
    Parameters->EnvironmentSize = sizeof(Environment);
    Status = ZwCreateUserProcess(&Process, &Thread, PROCESS_ALL_ACCESS, THREAD_ALL_ACCESS, NULL, NULL, 0, 0, Parameters, &Info,
                                 (PS_ATTRIBUTE_LIST *)&Attributes);
    ExFreePoolWithTag(Parameters, PSP_TAG);
    if (NT_SUCCESS(Status)) {
        PspMakeCritical(Process);
        (void)ZwClose(Info.SuccessState.FileHandle);
        (void)ZwClose(Info.SuccessState.SectionHandle);
        (void)ZwClose(Thread);
        (void)ZwClose(Process);
    } else if (Info.State == PsCreateFailOnSectionCreate) {
        (void)ZwClose(Info.FailSection.FileHandle);
    }
    return Status;
}
