/* SPDX-License-Identifier: MIT */
/*
 * process.c - RtlCreateUserProcess(Ex): the native way to a process, for those without kernel32 (the session manager, tests).
 *
 * One NtCreateUserProcess with the image's NT path; the first thread is left suspended, as this interface promises.  What the old interface's
 * further parameters ask for is passed on as attributes.
 */
#include "ntdllp.h"

static void Add(PPS_ATTRIBUTE *Next, ULONG_PTR Attribute, SIZE_T Size, PVOID Value)
{
    (*Next)->Attribute = Attribute;
    (*Next)->Size = Size;
    (*Next)->ValuePtr = Value;
    (*Next)->ReturnLength = NULL;
    (*Next)++;
}

/* RTL_USER_PROCESS_EXTENDED_PARAMETERS, version 1; a null handle means: as without. */
typedef struct _EXTENDED
{
    USHORT Version, NodeNumber;
    PSECURITY_DESCRIPTOR ProcessSecurity, ThreadSecurity;
    HANDLE Parent, DebugPort, Token, Job;
} EXTENDED;
static_assert(offsetof(EXTENDED, Job) == 0x30, "RTL_USER_PROCESS_EXTENDED_PARAMETERS");

static NTSTATUS Create(PUNICODE_STRING ImagePath, PNPROCESS_PARAMETERS Parameters, BOOLEAN InheritHandles, EXTENDED *More,
                       PRTL_USER_PROCESS_INFORMATION Information)
{
    struct
    {
        SIZE_T TotalLength;
        PS_ATTRIBUTE Attributes[7];
    } List;
    PPS_ATTRIBUTE Next = List.Attributes;
    OBJECT_ATTRIBUTES Process, Thread;
    PS_CREATE_INFO CreateInfo = {.Size = sizeof CreateInfo, .State = PsCreateInitialState};
    NTSTATUS Status;

    memset(Information, 0, sizeof *Information);
    Information->Length = sizeof *Information;
    Add(&Next, PS_ATTRIBUTE_IMAGE_NAME, ImagePath->Length, ImagePath->Buffer);
    Add(&Next, PS_ATTRIBUTE_CLIENT_ID, sizeof Information->ClientId, &Information->ClientId);
    Add(&Next, PS_ATTRIBUTE_IMAGE_INFO, sizeof Information->ImageInformation, &Information->ImageInformation);
    if (More->Parent != NULL)
        Add(&Next, PS_ATTRIBUTE_PARENT_PROCESS, sizeof(HANDLE), More->Parent);
    if (More->DebugPort != NULL)
        Add(&Next, PS_ATTRIBUTE_DEBUG_OBJECT, sizeof(HANDLE), More->DebugPort);
    if (More->Token != NULL)
        Add(&Next, PS_ATTRIBUTE_TOKEN, sizeof(HANDLE), More->Token);
    if (More->Job != NULL)
        Add(&Next, PS_ATTRIBUTE_JOB_LIST, sizeof(HANDLE), &More->Job);
    List.TotalLength = (SIZE_T)((UCHAR *)Next - (UCHAR *)&List);

    InitializeObjectAttributes(&Process, NULL, 0, NULL, More->ProcessSecurity);
    InitializeObjectAttributes(&Thread, NULL, 0, NULL, More->ThreadSecurity);
    RtlNormalizeProcessParams(Parameters);
    Status = NtCreateUserProcess(&Information->ProcessHandle, &Information->ThreadHandle, MAXIMUM_ALLOWED, MAXIMUM_ALLOWED, &Process, &Thread,
                                 InheritHandles ? PROCESS_CREATE_FLAGS_INHERIT_HANDLES : 0, THREAD_CREATE_FLAGS_CREATE_SUSPENDED, Parameters,
                                 &CreateInfo, (PPS_ATTRIBUTE_LIST)(PVOID)&List);
    /* The system call leaves the file and the section to the caller, who may want to look at a manifest; this one does not. */
    if (CreateInfo.State == PsCreateSuccess) {
        NtClose(CreateInfo.SuccessState.FileHandle);
        NtClose(CreateInfo.SuccessState.SectionHandle);
    } else if (CreateInfo.State == PsCreateFailOnSectionCreate) {
        NtClose(CreateInfo.FailSection.FileHandle);
    }
    return Status;
}

NTSTATUS NTAPI RtlCreateUserProcess(PUNICODE_STRING ImagePath, ULONG ObjectAttributes, PNPROCESS_PARAMETERS Parameters,
                                    PSECURITY_DESCRIPTOR ProcessSecurity, PSECURITY_DESCRIPTOR ThreadSecurity, HANDLE Parent,
                                    BOOLEAN InheritHandles, HANDLE DebugPort, HANDLE Token, PRTL_USER_PROCESS_INFORMATION Information)
{
    EXTENDED More = {.Version = 1, .ProcessSecurity = ProcessSecurity, .ThreadSecurity = ThreadSecurity, .Parent = Parent, .DebugPort = DebugPort,
                     .Token = Token};

    UNUSED(ObjectAttributes);
    return Create(ImagePath, Parameters, InheritHandles, &More, Information);
}

NTSTATUS NTAPI RtlCreateUserProcessEx(PUNICODE_STRING ImagePath, PNPROCESS_PARAMETERS Parameters, BOOLEAN InheritHandles, PVOID Extended,
                                      PRTL_USER_PROCESS_INFORMATION Information)
{
    EXTENDED More = {.Version = 1};

    if (Extended != NULL)
        More = *(const EXTENDED *)Extended;
    if (More.Version != 1)
        return STATUS_INVALID_PARAMETER;
    return Create(ImagePath, Parameters, InheritHandles, &More, Information);
}

NTSTATUS NTAPI RtlAdjustPrivilege(ULONG Privilege, BOOLEAN Enable, BOOLEAN CurrentThread, PBOOLEAN WasEnabled)
{
    TOKEN_PRIVILEGES New = {1, {{{Privilege, 0}, Enable ? SE_PRIVILEGE_ENABLED : 0}}}, Old;
    ULONG Length;
    HANDLE Token;
    NTSTATUS Status = CurrentThread ? NtOpenThreadToken(NtCurrentThread(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, FALSE, &Token)
                                    : NtOpenProcessToken(NtCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &Token);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = NtAdjustPrivilegesToken(Token, FALSE, &New, sizeof Old, &Old, &Length);
    NtClose(Token);
    if (Status == STATUS_NOT_ALL_ASSIGNED)
        return STATUS_PRIVILEGE_NOT_HELD;
    if (NT_SUCCESS(Status))
        *WasEnabled = Old.PrivilegeCount == 0 ? Enable : (Old.Privileges[0].Attributes & SE_PRIVILEGE_ENABLED) != 0;
    return Status;
}

NTSTATUS NTAPI RtlSetProcessIsCritical(BOOLEAN New, PBOOLEAN Old, BOOLEAN Check)
{
    ULONG Value = New, Previous = 0;

    UNUSED(Check);
    if (Old != NULL) {
        NtQueryInformationProcess(NtCurrentProcess(), ProcessBreakOnTermination, &Previous, sizeof Previous, NULL);
        *Old = (BOOLEAN)Previous;
    }
    return NtSetInformationProcess(NtCurrentProcess(), ProcessBreakOnTermination, &Value, sizeof Value);
}

NTSTATUS NTAPI RtlSetThreadIsCritical(BOOLEAN New, PBOOLEAN Old, BOOLEAN Check)
{
    ULONG Value = New, Previous = 0;

    UNUSED(Check);
    if (Old != NULL) {
        NtQueryInformationThread(NtCurrentThread(), ThreadBreakOnTermination, &Previous, sizeof Previous, NULL);
        *Old = (BOOLEAN)Previous;
    }
    return NtSetInformationThread(NtCurrentThread(), ThreadBreakOnTermination, &Value, sizeof Value);
}
