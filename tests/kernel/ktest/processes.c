/* SPDX-License-Identifier: MIT */
/*
 * processes.c - a driver makes a process and a thread for it: the Zw forms of the calls, which no header of the DDK declares.
 */
#include "kt.h"

#define KT_SEC_IMAGE 0x1000000u
#define KT_SUSPENDED 1u /* THREAD_CREATE_FLAGS_CREATE_SUSPENDED */

typedef NTSTATUS(NTAPI *KT_CREATE_PROCESS)(PHANDLE Process, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, HANDLE Parent, BOOLEAN Inherit,
                                           HANDLE Section, HANDLE DebugPort, HANDLE ExceptionPort);
typedef NTSTATUS(NTAPI *KT_CREATE_PROCESS_EX)(PHANDLE Process, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, HANDLE Parent, ULONG Flags,
                                              HANDLE Section, HANDLE DebugPort, HANDLE ExceptionPort, ULONG Reserved);
typedef NTSTATUS(NTAPI *KT_CREATE_THREAD_EX)(PHANDLE Thread, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, HANDLE Process, PVOID Start,
                                             PVOID Argument, ULONG Flags, SIZE_T ZeroBits, SIZE_T Stack, SIZE_T MaximumStack, PVOID List);
NTSYSAPI NTSTATUS NTAPI ZwQueryInformationProcess(HANDLE Process, PROCESSINFOCLASS Class, PVOID Buffer, ULONG Length, PULONG ReturnLength);

static PVOID KtRoutine(PCWSTR Name)
{
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Name);
    return MmGetSystemRoutineAddress(&String);
}

static NTSTATUS KtImageSection(PHANDLE Section)
{
    OBJECT_ATTRIBUTES A;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\??\\C:\\Programs\\exitcode.exe");
    IO_STATUS_BLOCK Iosb;
    HANDLE File;
    NTSTATUS Status;

    InitializeObjectAttributes(&A, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwOpenFile(&File, FILE_READ_DATA | FILE_EXECUTE | SYNCHRONIZE, &A, &Iosb, FILE_SHARE_READ,
                        FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    if (NT_SUCCESS(Status)) {
        InitializeObjectAttributes(&A, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
        Status = ZwCreateSection(Section, SECTION_ALL_ACCESS, &A, NULL, PAGE_EXECUTE, KT_SEC_IMAGE, File);
        ZwClose(File);
    }
    return Status;
}

/* It has not run yet; then it gets a thread that never will, and is ended with both. */
static VOID KtLive(KTEST *Test, HANDLE Process)
{
    KT_CREATE_THREAD_EX CreateThread = KtRoutine(L"ZwCreateThreadEx");
    PROCESS_BASIC_INFORMATION Basic;
    LARGE_INTEGER Timeout = { .QuadPart = 0 };
    OBJECT_ATTRIBUTES A;
    HANDLE Thread;

    CHECK((LONG_PTR)Process < 0);
    CHECK_STATUS(ZwQueryInformationProcess(Process, ProcessBasicInformation, &Basic, sizeof(Basic), NULL), STATUS_SUCCESS);
    CHECK(Basic.UniqueProcessId != (ULONG_PTR)PsGetCurrentProcessId() && Basic.InheritedFromUniqueProcessId == (ULONG_PTR)PsGetCurrentProcessId());
    CHECK_STATUS(Basic.ExitStatus, STATUS_PENDING);
    CHECK_STATUS(ZwWaitForSingleObject(Process, FALSE, &Timeout), STATUS_TIMEOUT);
    InitializeObjectAttributes(&A, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (CHECK(CreateThread != NULL) &&
        CHECK_STATUS(CreateThread(&Thread, THREAD_ALL_ACCESS, &A, Process, (PVOID)0x10000, NULL, KT_SUSPENDED, 0, 0, 0, NULL), STATUS_SUCCESS)) {
        CHECK_STATUS(ZwTerminateProcess(Process, 0x77), STATUS_SUCCESS);
        CHECK_STATUS(ZwWaitForSingleObject(Thread, FALSE, NULL), STATUS_SUCCESS);
        CHECK_STATUS(ZwClose(Thread), STATUS_SUCCESS);
    } else {
        (void)ZwTerminateProcess(Process, 0x77);
    }
    CHECK_STATUS(ZwWaitForSingleObject(Process, FALSE, NULL), STATUS_SUCCESS);
    CHECK_STATUS(ZwQueryInformationProcess(Process, ProcessBasicInformation, &Basic, sizeof(Basic), NULL), STATUS_SUCCESS);
    CHECK_STATUS(Basic.ExitStatus, 0x77);
}

VOID KtTestZwProcesses(KTEST *Test)
{
    KT_CREATE_PROCESS Create = KtRoutine(L"ZwCreateProcess");
    KT_CREATE_PROCESS_EX CreateEx = KtRoutine(L"ZwCreateProcessEx");
    OBJECT_ATTRIBUTES A;
    HANDLE Section, Process;

    REQUIRE(CHECK(Create != NULL && CreateEx != NULL));
    REQUIRE(CHECK_STATUS(KtImageSection(&Section), STATUS_SUCCESS));
    InitializeObjectAttributes(&A, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (CHECK_STATUS(Create(&Process, PROCESS_ALL_ACCESS, &A, ZwCurrentProcess(), FALSE, Section, NULL, NULL), STATUS_SUCCESS)) {
        KtLive(Test, Process);
        CHECK_STATUS(ZwClose(Process), STATUS_SUCCESS);
    }
    if (CHECK_STATUS(CreateEx(&Process, PROCESS_ALL_ACCESS, &A, ZwCurrentProcess(), 0, Section, NULL, NULL, 0), STATUS_SUCCESS)) {
        KtLive(Test, Process);
        CHECK_STATUS(ZwClose(Process), STATUS_SUCCESS);
    }
    CHECK_STATUS(Create(&Process, PROCESS_ALL_ACCESS, &A, Section, FALSE, Section, NULL, NULL), STATUS_OBJECT_TYPE_MISMATCH);
    CHECK_STATUS(Create(&Process, PROCESS_ALL_ACCESS, &A, ZwCurrentProcess(), FALSE, ZwCurrentProcess(), NULL, NULL), STATUS_OBJECT_TYPE_MISMATCH);
    CHECK_STATUS(ZwClose(Section), STATUS_SUCCESS);
}
