/* SPDX-License-Identifier: MIT */
/*
 * objects.c - names, handles, references, symbolic links, through the Zw and Ob routines; files and sections as a driver opens them.
 */
#include "kt.h"

#define KT_DIRECTORY L"\\KTestDirectory"

static POBJECT_ATTRIBUTES KtName(POBJECT_ATTRIBUTES Attributes, PUNICODE_STRING Name, PCWSTR Text, ULONG Flags)
{
    RtlInitUnicodeString(Name, Text);
    InitializeObjectAttributes(Attributes, Name, Flags | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return Attributes;
}

VOID KtTestObjectNames(KTEST *Test)
{
    OBJECT_ATTRIBUTES A;
    UNICODE_STRING N;
    HANDLE Directory, Event, Again;
    PVOID Body, SameBody;

    REQUIRE(CHECK_STATUS(ZwCreateDirectoryObject(&Directory, DIRECTORY_ALL_ACCESS, KtName(&A, &N, KT_DIRECTORY, 0)), STATUS_SUCCESS));
    CHECK_STATUS(ZwCreateDirectoryObject(&Again, DIRECTORY_ALL_ACCESS, KtName(&A, &N, KT_DIRECTORY, 0)), STATUS_OBJECT_NAME_COLLISION);
    REQUIRE(CHECK_STATUS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, KtName(&A, &N, KT_DIRECTORY L"\\Event", 0), NotificationEvent, TRUE),
                         STATUS_SUCCESS));
    CHECK_STATUS(ZwCreateEvent(&Again, EVENT_ALL_ACCESS, KtName(&A, &N, KT_DIRECTORY L"\\EVENT", 0), NotificationEvent, TRUE),
                 STATUS_OBJECT_NAME_COLLISION); /* cases do not differ */
    if (CHECK_STATUS(ZwCreateEvent(&Again, EVENT_ALL_ACCESS, KtName(&A, &N, KT_DIRECTORY L"\\event", OBJ_OPENIF), NotificationEvent, FALSE),
                     STATUS_OBJECT_NAME_EXISTS)) {
        CHECK_STATUS(ObReferenceObjectByHandle(Event, EVENT_ALL_ACCESS, *ExEventObjectType, KernelMode, &Body, NULL), STATUS_SUCCESS);
        CHECK_STATUS(ObReferenceObjectByHandle(Again, EVENT_ALL_ACCESS, *ExEventObjectType, KernelMode, &SameBody, NULL), STATUS_SUCCESS);
        CHECK_EQUAL(Body, SameBody);
        CHECK_EQUAL(KeReadStateEvent(Body), 1);
        ObDereferenceObject(SameBody);
        ObDereferenceObject(Body);
        CHECK_STATUS(ZwClose(Again), STATUS_SUCCESS);
    }
    /* The name lives as long as a handle. */
    CHECK_STATUS(ZwClose(Event), STATUS_SUCCESS);
    CHECK_STATUS(ZwOpenEvent(&Event, EVENT_ALL_ACCESS, KtName(&A, &N, KT_DIRECTORY L"\\Event", 0)), STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK_STATUS(ZwClose(Directory), STATUS_SUCCESS);
    CHECK_STATUS(ZwOpenDirectoryObject(&Directory, DIRECTORY_QUERY, KtName(&A, &N, KT_DIRECTORY, 0)), STATUS_OBJECT_NAME_NOT_FOUND);
}

VOID KtTestObjectTypes(KTEST *Test)
{
    OBJECT_ATTRIBUTES A;
    HANDLE Event;
    PVOID Body;
    ULONG Needed = 0;
    struct
    {
        OBJECT_NAME_INFORMATION Information;
        WCHAR Room[64];
    } Name;

    InitializeObjectAttributes(&A, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    REQUIRE(CHECK_STATUS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &A, SynchronizationEvent, FALSE), STATUS_SUCCESS));
    CHECK_STATUS(ObReferenceObjectByHandle(Event, 0, *PsProcessType, KernelMode, &Body, NULL), STATUS_OBJECT_TYPE_MISMATCH);
    REQUIRE(CHECK_STATUS(ObReferenceObjectByHandle(Event, 0, *ExEventObjectType, KernelMode, &Body, NULL), STATUS_SUCCESS));
    CHECK_STATUS(ZwClose(Event), STATUS_SUCCESS);
    CHECK_EQUAL(KeSetEvent(Body, 0, FALSE), 0); /* the reference keeps it */
    CHECK_STATUS(ObReferenceObjectByPointer(Body, 0, *ExEventObjectType, KernelMode), STATUS_SUCCESS);
    /* Only a user-mode caller's type is checked, as on NT. */
    CHECK_STATUS(ObReferenceObjectByPointer(Body, 0, *PsThreadType, UserMode), STATUS_OBJECT_TYPE_MISMATCH);
    ObDereferenceObject(Body);
    ObDereferenceObject(Body);
    CHECK_STATUS(ObReferenceObjectByHandle((HANDLE)0x7FFF0, 0, NULL, UserMode, &Body, NULL), STATUS_INVALID_HANDLE);
    CHECK_STATUS(ObQueryNameString(KtDevice, &Name.Information, sizeof(Name), &Needed), STATUS_SUCCESS);
    CHECK_EQUAL(Name.Information.Name.Length, sizeof(L"\\Device\\KTest") - sizeof(WCHAR));
    CHECK_STATUS(ObQueryNameString(KtDevice, &Name.Information, 8, &Needed), STATUS_INFO_LENGTH_MISMATCH);
    CHECK(Needed >= sizeof(OBJECT_NAME_INFORMATION) + sizeof(L"\\Device\\KTest"));
}

VOID KtTestSymbolicLinks(KTEST *Test)
{
    OBJECT_ATTRIBUTES A;
    UNICODE_STRING N, Target = RTL_CONSTANT_STRING(L"\\BaseNamedObjects"), Read;
    WCHAR Room[64];
    HANDLE Link, Event, Through;
    ULONG Length = 0;

    REQUIRE(CHECK_STATUS(ZwCreateSymbolicLinkObject(&Link, SYMBOLIC_LINK_ALL_ACCESS, KtName(&A, &N, L"\\KTestLink", 0), &Target),
                         STATUS_SUCCESS));
    Read = (UNICODE_STRING){ 0, sizeof(Room), Room };
    CHECK_STATUS(ZwQuerySymbolicLinkObject(Link, &Read, &Length), STATUS_SUCCESS);
    CHECK(RtlEqualUnicodeString(&Read, &Target, FALSE));
    if (CHECK_STATUS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, KtName(&A, &N, L"\\KTestLink\\KTestEvent", 0), NotificationEvent, FALSE),
                     STATUS_SUCCESS)) {
        if (CHECK_STATUS(ZwOpenEvent(&Through, EVENT_ALL_ACCESS, KtName(&A, &N, L"\\BaseNamedObjects\\KTestEvent", 0)), STATUS_SUCCESS)) {
            CHECK_STATUS(ZwClose(Through), STATUS_SUCCESS);
        }
        CHECK_STATUS(ZwClose(Event), STATUS_SUCCESS);
    }
    CHECK_STATUS(ZwClose(Link), STATUS_SUCCESS);
    CHECK_STATUS(ZwOpenSymbolicLinkObject(&Link, GENERIC_READ, KtName(&A, &N, L"\\KTestLink", 0)), STATUS_OBJECT_NAME_NOT_FOUND);
}

VOID KtTestNamePaths(KTEST *Test)
{
    OBJECT_ATTRIBUTES A;
    UNICODE_STRING N;
    HANDLE Handle;

    CHECK_STATUS(ZwOpenEvent(&Handle, EVENT_ALL_ACCESS, KtName(&A, &N, L"\\NoSuch", 0)), STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK_STATUS(ZwOpenEvent(&Handle, EVENT_ALL_ACCESS, KtName(&A, &N, L"\\NoSuch\\Event", 0)), STATUS_OBJECT_PATH_NOT_FOUND);
    CHECK_STATUS(ZwOpenEvent(&Handle, EVENT_ALL_ACCESS, KtName(&A, &N, L"NoBackslash", 0)), STATUS_OBJECT_PATH_SYNTAX_BAD);
    CHECK_STATUS(ZwOpenEvent(&Handle, EVENT_ALL_ACCESS, KtName(&A, &N, L"\\BaseNamedObjects", 0)), STATUS_OBJECT_TYPE_MISMATCH);
    CHECK_STATUS(ZwOpenDirectoryObject(&Handle, DIRECTORY_QUERY, KtName(&A, &N, L"\\Device\\", 0)), STATUS_OBJECT_NAME_INVALID);
    if (CHECK_STATUS(ZwOpenDirectoryObject(&Handle, DIRECTORY_QUERY, KtName(&A, &N, L"\\", 0)), STATUS_SUCCESS)) {
        CHECK_STATUS(ZwClose(Handle), STATUS_SUCCESS);
    }
}

VOID KtTestPermanentObjects(KTEST *Test)
{
    OBJECT_ATTRIBUTES A;
    UNICODE_STRING N;
    HANDLE Event;

    REQUIRE(CHECK_STATUS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS | DELETE, KtName(&A, &N, L"\\KTestPermanent", OBJ_PERMANENT),
                                       NotificationEvent, FALSE), STATUS_SUCCESS));
    CHECK_STATUS(ZwClose(Event), STATUS_SUCCESS);
    REQUIRE(CHECK_STATUS(ZwOpenEvent(&Event, EVENT_ALL_ACCESS | DELETE, KtName(&A, &N, L"\\KTestPermanent", 0)), STATUS_SUCCESS));
    CHECK_STATUS(ZwMakeTemporaryObject(Event), STATUS_SUCCESS);
    CHECK_STATUS(ZwClose(Event), STATUS_SUCCESS);
    CHECK_STATUS(ZwOpenEvent(&Event, EVENT_ALL_ACCESS, KtName(&A, &N, L"\\KTestPermanent", 0)), STATUS_OBJECT_NAME_NOT_FOUND);
}

/* The kernel's own image on the volume, as a driver would read a file. */
static NTSTATUS KtOpenSelf(PHANDLE File)
{
    OBJECT_ATTRIBUTES A;
    UNICODE_STRING N;
    IO_STATUS_BLOCK Iosb;

    return ZwOpenFile(File, FILE_READ_DATA | FILE_EXECUTE | SYNCHRONIZE, KtName(&A, &N, L"\\SystemRoot\\System32\\drivers\\ktest.sys", 0), &Iosb,
                      FILE_SHARE_READ, FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
}

VOID KtTestZwFiles(KTEST *Test)
{
    IO_STATUS_BLOCK Iosb;
    FILE_STANDARD_INFORMATION Standard = { .EndOfFile.QuadPart = 0 };
    LARGE_INTEGER Offset = { .QuadPart = 0 };
    UCHAR Bytes[64];
    HANDLE File;
    PFILE_OBJECT Object;

    REQUIRE(CHECK_STATUS(KtOpenSelf(&File), STATUS_SUCCESS));
    CHECK_STATUS(ZwReadFile(File, NULL, NULL, NULL, &Iosb, Bytes, sizeof(Bytes), &Offset, NULL), STATUS_SUCCESS);
    CHECK_EQUAL(Iosb.Information, sizeof(Bytes));
    CHECK(Bytes[0] == 'M' && Bytes[1] == 'Z');
    CHECK_STATUS(ZwQueryInformationFile(File, &Iosb, &Standard, sizeof(Standard), FileStandardInformation), STATUS_SUCCESS);
    CHECK(Standard.EndOfFile.QuadPart > 4096 && !Standard.Directory);
    Offset = Standard.EndOfFile;
    CHECK_STATUS(ZwReadFile(File, NULL, NULL, NULL, &Iosb, Bytes, sizeof(Bytes), &Offset, NULL), STATUS_END_OF_FILE);
    if (CHECK_STATUS(ObReferenceObjectByHandle(File, FILE_READ_DATA, *IoFileObjectType, KernelMode, (PVOID *)&Object, NULL), STATUS_SUCCESS)) {
        CHECK(IoGetRelatedDeviceObject(Object) != NULL);
        ObDereferenceObject(Object);
    }
    CHECK_STATUS(ZwClose(File), STATUS_SUCCESS);
}

VOID KtTestZwSections(KTEST *Test)
{
    OBJECT_ATTRIBUTES A;
    HANDLE File, Section;
    PUCHAR View = NULL;
    SIZE_T Size = 0;
    PVOID Object;

    REQUIRE(CHECK_STATUS(KtOpenSelf(&File), STATUS_SUCCESS));
    InitializeObjectAttributes(&A, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (CHECK_STATUS(ZwCreateSection(&Section, SECTION_ALL_ACCESS & ~(ULONG)SECTION_MAP_WRITE, &A, NULL, PAGE_READONLY, SEC_COMMIT, File),
                     STATUS_SUCCESS)) {
        if (CHECK_STATUS(ObReferenceObjectByHandle(Section, SECTION_MAP_READ, NULL, KernelMode, &Object, NULL), STATUS_SUCCESS)) {
            if (CHECK_STATUS(MmMapViewInSystemSpace(Object, (PVOID *)&View, &Size), STATUS_SUCCESS)) {
                CHECK(View[0] == 'M' && View[1] == 'Z');
                CHECK_STATUS(MmUnmapViewInSystemSpace(View), STATUS_SUCCESS);
            }
            ObDereferenceObject(Object);
        }
        CHECK_STATUS(ZwClose(Section), STATUS_SUCCESS);
    }
    CHECK_STATUS(ZwClose(File), STATUS_SUCCESS);
}
