/* SPDX-License-Identifier: MIT */
/*
 * cpnative.c - from the parameters to a suspended process: the attribute list, NtCreateUserProcess, and what its failures mean.
 *
 * The thread is always created suspended: kernel32 looks at the image's subsystem first, and only BaseReleaseChild lets it run.
 */
#include "create.h"
#include "dbgui.h"

typedef struct _NATIVE_LIST
{
    PS_ATTRIBUTE_LIST Head; /* holds the first */
    PS_ATTRIBUTE More[BASE_MAX_NATIVE_ATTRIBUTES - 1];
} NATIVE_LIST;

static void Add(NATIVE_LIST *List, ULONG_PTR Attribute, const void *Value, SIZE_T Size)
{
    ULONG Count = (ULONG)((List->Head.TotalLength - offsetof(PS_ATTRIBUTE_LIST, Attributes)) / sizeof(PS_ATTRIBUTE));
    PS_ATTRIBUTE *Entry = &List->Head.Attributes[0] + Count;

    Entry->Attribute = Attribute;
    Entry->Size = Size;
    Entry->ValuePtr = (PVOID)Value;
    Entry->ReturnLength = NULL;
    List->Head.TotalLength += sizeof(PS_ATTRIBUTE);
}

/* Closes what a NtCreateUserProcess leaves to the caller, whether it failed or not. */
static void CloseCreateInfo(const PS_CREATE_INFO *Info)
{
    HANDLE First = NULL, Second = NULL;

    switch (Info->State) {
    case PsCreateFailOnSectionCreate:
        First = Info->FailSection.FileHandle;
        break;
    case PsCreateFailExeName:
        First = Info->ExeName.IFEOKey;
        break;
    case PsCreateSuccess:
        First = Info->SuccessState.FileHandle;
        Second = Info->SuccessState.SectionHandle;
        break;
    default:
        break;
    }
    if (First != NULL) {
        NtClose(First);
    }
    if (Second != NULL) {
        NtClose(Second);
    }
}

static void ObjectFor(OBJECT_ATTRIBUTES *Object, const SECURITY_ATTRIBUTES *Security)
{
    InitializeObjectAttributes(Object, NULL, Security != NULL && Security->bInheritHandle ? OBJ_INHERIT : 0, NULL,
                               Security != NULL ? Security->lpSecurityDescriptor : NULL);
}

/* What NtCreateUserProcess is told of the process, as attributes.  Priority: the class, 0 for the default; it stays where it is. */
static void FillList(NATIVE_LIST *List, BASE_CREATE *Create, const UCHAR *Priority)
{
    static const PS_STD_HANDLE_INFO RequestStandard = {
        .StdHandleState = PsRequestDuplicate, .PseudoHandleMask = 0, .StdHandleSubsystemType = IMAGE_SUBSYSTEM_WINDOWS_CUI};

    List->Head.TotalLength = offsetof(PS_ATTRIBUTE_LIST, Attributes);
    Add(List, PS_ATTRIBUTE_IMAGE_NAME, Create->NativeImage.Buffer, Create->NativeImage.Length);
    Add(List, PS_ATTRIBUTE_CLIENT_ID, &Create->ClientId, sizeof(Create->ClientId));
    Add(List, PS_ATTRIBUTE_IMAGE_INFO, &Create->ImageInformation, sizeof(Create->ImageInformation));
    if (BaseDuplicatesStandardHandles(Create)) {
        Add(List, PS_ATTRIBUTE_STD_HANDLE_INFO, &RequestStandard, sizeof(RequestStandard));
    }
    if (Create->HasParentProcess) {
        Add(List, PS_ATTRIBUTE_PARENT_PROCESS, Create->ParentProcess, sizeof(HANDLE));
    }
    if (Create->Token != NULL) {
        Add(List, PS_ATTRIBUTE_TOKEN, Create->Token, sizeof(HANDLE));
    }
    if (Create->Flags & (DEBUG_PROCESS | DEBUG_ONLY_THIS_PROCESS)) {
        Add(List, PS_ATTRIBUTE_DEBUG_OBJECT, DbgUiGetThreadDebugObject(), sizeof(HANDLE));
    }
    if (Create->HandleList != NULL) {
        Add(List, PS_ATTRIBUTE_HANDLE_LIST, Create->HandleList, Create->HandleListSize);
    }
    if (Create->JobList != NULL) {
        Add(List, PS_ATTRIBUTE_JOB_LIST, Create->JobList, Create->JobListSize);
    }
    if (Create->ChildPolicy != NULL) {
        Add(List, PS_ATTRIBUTE_CHILD_PROCESS_POLICY, Create->ChildPolicy, sizeof(*Create->ChildPolicy));
    }
    if (Create->Affinity != NULL) {
        Add(List, PS_ATTRIBUTE_GROUP_AFFINITY, Create->Affinity, sizeof(*Create->Affinity));
    }
    if (Create->IdealProcessor != NULL) {
        Add(List, PS_ATTRIBUTE_IDEAL_PROCESSOR, Create->IdealProcessor, sizeof(*Create->IdealProcessor));
    }
    if (*Priority != 0) {
        Add(List, PS_ATTRIBUTE_PRIORITY_CLASS, Priority, sizeof(*Priority));
    }
}

BOOL BaseCreateNative(BASE_CREATE *Create)
{
    OBJECT_ATTRIBUTES ProcessObject, ThreadObject;
    PS_CREATE_INFO Info = {.Size = sizeof(Info), .State = PsCreateInitialState};
    UCHAR Priority = BasePriorityClass(Create->Flags);
    BOOLEAN HadPrivilege = TRUE;
    NATIVE_LIST List;

    if (Create->Flags & (DEBUG_PROCESS | DEBUG_ONLY_THIS_PROCESS)) {
        Create->Status = DbgUiConnectToDbg();
        if (!NT_SUCCESS(Create->Status)) {
            return FALSE;
        }
    }
    if (Priority == 4) { /* real time: whoever may have the privilege uses it; for others it means high, as on Windows */
        if (!NT_SUCCESS(RtlAdjustPrivilege(14, TRUE, FALSE, &HadPrivilege))) {
            Priority = 3;
            HadPrivilege = TRUE;
        }
    }
    FillList(&List, Create, &Priority);
    ObjectFor(&ProcessObject, Create->ProcessSecurity);
    ObjectFor(&ThreadObject, Create->ThreadSecurity);
    Create->Status = NtCreateUserProcess(&Create->Process, &Create->Thread, MAXIMUM_ALLOWED, MAXIMUM_ALLOWED, &ProcessObject, &ThreadObject,
                                         (Create->InheritHandles ? PROCESS_CREATE_FLAGS_INHERIT_HANDLES : 0) |
                                             (Create->Flags & CREATE_BREAKAWAY_FROM_JOB ? PROCESS_CREATE_FLAGS_BREAKAWAY : 0) |
                                             (Create->Flags & DEBUG_ONLY_THIS_PROCESS ? PROCESS_CREATE_FLAGS_NO_DEBUG_INHERIT : 0) |
                                             (Create->Flags & CREATE_PROTECTED_PROCESS ? PROCESS_CREATE_FLAGS_PROTECTED_PROCESS : 0),
                                         THREAD_CREATE_FLAGS_CREATE_SUSPENDED, (PVOID)Create->Parameters, &Info, &List.Head);
    if (!NT_SUCCESS(Create->Status)) {
        Create->Process = Create->Thread = NULL;
    } else if (Create->Flags & CREATE_DEFAULT_ERROR_MODE) {
        ULONG ErrorMode = SEM_FAILCRITICALERRORS; /* the native form of mode 0 */
        NtSetInformationProcess(Create->Process, ProcessDefaultHardErrorMode, &ErrorMode, sizeof(ErrorMode));
    }
    if (!HadPrivilege) {
        RtlAdjustPrivilege(14, FALSE, FALSE, &HadPrivilege);
    }
    CloseCreateInfo(&Info);
    return NT_SUCCESS(Create->Status);
}

/* A native program cannot live under kernel32: Windows says "cannot be run in Win32 mode". */
BOOL BaseCheckSubsystem(BASE_CREATE *Create)
{
    ULONG Subsystem = Create->ImageInformation.SubSystemType;

    if (Subsystem == IMAGE_SUBSYSTEM_WINDOWS_CUI || Subsystem == IMAGE_SUBSYSTEM_WINDOWS_GUI) {
        return TRUE;
    }
    NtTerminateProcess(Create->Process, STATUS_INVALID_IMAGE_FORMAT);
    NtWaitForSingleObject(Create->Process, FALSE, NULL);
    return BaseFail(Subsystem == IMAGE_SUBSYSTEM_NATIVE ? ERROR_CHILD_NOT_COMPLETE : ERROR_BAD_EXE_FORMAT);
}

/* A file without "MZ" whose name says that it is a program is taken for one of DOS, which an x64 system cannot run. */
static BOOL LooksLikeDos(LPCWSTR Image)
{
    SIZE_T Length = wcslen(Image);

    return Length >= 4 && (_wcsicmp(Image + Length - 4, L".exe") == 0 || _wcsicmp(Image + Length - 4, L".com") == 0 ||
                           _wcsicmp(Image + Length - 4, L".pif") == 0);
}

BOOL BaseFailImage(BASE_CREATE *Create)
{
    if (!NT_SUCCESS(Create->Status)) {
        BaseTeb()->LastStatusValue = Create->Status;
    }
    switch (Create->Status) {
    case STATUS_SUCCESS:
        return FALSE; /* a step after the kernel's has failed and has set the error */
    case STATUS_INVALID_IMAGE_NOT_MZ:
    case STATUS_INVALID_IMAGE_PROTECT:
        return BaseFail(LooksLikeDos(Create->Image) ? ERROR_EXE_MACHINE_TYPE_MISMATCH : ERROR_BAD_EXE_FORMAT);
    case STATUS_INVALID_IMAGE_NE_FORMAT:
    case STATUS_INVALID_IMAGE_LE_FORMAT:
    case STATUS_INVALID_IMAGE_WIN_16:
    case STATUS_INVALID_IMAGE_WIN_32:
    case STATUS_IMAGE_MACHINE_TYPE_MISMATCH:
    case STATUS_IMAGE_MACHINE_TYPE_MISMATCH_EXE:
        return BaseFail(ERROR_EXE_MACHINE_TYPE_MISMATCH);
    case STATUS_INVALID_IMAGE_FORMAT:
    case STATUS_INVALID_FILE_FOR_SECTION:
    case STATUS_SECTION_NOT_IMAGE:
        return BaseFail(ERROR_BAD_EXE_FORMAT);
    default:
        return BaseResult(Create->Status);
    }
}
