/* SPDX-License-Identifier: MIT */
/*
 * namespace.c - what user mode expects to find in the object manager's namespace: DOS device names, directories, KnownDlls.
 *
 * \KnownDlls holds one image section for each DLL that every process uses.  The loader opens the section instead of the file, so that
 * starting a program opens no file but its own, and everybody gets the same one.  The handles are never closed: smss lives as long as
 * the system.  (Windows Internals, 7th ed., part 1, chapter 3, "DLL name resolution and redirection"; part 2, chapter 12, "Smss".)
 */
#include "smss.h"

static NTSTATUS CreateLink(PCWSTR Name, PCWSTR Target)
{
    UNICODE_STRING NameString, TargetString;
    OBJECT_ATTRIBUTES Object;
    HANDLE Link;

    RtlInitUnicodeString(&NameString, Name);
    RtlInitUnicodeString(&TargetString, Target);
    InitializeObjectAttributes(&Object, &NameString, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT | OBJ_OPENIF, NULL, NULL);
    NTSTATUS Status = NtCreateSymbolicLinkObject(&Link, SYMBOLIC_LINK_ALL_ACCESS, &Object, &TargetString);
    if (NT_SUCCESS(Status)) {
        NtClose(Link);
    }
    return Status;
}

void SmpCreateDosDevices(void)
{
    static const struct { PCWSTR Name, Target; } Links[] = {
        {L"\\GLOBAL??\\NUL", L"\\Device\\Null"},
        {L"\\GLOBAL??\\PIPE", L"\\Device\\NamedPipe"},
        {L"\\GLOBAL??\\CON", L"\\Device\\ConDrv\\CurrentOut"},
        {L"\\GLOBAL??\\CONIN$", L"\\Device\\ConDrv\\CurrentIn"},
        {L"\\GLOBAL??\\CONOUT$", L"\\Device\\ConDrv\\CurrentOut"},
        {L"\\GLOBAL??\\HostOut", L"\\Device\\HostOut"},
        {L"\\GLOBAL??\\HostErr", L"\\Device\\HostErr"},
        {L"\\GLOBAL??\\HostExit", L"\\Device\\HostExit"},
        {L"\\GLOBAL??\\GLOBALROOT", L""},
        {L"\\GLOBAL??\\Global", L"\\GLOBAL??"},
    };

    for (ULONG i = 0; i < COUNT_OF(Links); i++) {
        NTSTATUS Status = CreateLink(Links[i].Name, Links[i].Target);
        if (!NT_SUCCESS(Status)) {
            DbgPrint("smss: %ws: status %08X\n", Links[i].Name, Status);
        }
    }
}

static NTSTATUS MakeDirectory(PCWSTR Name, PHANDLE Directory)
{
    UNICODE_STRING String;
    OBJECT_ATTRIBUTES Object;

    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Object, &String, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT | OBJ_OPENIF, NULL, NULL);
    return NtCreateDirectoryObject(Directory, DIRECTORY_ALL_ACCESS, &Object);
}

/* There is one session, so its own names and everybody's are the same directory. */
void SmpCreateObjectDirectories(void)
{
    HANDLE Directory;

    if (NT_SUCCESS(MakeDirectory(L"\\BaseNamedObjects", &Directory))) {
        NtClose(Directory);
    }
    CreateLink(L"\\BaseNamedObjects\\Global", L"\\BaseNamedObjects");
    CreateLink(L"\\BaseNamedObjects\\Local", L"\\BaseNamedObjects");
    CreateLink(L"\\BaseNamedObjects\\Session", L"\\BaseNamedObjects");
}

static NTSTATUS CreateKnownDll(HANDLE Directory, PCWSTR Name)
{
    WCHAR Path[128] = L"\\??\\C:\\Windows\\System32\\";
    UNICODE_STRING SectionName;
    OBJECT_ATTRIBUTES Object;
    HANDLE File, Section;

    wcscat(Path, Name);
    NTSTATUS Status = SmpOpen(Path, FILE_READ_DATA | FILE_EXECUTE | SYNCHRONIZE, FALSE, &File);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlInitUnicodeString(&SectionName, Name);
    InitializeObjectAttributes(&Object, &SectionName, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT | OBJ_OPENIF, Directory, NULL);
    Status = NtCreateSection(&Section, SECTION_MAP_READ | SECTION_MAP_EXECUTE | SECTION_QUERY, &Object, NULL, PAGE_EXECUTE, SEC_IMAGE, File);
    if (NT_SUCCESS(Status)) {
        NtClose(Section);
    }
    NtClose(File);
    return Status;
}

/* A DLL that is not on the volume is no known DLL; anything else that goes wrong is worth a line. */
void SmpCreateKnownDlls(void)
{
    static const PCWSTR Names[] = {L"ntdll.dll", L"kernel32.dll", L"kernelbase.dll", L"msvcrt.dll", L"ucrtbase.dll", L"advapi32.dll"};
    HANDLE Directory;
    ULONG Count = 0;
    NTSTATUS Status = MakeDirectory(L"\\KnownDlls", &Directory);

    if (!NT_SUCCESS(Status)) {
        DbgPrint("smss: \\KnownDlls: status %08X\n", Status);
        return;
    }
    CreateLink(L"\\KnownDlls\\KnownDllPath", L"C:\\Windows\\System32");
    for (ULONG i = 0; i < COUNT_OF(Names); i++) {
        Status = CreateKnownDll(Directory, Names[i]);
        if (NT_SUCCESS(Status)) {
            Count++;
        } else if (Status != STATUS_OBJECT_NAME_NOT_FOUND) {
            DbgPrint("smss: %ws is no known DLL: status %08X\n", Names[i], Status);
        }
    }
    NtClose(Directory);
    DbgPrint("smss: %u known DLLs\n", Count);
}
