/* SPDX-License-Identifier: MIT */
/*
 * nativeinfo.c - the order of checks of the native queries, and of NtCreateUserProcess: lengths first, then the buffer, then the handle and its rights;
 * parameter blocks normalised and not; attribute lists that are wrong.
 */
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>
#include <stdio.h>
#include <string.h>

#include "../../userland/inc/ntapi.h"
#include "tap.h"

#define NATIVE(name) static __typeof__(name) *P##name
NATIVE(NtCreateUserProcess);
NATIVE(NtTerminateProcess);
NATIVE(RtlCreateProcessParametersEx);
NATIVE(RtlDestroyProcessParameters);
NATIVE(RtlNormalizeProcessParams);
NATIVE(RtlDeNormalizeProcessParams);
NATIVE(RtlInitUnicodeString);
static NTSTATUS(NTAPI *PNtQueryInformationProcess)(HANDLE, ULONG, PVOID, ULONG, PULONG);
static NTSTATUS(NTAPI *PNtSetInformationProcess)(HANDLE, ULONG, PVOID, ULONG);
static NTSTATUS(NTAPI *PNtQueryInformationThread)(HANDLE, ULONG, PVOID, ULONG, PULONG);
static NTSTATUS(NTAPI *PNtSetInformationThread)(HANDLE, ULONG, PVOID, ULONG);
static NTSTATUS(NTAPI *PNtQuerySystemInformation)(ULONG, PVOID, ULONG, PULONG);
#define BIND(name) P##name = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), #name)

#define SELF ((HANDLE)(LONG_PTR)-1)
#define THREAD ((HANDLE)(LONG_PTR)-2)

static UCHAR Buffer[65536] __attribute__((aligned(16)));

/* Classes of one size exactly. */
typedef struct _CLASS
{
    ULONG Number, Size;
    const char *Name;
} CLASS;

static const CLASS OfProcess[] = {
    {0, 48, "ProcessBasicInformation"}, {2, 48, "ProcessIoCounters"}, {4, 32, "ProcessTimes"}, {7, 8, "ProcessDebugPort"},
    {12, 4, "ProcessDefaultHardErrorMode"}, {18, 2, "ProcessPriorityClass"}, {22, 4, "ProcessPriorityBoost"},
    {24, 4, "ProcessSessionInformation"}, {26, 8, "ProcessWow64Information"}, {29, 4, "ProcessBreakOnTermination"}, {31, 4, "ProcessDebugFlags"},
};

static const CLASS OfThread[] = {
    {0, 48, "ThreadBasicInformation"}, {1, 32, "ThreadTimes"}, {9, 8, "ThreadQuerySetWin32StartAddress"}, {12, 4, "ThreadAmILastThread"},
    {14, 4, "ThreadPriorityBoost"}, {16, 4, "ThreadIsIoPending"}, {18, 4, "ThreadBreakOnTermination"}, {20, 4, "ThreadIsTerminated"},
};

typedef NTSTATUS(NTAPI *QUERY)(HANDLE, ULONG, PVOID, ULONG, PULONG);

static void Lengths(QUERY Query, HANDLE Own, const CLASS *Class)
{
    ULONG Returned = 0xCCCC, Status;

    Is((ULONG)Query(NULL, Class->Number, NULL, 0, NULL), (ULONG)STATUS_INFO_LENGTH_MISMATCH, Class->Name);
    Is((ULONG)Query(NULL, Class->Number, Buffer, Class->Size - 1, NULL), (ULONG)STATUS_INFO_LENGTH_MISMATCH, "a byte too few, before the handle");
    Is((ULONG)Query(Own, Class->Number, Buffer, Class->Size * 2, NULL), (ULONG)STATUS_INFO_LENGTH_MISMATCH, "twice as much");
    Is((ULONG)Query(NULL, Class->Number, Buffer, Class->Size, NULL), (ULONG)STATUS_INVALID_HANDLE, "then the handle");
    Status = (ULONG)Query(Own, Class->Number, Buffer, Class->Size, &Returned);
    Ok(Status == 0 && Returned == Class->Size, "and the answer: %08lx, %lu bytes", Status, Returned);
}

static void Queries(void)
{
    HANDLE Weak;
    ULONG Returned = 0;

    for (unsigned i = 0; i < sizeof(OfProcess) / sizeof(*OfProcess); i++) {
        Lengths(PNtQueryInformationProcess, SELF, &OfProcess[i]);
    }
    for (unsigned i = 0; i < sizeof(OfThread) / sizeof(*OfThread); i++) {
        Lengths(PNtQueryInformationThread, THREAD, &OfThread[i]);
    }
    Is((ULONG)PNtQueryInformationProcess(NULL, 20, NULL, 0, NULL), (ULONG)STATUS_INFO_LENGTH_MISMATCH, "ProcessHandleCount");
    Is((ULONG)PNtQueryInformationProcess(SELF, 20, Buffer, 4, &Returned), 0, "the count");
    Is((ULONG)PNtQueryInformationProcess(SELF, 20, Buffer, 8, &Returned), 0, "or with its peak");
    Ok(((ULONG *)Buffer)[1] >= ((ULONG *)Buffer)[0] && Returned == 8, "which is not less");
    Is((ULONG)PNtQueryInformationProcess(SELF, 9999, Buffer, 4, NULL), (ULONG)STATUS_INVALID_INFO_CLASS, "no such class of a process");
    Is((ULONG)PNtQueryInformationThread(THREAD, 9999, Buffer, 4, NULL), (ULONG)STATUS_INVALID_INFO_CLASS, "of a thread");
    Is((ULONG)PNtSetInformationProcess(SELF, 9999, Buffer, 4), (ULONG)STATUS_INVALID_INFO_CLASS, "to set");
    Is((ULONG)PNtSetInformationThread(THREAD, 9999, Buffer, 4), (ULONG)STATUS_INVALID_INFO_CLASS, "of a thread");
    Is((ULONG)PNtQueryInformationProcess(SELF, 0, (PVOID)16, 48, NULL), (ULONG)STATUS_ACCESS_VIOLATION, "a buffer that is not there");
    Is((ULONG)PNtQueryInformationProcess(SELF, 0, Buffer + 1, 48, NULL), (ULONG)STATUS_DATATYPE_MISALIGNMENT, "one that is not aligned");
    Is((ULONG)PNtQueryInformationProcess(SELF, 0, Buffer, 48, (PULONG)16), (ULONG)STATUS_ACCESS_VIOLATION, "nowhere to say how much");
    Is((ULONG)PNtQueryInformationThread(SELF, 0, Buffer, 48, NULL), (ULONG)STATUS_OBJECT_TYPE_MISMATCH, "a process is no thread");
    Is((ULONG)PNtQueryInformationProcess(THREAD, 0, Buffer, 48, NULL), (ULONG)STATUS_OBJECT_TYPE_MISMATCH, "a thread is no process");
    DuplicateHandle(SELF, SELF, SELF, &Weak, PROCESS_TERMINATE, FALSE, 0);
    Is((ULONG)PNtQueryInformationProcess(Weak, 0, Buffer, 48, NULL), (ULONG)STATUS_ACCESS_DENIED, "a right is needed");
    CloseHandle(Weak);
    Is((ULONG)PNtQueryInformationProcess(SELF, 27, Buffer, 0, &Returned), (ULONG)STATUS_INFO_LENGTH_MISMATCH, "a name, and no room");
    Ok(Returned > 16, "how much it needs");
    ULONG Needed = Returned;
    Is((ULONG)PNtQueryInformationProcess(SELF, 27, Buffer, Needed - 1, &Returned), (ULONG)STATUS_INFO_LENGTH_MISMATCH, "a byte too few");
    Is((ULONG)PNtQueryInformationProcess(SELF, 27, Buffer, Needed, &Returned), 0, "enough");
    Is((ULONG)PNtQueryInformationProcess(SELF, 30, Buffer, 8, &Returned), (ULONG)STATUS_PORT_NOT_SET, "no debug object");
    Is(*(ULONG64 *)Buffer, 0, "and no handle");
    Is((ULONG)PNtQueryInformationProcess(SELF, 31, Buffer, 4, &Returned), 0, "debug flags");
    Is(*(ULONG *)Buffer, 1, "not inherited");
}

static void System(void)
{
    ULONG Returned = 0, Needed;

    Is((ULONG)PNtQuerySystemInformation(9999, Buffer, sizeof(Buffer), NULL), (ULONG)STATUS_INVALID_INFO_CLASS, "no such class of the system");
    Is((ULONG)PNtQuerySystemInformation(0, Buffer, 0, &Returned), (ULONG)STATUS_INFO_LENGTH_MISMATCH, "basic, no room");
    Is(Returned, 64, "how much it needs");
    Is((ULONG)PNtQuerySystemInformation(0, Buffer, 64, &Returned), 0, "basic");
    Is(*(ULONG *)(Buffer + 8), 4096, "pages");
    Is((ULONG)PNtQuerySystemInformation(0, (PVOID)16, 64, NULL), (ULONG)STATUS_ACCESS_VIOLATION, "nowhere");
    Is((ULONG)PNtQuerySystemInformation(2, Buffer, 8, &Needed), (ULONG)STATUS_INFO_LENGTH_MISMATCH, "performance, no room");
    Is((ULONG)PNtQuerySystemInformation(2, Buffer, 0x138, &Returned), 0, "as much as there was before Windows 7");
    Is((ULONG)PNtQuerySystemInformation(2, Buffer, sizeof(Buffer), &Returned), 0, "performance");
    ULONG *Pages = (ULONG *)(Buffer + 0x2C); /* AvailablePages, CommittedPages, CommitLimit, PeakCommitment */
    Ok(Returned >= 0x138 && Pages[0] != 0 && Pages[1] != 0 && Pages[1] <= Pages[3] && Pages[3] <= Pages[2], "pages and commitment");
    Is((ULONG)PNtQuerySystemInformation(3, Buffer, 48, &Returned), 0, "the time of day");
    Is(Returned, 48, "all of it");
    Is((ULONG)PNtQuerySystemInformation(3, Buffer, 8, &Returned), 0, "or its beginning");
    Is(Returned, 8, "as much as asked for");
    Is((ULONG)PNtQuerySystemInformation(3, Buffer, 49, &Returned), (ULONG)STATUS_INFO_LENGTH_MISMATCH, "not more");
    Is((ULONG)PNtQuerySystemInformation(5, Buffer, 0, &Needed), (ULONG)STATUS_INFO_LENGTH_MISMATCH, "processes, no room");
    Ok(Needed > 1000, "how much they need");
    Is((ULONG)PNtQuerySystemInformation(5, Buffer, sizeof(Buffer), &Returned), 0, "processes and their threads");
    SYSTEM_PROCESS_INFORMATION *Process = (PVOID)Buffer;
    ULONG Mine = 0, Count = 1;
    for (;; Process = (PVOID)((UCHAR *)Process + Process->NextEntryOffset), Count++) {
        const UCHAR *Threads = (const UCHAR *)Process + 0x100;
        if ((ULONG_PTR)Process->UniqueProcessId == GetCurrentProcessId()) {
            for (ULONG i = 0; i < Process->NumberOfThreads; i++) { /* 80 bytes each; the client id at 0x28 */
                Mine += *(ULONG64 *)(Threads + i * 80 + 0x28) == GetCurrentProcessId() && *(ULONG64 *)(Threads + i * 80 + 0x30) == GetCurrentThreadId();
            }
        }
        if (Process->NextEntryOffset == 0) {
            break;
        }
    }
    Ok(Mine == 1 && Count > 3, "%lu processes; this thread is there once", Count);
    Is((ULONG)PNtQuerySystemInformation(11, Buffer, 4, &Needed), (ULONG)STATUS_INFO_LENGTH_MISMATCH, "modules, no room");
    Is((ULONG)PNtQuerySystemInformation(11, Buffer, sizeof(Buffer), &Returned), 0, "modules");
    Ok(*(ULONG *)Buffer >= 3 && strstr((char *)Buffer + 8 + 40, "ntoskrnl.exe") != NULL, "the kernel first, of %lu", *(ULONG *)Buffer);
    Is((ULONG)PNtQuerySystemInformation(16, Buffer, 8, &Needed), (ULONG)STATUS_INFO_LENGTH_MISMATCH, "handles, no room");
}

/* ---- births ---------------------------------------------------------------------------------------------------------------------------- */

static NPROCESS_PARAMETERS *Block(ULONG Flags)
{
    UNICODE_STRING Image, Command;
    NPROCESS_PARAMETERS *Result = NULL;

    PRtlInitUnicodeString(&Image, L"C:\\Programs\\exitcode.exe");
    PRtlInitUnicodeString(&Command, L"exitcode 6");
    PRtlCreateProcessParametersEx(&Result, &Image, NULL, NULL, &Command, NULL, NULL, NULL, NULL, NULL, Flags);
    return Result;
}

static const WCHAR Program[] = L"\\??\\C:\\Programs\\exitcode.exe";

typedef struct _BIRTH
{
    PS_CREATE_INFO Info;
    struct
    {
        SIZE_T TotalLength;
        PS_ATTRIBUTE Entry[4];
    } List;
    ULONG ProcessFlags, ThreadFlags;
    NPROCESS_PARAMETERS *Block;
    HANDLE Process, Thread;
} BIRTH;

static void Prepare(BIRTH *Birth, const WCHAR *Image)
{
    memset(Birth, 0, sizeof(*Birth));
    Birth->Info.Size = sizeof(Birth->Info);
    Birth->List.TotalLength = sizeof(SIZE_T) + sizeof(PS_ATTRIBUTE);
    Birth->List.Entry[0] = (PS_ATTRIBUTE){PS_ATTRIBUTE_IMAGE_NAME, wcslen(Image) * sizeof(WCHAR), {(ULONG_PTR)Image}, NULL};
    Birth->ThreadFlags = THREAD_CREATE_FLAGS_CREATE_SUSPENDED;
    Birth->Block = Block(1);
}

/* Who is born is ended; the status. */
static ULONG Give(BIRTH *Birth)
{
    NTSTATUS Status = PNtCreateUserProcess(&Birth->Process, &Birth->Thread, MAXIMUM_ALLOWED, MAXIMUM_ALLOWED, NULL, NULL, Birth->ProcessFlags,
                                           Birth->ThreadFlags, Birth->Block, &Birth->Info, (PVOID)&Birth->List);

    if (NT_SUCCESS(Status)) {
        PNtTerminateProcess(Birth->Process, 0);
        WaitForSingleObject(Birth->Process, 60000);
        CloseHandle(Birth->Process);
        CloseHandle(Birth->Thread);
        CloseHandle(Birth->Info.SuccessState.FileHandle);
        CloseHandle(Birth->Info.SuccessState.SectionHandle);
    } else if (Birth->Info.State == PsCreateFailOnSectionCreate) {
        CloseHandle(Birth->Info.FailSection.FileHandle);
    }
    PRtlDestroyProcessParameters(Birth->Block);
    return (ULONG)Status;
}

static ULONG WithAttribute(ULONG_PTR Attribute, SIZE_T Size, ULONG_PTR Value)
{
    BIRTH Birth;

    Prepare(&Birth, Program);
    Birth.List.TotalLength += sizeof(PS_ATTRIBUTE);
    Birth.List.Entry[1] = (PS_ATTRIBUTE){Attribute, Size, {Value}, NULL};
    return Give(&Birth);
}

static void Births(void)
{
    NPROCESS_PARAMETERS *Own = Block(0);
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL);
    CLIENT_ID Id = {0};
    UCHAR Class = 9;
    BIRTH Birth;

    Ok(!(Own->Flags & 1) && (ULONG_PTR)Own->CommandLine.Buffer < Own->Length, "a block that is not normalised has offsets");
    Ok(PRtlNormalizeProcessParams(Own) == Own && (Own->Flags & 1) && wcscmp(Own->CommandLine.Buffer, L"exitcode 6") == 0, "normalised: addresses");
    Ok(PRtlNormalizeProcessParams(Own) == Own && wcscmp(Own->CommandLine.Buffer, L"exitcode 6") == 0, "twice is once");
    Ok(PRtlDeNormalizeProcessParams(Own) == Own && (ULONG_PTR)Own->ImagePathName.Buffer < Own->Length, "and back");
    PRtlDestroyProcessParameters(Own);

    Prepare(&Birth, Program);
    PRtlDeNormalizeProcessParams(Birth.Block);
    Is(Give(&Birth), 0, "a birth with a block that is not normalised");
    Is(Birth.Info.State, PsCreateSuccess, "state: success");
    Prepare(&Birth, Program);
    Birth.List.TotalLength += 8;
    Is(Give(&Birth), (ULONG)STATUS_INVALID_PARAMETER, "a list that is not whole");
    Prepare(&Birth, Program);
    Birth.List.TotalLength = 8;
    Is(Give(&Birth), (ULONG)STATUS_INVALID_PARAMETER, "an empty one: no image");
    Prepare(&Birth, Program);
    Birth.Info.Size--;
    Is(Give(&Birth), (ULONG)STATUS_INVALID_PARAMETER, "information of another size");
    Prepare(&Birth, Program);
    Birth.Info.State = PsCreateSuccess;
    Is(Give(&Birth), (ULONG)STATUS_INVALID_PARAMETER, "in another state");
    Prepare(&Birth, Program);
    Birth.ThreadFlags = 0x40000000;
    Is(Give(&Birth), (ULONG)STATUS_INVALID_PARAMETER, "no such flag of a thread");
    Is(WithAttribute(0x0000FFFF | 0x20000, 8, 0), (ULONG)STATUS_INVALID_PARAMETER, "no such attribute");
    Is(WithAttribute(PS_ATTRIBUTE_CLIENT_ID, 8, (ULONG_PTR)&Id), (ULONG)STATUS_INVALID_PARAMETER, "an attribute of another size");
    Is(WithAttribute(PS_ATTRIBUTE_CLIENT_ID, sizeof(Id), 16), (ULONG)STATUS_ACCESS_VIOLATION, "nowhere to put it");
    Is(WithAttribute(PS_ATTRIBUTE_CLIENT_ID, sizeof(Id), (ULONG_PTR)&Id), 0, "somewhere");
    Ok(Id.UniqueProcess != NULL && Id.UniqueThread != NULL, "both ids");
    Is(WithAttribute(PS_ATTRIBUTE_PARENT_PROCESS, 8, (ULONG_PTR)Event), (ULONG)STATUS_OBJECT_TYPE_MISMATCH, "a parent that is no process");
    Is(WithAttribute(PS_ATTRIBUTE_TOKEN, 8, (ULONG_PTR)Event), (ULONG)STATUS_OBJECT_TYPE_MISMATCH, "a token that is none");
    Is(WithAttribute(PS_ATTRIBUTE_JOB_LIST, 8, (ULONG_PTR)&Event), (ULONG)STATUS_OBJECT_TYPE_MISMATCH, "a job that is none");
    Is(WithAttribute(PS_ATTRIBUTE_PRIORITY_CLASS, 1, (ULONG_PTR)&Class), (ULONG)STATUS_INVALID_PARAMETER, "no such priority class");
    Class = 2;
    Is(WithAttribute(PS_ATTRIBUTE_PRIORITY_CLASS, 1, (ULONG_PTR)&Class), 0, "one that is");
    CloseHandle(Event);
    Prepare(&Birth, L"\\??\\C:\\Bad\\nosuch\\x.exe");
    Is(Give(&Birth), (ULONG)STATUS_OBJECT_PATH_NOT_FOUND, "no such directory");
    Is(Birth.Info.State, PsCreateFailOnFileOpen, "state: file open");
    Prepare(&Birth, L"C:\\Programs\\exitcode.exe");
    Is(Give(&Birth), (ULONG)STATUS_OBJECT_PATH_SYNTAX_BAD, "a name that is not native");
    Is(Birth.Info.State, PsCreateFailOnFileOpen, "state: file open");
    Prepare(&Birth, L"\\??\\C:\\Windows\\System32\\ntdll.dll");
    Is(Give(&Birth), (ULONG)STATUS_INVALID_IMAGE_FORMAT, "a DLL");
    Is(Birth.Info.State, PsCreateFailExeFormat, "state: format");
}

int main(void)
{
    BIND(NtCreateUserProcess);
    BIND(NtTerminateProcess);
    BIND(RtlCreateProcessParametersEx);
    BIND(RtlDestroyProcessParameters);
    BIND(RtlNormalizeProcessParams);
    BIND(RtlDeNormalizeProcessParams);
    BIND(RtlInitUnicodeString);
    BIND(NtQueryInformationProcess);
    BIND(NtSetInformationProcess);
    BIND(NtQueryInformationThread);
    BIND(NtSetInformationThread);
    BIND(NtQuerySystemInformation);
    Queries();
    System();
    Births();
    return Done();
}
