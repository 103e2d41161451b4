/* SPDX-License-Identifier: MIT */
/*
 * create.c - the birth of a process: NtCreateUserProcess.
 *
 * This is the system call behind CreateProcess since Windows Vista: one call that opens the image, makes the section, the process, its address
 * space, its handle table, its PEB and parameters and its first thread, and hands back two handles.  Its body is the table of contents; each
 * stage is one function, named with its number in docs/process-creation.md, and reports its begin and end to the trace (`birth PROGRAM` prints it).
 *
 * All that user mode passed is captured before the first stage.  Everything a stage acquires hangs on the PSP_BIRTH, and one function,
 * PspEndBirth, releases it whichever way the call ends: an unfinished process object is taken down by its delete procedure when the last
 * reference goes, so no stage undoes the work of another.
 *
 * The handles are the last thing made: before them no other thread can reach the process but through its id, after them nothing can fail
 * except writing the results to the caller's memory, and then the process is there and runs, as on Windows.
 *
 * Windows Internals, 7th ed., part 1, chapter 3 "Flow of CreateProcess", stages 2 to 4.
 */
#include "psp.h"

#define PSP_VALID_PROCESS_FLAGS                                                                                                              \
    (PROCESS_CREATE_FLAGS_BREAKAWAY | PROCESS_CREATE_FLAGS_NO_DEBUG_INHERIT | PROCESS_CREATE_FLAGS_INHERIT_HANDLES | PROCESS_CREATE_FLAGS_SUSPENDED | \
     PROCESS_CREATE_FLAGS_PROTECTED_PROCESS)
#define PSP_VALID_THREAD_FLAGS (THREAD_CREATE_FLAGS_CREATE_SUSPENDED | THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER)

static void PspTraceStage(const PSP_BIRTH *Birth, ETW_EVENT Stage, UCHAR Phase, NTSTATUS Status, ULONG64 D0, ULONG64 D1, ULONG64 D2)
{
    HANDLE Id = Birth->Process != NULL ? Birth->Process->UniqueProcessId : NULL;

    ETW_TRACE(ETW_CLASS_BIRTH, Stage, Phase, Id, Status, D0, D1, D2, (ULONG_PTR)PsCurrentProcess_()->UniqueProcessId);
}

/* Stage 2: the file. The caller's rights count: the open is checked as his. */
static NTSTATUS PspStage2OpenImage(PSP_BIRTH *Birth)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    ACCESS_MASK Access = FILE_EXECUTE | SYNCHRONIZE | FILE_READ_ATTRIBUTES;
    NTSTATUS Status;

    if (Birth->CreateInfo.State == PsCreateInitialState) {
        Access |= Birth->CreateInfo.InitState.AdditionalFileAccess;
    }
    InitializeObjectAttributes(&Attributes, &Birth->Attributes.ImageName, OBJ_CASE_INSENSITIVE | OBJ_FORCE_ACCESS_CHECK, NULL, NULL);
    Status = ZwOpenFile(&Birth->FileHandle, Access, &Attributes, &Iosb, FILE_SHARE_READ | FILE_SHARE_DELETE,
                        FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    if (!NT_SUCCESS(Status)) {
        Birth->FileHandle = NULL;
        Birth->CreateInfo.State = PsCreateFailOnFileOpen;
        return Status;
    }
    return ObReferenceObjectByHandle(Birth->FileHandle, FILE_EXECUTE, *IoFileObjectType, KernelMode, (PVOID *)&Birth->FileObject, NULL);
}

/* Stage 3: the image as a section. All validation of the file happens here, in mm. */
static NTSTATUS PspStage3CreateSection(PSP_BIRTH *Birth)
{
    NTSTATUS Status = ZwCreateSection(&Birth->SectionHandle, SECTION_ALL_ACCESS, NULL, NULL, PAGE_EXECUTE, SEC_IMAGE, Birth->FileHandle);

    if (!NT_SUCCESS(Status)) {
        Birth->SectionHandle = NULL;
        Birth->CreateInfo.State = PsCreateFailOnSectionCreate;
        return Status;
    }
    Status = ObReferenceObjectByHandle(Birth->SectionHandle, SECTION_MAP_EXECUTE, MmSectionObjectType, KernelMode, &Birth->Section, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    MmGetImageInformation(Birth->Section, &Birth->ImageInfo);
    if (Birth->ImageInfo.Machine != IMAGE_FILE_MACHINE_AMD64) {
        Birth->CreateInfo.State = PsCreateFailMachineMismatch;
        return STATUS_IMAGE_SUBSYSTEM_NOT_PRESENT; /* a 32-bit program, on a Windows without WOW64 */
    }
    if ((Birth->ImageInfo.ImageCharacteristics & IMAGE_FILE_DLL) || !(Birth->ImageInfo.ImageCharacteristics & IMAGE_FILE_EXECUTABLE_IMAGE)) {
        Birth->CreateInfo.State = PsCreateFailExeFormat;
        Birth->CreateInfo.ExeFormat.DllCharacteristics = Birth->ImageInfo.DllCharacteristics;
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    if (Birth->ProcessFlags & PROCESS_CREATE_FLAGS_PROTECTED_PROCESS) {
        return STATUS_INVALID_IMAGE_HASH; /* only what Microsoft has signed for it may run protected; nothing here is */
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspStage8CloneThread(PSP_BIRTH *Birth);

/* Stage 8: the first thread, complete but not running. */
static NTSTATUS PspStage8CreateThread(PSP_BIRTH *Birth)
{
    PSP_THREAD_REQUEST Request = {
        .Process = Birth->Process,
        .Mode = Birth->Mode,
        .ObjectAttributes = Birth->ThreadObjectAttributes,
        .Initial = TRUE,
        .CreateFlags = Birth->ThreadFlags,
        .StartAddress = PspImageEntryPoint(Birth->Process, &Birth->ImageInfo),
        .Argument = Birth->Process->Peb,
        .StackReserve = Birth->ImageInfo.MaximumStackSize,
        .StackCommit = Birth->ImageInfo.CommittedStackSize,
        .Attributes = &Birth->Attributes,
    };

    return Birth->Clone ? PspStage8CloneThread(Birth) : PspCreateThreadObject(&Request, &Birth->Thread);
}

/* Stage 8 of a clone: a thread that comes back from this system call, too, with another status. */
static NTSTATUS PspStage8CloneThread(PSP_BIRTH *Birth)
{
    PKTRAP_FRAME Frame = KeUserTrapFrame(KeGetCurrentThread());
    CONTEXT Context __attribute__((aligned(16)));
    PSP_THREAD_REQUEST Request = {
        .Process = Birth->Process,
        .Mode = Birth->Mode,
        .ObjectAttributes = Birth->ThreadObjectAttributes,
        .Initial = TRUE,
        .Clone = TRUE,
        .CreateFlags = Birth->ThreadFlags | THREAD_CREATE_FLAGS_SKIP_LOADER_INIT,
        .Context = &Context,
        .Attributes = &Birth->Attributes,
    };

    if (Frame == NULL || PsThreadProcess_(PsCurrentThread_()) != Birth->Parent) {
        return STATUS_INVALID_PARAMETER; /* a thread of the kernel has nothing to be cloned */
    }
    RtlZeroMemory(&Context, sizeof(Context));
    Context.ContextFlags = CONTEXT_FULL | CONTEXT_SEGMENTS;
    KeContextFromKframes(Frame, &Context);
    Context.Rax = (ULONG64)STATUS_PROCESS_CLONED;
    return PspCreateThreadObject(&Request, &Birth->Thread);
}

typedef NTSTATUS (*PSP_STAGE)(PSP_BIRTH *Birth);

static NTSTATUS PspRunStage(PSP_BIRTH *Birth, ETW_EVENT Number, PSP_STAGE Stage)
{
    NTSTATUS Status;

    PspTraceStage(Birth, Number, ETW_PHASE_BEGIN, STATUS_SUCCESS, 0, 0, 0);
    Status = Stage(Birth);
    PspTraceStage(Birth, Number, ETW_PHASE_END, Status, (ULONG_PTR)Birth->Section, (ULONG_PTR)Birth->Process, (ULONG_PTR)Birth->Thread);
    return Status;
}

/* Both objects become reachable: jobs, the list of processes, notify routines (which may refuse), handles. */
static NTSTATUS PspStageInsert(PSP_BIRTH *Birth)
{
    NTSTATUS Status = PspInheritJob(Birth->Parent, Birth->Process, (Birth->ProcessFlags & PROCESS_CREATE_FLAGS_BREAKAWAY) != 0);

    if (NT_SUCCESS(Status) && Birth->Attributes.JobCount != 0) {
        Status = PspAssignJobList(Birth->Process, Birth->Attributes.JobList, Birth->Attributes.JobCount, Birth->Mode);
    }
    if (NT_SUCCESS(Status)) {
        Status = PspPublishProcess(Birth->Process);
    }
    if (NT_SUCCESS(Status)) {
        Status = PspNotifyProcessCreated(Birth);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    /* ObInsertObject takes over a reference, whichever way it ends. */
    ObReferenceObject(Birth->Process);
    Status = ObInsertObject(Birth->Process, NULL, Birth->ProcessAccess, 0, NULL, &Birth->ProcessHandle);
    if (!NT_SUCCESS(Status)) {
        Birth->ProcessHandle = NULL;
        return Status;
    }
    ObReferenceObject(Birth->Thread);
    Status = ObInsertObject(Birth->Thread, NULL, Birth->ThreadAccess, 0, NULL, &Birth->ThreadHandle);
    if (!NT_SUCCESS(Status)) {
        Birth->ThreadHandle = NULL;
    }
    return Status;
}

static NTSTATUS PspCaptureCreateInfo(PSP_BIRTH *Birth, const PS_CREATE_INFO *User)
{
    NTSTATUS Status = KiProbeForWrite(Birth->Mode, (PVOID)(ULONG_PTR)User, sizeof(*User), sizeof(ULONG64));

    if (NT_SUCCESS(Status)) {
        Status = CopyFromMode(Birth->Mode, &Birth->CreateInfo, User, sizeof(*User));
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    return Birth->CreateInfo.Size == sizeof(*User) && Birth->CreateInfo.State == PsCreateInitialState ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* No image, no parameters, no other parent: the caller's own process a second time (RtlCloneUserProcess). */
static NTSTATUS PspRequestClone(PSP_BIRTH *Birth, PVOID UserParameters)
{
    if (UserParameters != NULL || Birth->Attributes.HasParentProcess || PsCurrentProcess_()->SectionObject == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    Birth->Clone = TRUE;
    Birth->Parent = PsCurrentProcess_();
    ObReferenceObject(Birth->Parent);
    Birth->Section = Birth->Parent->SectionObject;
    ObReferenceObject(Birth->Section);
    return STATUS_SUCCESS;
}

static NTSTATUS PspCaptureRequest(PSP_BIRTH *Birth, PVOID UserParameters, const PS_CREATE_INFO *UserInfo, const PS_ATTRIBUTE_LIST *UserAttributes)
{
    NTSTATUS Status;

    if ((Birth->ProcessFlags & ~PSP_VALID_PROCESS_FLAGS) || (Birth->ThreadFlags & ~PSP_VALID_THREAD_FLAGS) || UserAttributes == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = PspCaptureCreateInfo(Birth, UserInfo);
    if (NT_SUCCESS(Status)) {
        Status = PspCaptureAttributes(Birth->Mode, UserAttributes, TRUE, &Birth->Attributes);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Birth->Attributes.ImageName.Length == 0) {
        return PspRequestClone(Birth, UserParameters);
    }
    Status = PspCaptureProcessParameters(Birth, UserParameters);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    /* The parent in the sense of inheritance: the caller, or who he names. */
    if (!Birth->Attributes.HasParentProcess) {
        Birth->Parent = PsCurrentProcess_();
        ObReferenceObject(Birth->Parent);
        return STATUS_SUCCESS;
    }
    return ObReferenceObjectByHandle(Birth->Attributes.ParentProcess, PROCESS_CREATE_PROCESS, *PsProcessType, Birth->Mode, (PVOID *)&Birth->Parent, NULL);
}

/* What the caller gets in memory; the handles are valid whatever happens here. */
static NTSTATUS PspReturnResults(PSP_BIRTH *Birth, PHANDLE UserProcessHandle, PHANDLE UserThreadHandle)
{
    const PSP_ATTRIBUTES *Attributes = &Birth->Attributes;
    KPROCESSOR_MODE Mode = Birth->Mode;
    SIZE_T Length;
    NTSTATUS Status = CopyToMode(Mode, UserProcessHandle, &Birth->ProcessHandle, sizeof(HANDLE));

    if (NT_SUCCESS(Status)) {
        Status = CopyToMode(Mode, UserThreadHandle, &Birth->ThreadHandle, sizeof(HANDLE));
    }
    if (NT_SUCCESS(Status) && Attributes->UserClientId != NULL) {
        Status = CopyToMode(Mode, Attributes->UserClientId, &Birth->Thread->Cid, sizeof(CLIENT_ID));
        Length = sizeof(CLIENT_ID);
        if (NT_SUCCESS(Status) && Attributes->UserClientIdLength != NULL) {
            Status = CopyToMode(Mode, Attributes->UserClientIdLength, &Length, sizeof(Length));
        }
    }
    if (NT_SUCCESS(Status) && Attributes->UserTeb != NULL) {
        Status = CopyToMode(Mode, Attributes->UserTeb, &Birth->Thread->Tcb.Teb, sizeof(PVOID));
    }
    if (NT_SUCCESS(Status) && Attributes->UserImageInfo != NULL) {
        SECTION_IMAGE_INFORMATION Info = Birth->ImageInfo;
        Info.TransferAddress = PspImageEntryPoint(Birth->Process, &Info);
        Status = CopyToMode(Mode, Attributes->UserImageInfo, &Info, sizeof(Info));
        Length = sizeof(Info);
        if (NT_SUCCESS(Status) && Attributes->UserImageInfoLength != NULL) {
            Status = CopyToMode(Mode, Attributes->UserImageInfoLength, &Length, sizeof(Length));
        }
    }
    return Status;
}

static void PspFillSuccessInfo(PSP_BIRTH *Birth)
{
    PS_CREATE_INFO *Info = &Birth->CreateInfo;

    RtlZeroMemory(&Info->SuccessState, sizeof(Info->SuccessState));
    Info->State = PsCreateSuccess;
    Info->SuccessState.FileHandle = Birth->FileHandle;
    Info->SuccessState.SectionHandle = Birth->SectionHandle;
    Info->SuccessState.UserProcessParametersNative = (ULONG_PTR)Birth->UserParameters;
    Info->SuccessState.CurrentParameterFlags = Birth->Parameters != NULL ? Birth->Parameters->Flags : 0;
    Info->SuccessState.PebAddressNative = (ULONG_PTR)Birth->Process->Peb;
}

/* The stages in order; stops at the first that fails. */
static NTSTATUS PspGiveBirth(PSP_BIRTH *Birth)
{
    static const struct
    {
        ETW_EVENT Number;
        PSP_STAGE Stage;
    } Stages[] = {
        {EtwBirthOpenImage, PspStage2OpenImage},
        {EtwBirthImageSection, PspStage3CreateSection},
        {EtwBirthProcessObject, PspCreateProcessObject},
        {EtwBirthAddressSpace, PspBuildAddressSpace},
        {EtwBirthHandleTable, PspBuildHandleTable},
        {EtwBirthPeb, PspBuildPeb},
        {EtwBirthFirstThread, PspStage8CreateThread},
    };
    NTSTATUS Status = STATUS_SUCCESS;

    for (ULONG i = Birth->Clone ? 2 : 0; NT_SUCCESS(Status) && i < RTL_NUMBER_OF(Stages); i++) { /* a clone has its image already */
        Status = PspRunStage(Birth, Stages[i].Number, Stages[i].Stage);
    }
    return NT_SUCCESS(Status) ? PspStageInsert(Birth) : Status;
}

/*
 * NtCreateUserProcess.
 * ProcessParameters: normalised or not, in the caller's memory, Length bytes, the environment inside or apart (EnvironmentSize bytes).
 * An attribute list without an image and no parameters: a clone of the caller, in which the call returns STATUS_PROCESS_CLONED.
 * CreateInfo: in state PsCreateInitialState; says on return how far it came and gives the file and section handles on success.
 * Status: STATUS_INVALID_PARAMETER (flags, sizes, no image name), STATUS_ACCESS_VIOLATION, the file system's or filter's status of the open, the section's
 * (STATUS_INVALID_IMAGE_*), STATUS_INSUFFICIENT_RESOURCES, STATUS_NO_MEMORY, STATUS_ACCESS_DENIED, a notify routine's.
 */
NTSTATUS NTAPI NtCreateUserProcess(PHANDLE ProcessHandle, PHANDLE ThreadHandle, ACCESS_MASK ProcessDesiredAccess, ACCESS_MASK ThreadDesiredAccess,
                                   POBJECT_ATTRIBUTES ProcessObjectAttributes, POBJECT_ATTRIBUTES ThreadObjectAttributes, ULONG ProcessFlags,
                                   ULONG ThreadFlags, PVOID ProcessParameters, PS_CREATE_INFO *CreateInfo, PS_ATTRIBUTE_LIST *AttributeList)
{
    PSP_BIRTH *Birth;
    NTSTATUS Status;
    KPROCESSOR_MODE Mode = ExGetPreviousMode();

    PAGED_CODE();
    Status = KiProbeForWrite(Mode, ProcessHandle, sizeof(HANDLE), sizeof(HANDLE));
    if (NT_SUCCESS(Status)) {
        Status = KiProbeForWrite(Mode, ThreadHandle, sizeof(HANDLE), sizeof(HANDLE));
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Birth = ExAllocatePoolWithTag(PagedPool, sizeof(*Birth), PSP_TAG); /* too large for a 24 KiB stack that file systems still have to run on */
    if (Birth == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Birth, sizeof(*Birth));
    Birth->Mode = Mode;
    Birth->ProcessFlags = ProcessFlags;
    Birth->ThreadFlags = ThreadFlags;
    Birth->ProcessAccess = ProcessDesiredAccess;
    Birth->ThreadAccess = ThreadDesiredAccess;
    Birth->ProcessObjectAttributes = ProcessObjectAttributes;
    Birth->ThreadObjectAttributes = ThreadObjectAttributes;

    Status = PspCaptureRequest(Birth, ProcessParameters, CreateInfo, AttributeList);
    if (NT_SUCCESS(Status)) {
        Status = PspGiveBirth(Birth);
        if (NT_SUCCESS(Status)) {
            PspFillSuccessInfo(Birth);
            PspStartThread(Birth->Thread, (ThreadFlags & THREAD_CREATE_FLAGS_CREATE_SUSPENDED) != 0);
            Status = PspReturnResults(Birth, ProcessHandle, ThreadHandle);
        } else if (Birth->CreateInfo.State == PsCreateFailOnSectionCreate) {
            Birth->CreateInfo.FailSection.FileHandle = Birth->FileHandle;
        }
        if (!NT_SUCCESS(CopyToMode(Mode, CreateInfo, &Birth->CreateInfo, sizeof(*CreateInfo))) && NT_SUCCESS(Status)) {
            Status = STATUS_ACCESS_VIOLATION;
        }
    }
    PspEndBirth(Birth, Status);
    ExFreePoolWithTag(Birth, PSP_TAG);
    return Status;
}
