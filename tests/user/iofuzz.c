/* SPDX-License-Identifier: MIT */
/*
 * iofuzz.c - the I/O services with arguments that make no sense: whatever is passed, the machine goes on
 * and answers with a status.
 *
 * usage: iofuzz [CALLS [SEED [FIRST]]]      from call FIRST on, each is printed before it is made
 *
 * Arguments come from a bag of good and bad values: handles of every kind, buffers, addresses of nothing,
 * of the kernel, of read-only and of guard pages. The run is the same for the same seed.  Calls that would
 * wait for ever are kept from it: no console or serial input is read through synchronous handles.
 */
#include <windows.h>
#include <winternl.h>
#include <stdlib.h>
#include <string.h>
#include "tap.h"

typedef ULONG_PTR Word;
typedef NTSTATUS(NTAPI *SERVICE)(Word, Word, Word, Word, Word, Word, Word, Word, Word, Word, Word, Word, Word, Word);

static const char *const Names[] = {
    "NtCreateFile", "NtOpenFile", "NtReadFile", "NtWriteFile", "NtDeviceIoControlFile", "NtFsControlFile", "NtFlushBuffersFile", "NtCancelIoFile",
    "NtCancelIoFileEx", "NtDeleteFile", "NtQueryAttributesFile", "NtQueryFullAttributesFile", "NtQueryInformationFile", "NtSetInformationFile",
    "NtQueryDirectoryFile", "NtQueryVolumeInformationFile", "NtSetVolumeInformationFile", "NtNotifyChangeDirectoryFile", "NtLockFile", "NtUnlockFile",
    "NtCreateIoCompletion", "NtOpenIoCompletion", "NtSetIoCompletion", "NtQueryIoCompletion", "NtCreateNamedPipeFile", "NtCreateMailslotFile",
    "NtCancelSynchronousIoFile", "NtFlushBuffersFileEx",
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static unsigned long long Random = 1;
static Word Bag[96];
static int BagCount;
static HANDLE Kept[8];
static int KeptCount;

static unsigned Next(unsigned Limit)
{
    Random = Random * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(Random >> 33) % Limit;
}

static void Put(Word Value)
{
    Bag[BagCount++] = Value;
}

static void PutHandle(HANDLE Handle)
{
    Kept[KeptCount++] = Handle;
    Put((Word)Handle);
    Put((Word)Handle);
}

static void FillBag(void)
{
    UCHAR *Buffers[4]; /* larger than any file that could be read into them, so that the program is not overwritten by what it asks for */
    static UNICODE_STRING Bad = {.Length = 8, .MaximumLength = 4, .Buffer = (PWSTR)0x1000}, Odd = {.Length = 7, .MaximumLength = 8, .Buffer = (PWSTR)0x2000};
    struct { OBJECT_ATTRIBUTES Good, BadName, OddName, Relative; UNICODE_STRING Name; } *Page0;
    static const Word Plain[] = {0, 0, 1, 2, 3, 4, 5, 7, 8, 16, 24, 64, 4096, 0x7FFFFFFF, 0xFFFFFFFF,
                                 (Word)-1, (Word)-2, 0x1000, 0x10000, 0x7FFE0000, 0x7FFFFFFEFFF8,
                                 0x0000800000000000, 0xFFFF800000000000, 0xFFFFF80000000000, 0xFFFFFFFFFFFFFFF8, 0x80100080, 0x120089, 0x500008, 0x9003F};
    DWORD Old;
    UCHAR *Page = VirtualAlloc(NULL, 3 * 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    for (int Index = 0; Index < 4; Index++) {
        Buffers[Index] = VirtualAlloc(NULL, 4 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    }
    for (size_t Index = 0; Index < COUNT(Plain); Index++) {
        Put(Plain[Index]);
    }
    VirtualProtect(Page + 8192, 4096, PAGE_NOACCESS, &Old);
    Put((Word)Page);
    Put((Word)Page + 8192 - 4);
    Put((Word)Page + 4095);
    for (int Index = 0; Index < 4; Index++) {
        Put((Word)Buffers[Index]);
        Put((Word)Buffers[Index] + 1);
    }
    Page0 = (PVOID)Page; /* becomes read-only below: services must not change what they are given */
    Page0->Name.Buffer = (PWSTR)L"\\??\\C:\\Windows\\System32\\ntdll.dll";
    Page0->Name.Length = Page0->Name.MaximumLength = 32 * sizeof(WCHAR);
    InitializeObjectAttributes(&Page0->Good, &Page0->Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    InitializeObjectAttributes(&Page0->BadName, &Bad, OBJ_CASE_INSENSITIVE, NULL, NULL);
    InitializeObjectAttributes(&Page0->OddName, &Odd, 0xFFFFFFFF, NULL, (PVOID)Buffers[2]);
    InitializeObjectAttributes(&Page0->Relative, &Page0->Name, 0, (HANDLE)0x1234, (PVOID)0x1000);
    Put((Word)&Page0->Good);
    Put((Word)&Page0->Good);
    Put((Word)&Page0->BadName);
    Put((Word)&Page0->OddName);
    Put((Word)&Page0->Relative);
    Put((Word)&Page0->Name);
    Put((Word)&Bad);
    VirtualProtect(Page, 4096, PAGE_READONLY, &Old);
    PutHandle(CreateFileA("C:\\Windows\\System32\\ntdll.dll", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL));
    PutHandle(CreateFileA("C:\\Windows\\System32\\ntdll.dll", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL));
    PutHandle(CreateFileA("C:\\Windows", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL));
    PutHandle(CreateFileA("NUL", GENERIC_READ | GENERIC_WRITE, 3, NULL, OPEN_EXISTING, 0, NULL));
    PutHandle(CreateFileA("\\\\.\\C:", GENERIC_READ, 3, NULL, OPEN_EXISTING, 0, NULL));
    PutHandle(CreateEventA(NULL, TRUE, FALSE, NULL));
    PutHandle(CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1));
    PutHandle(CreateFileA("CONOUT$", GENERIC_READ | GENERIC_WRITE, 3, NULL, OPEN_EXISTING, 0, NULL));
}

static int IsKept(Word Value)
{
    for (int Index = 0; Index < KeptCount; Index++) {
        if ((Word)Kept[Index] == Value) {
            return 1;
        }
    }
    return 0;
}

static Word Pick(void)
{
    return Next(8) == 0 ? ((Word)Next(0x7FFFFFFF) << Next(33)) : Bag[Next((unsigned)BagCount)];
}

int main(int Count, char **Arguments)
{
    static unsigned Scratch[4096];
    int Calls = Count > 1 ? atoi(Arguments[1]) : 20000, Found = 0, Show = Count > 3 ? atoi(Arguments[3]) : 0x7FFFFFFF;
    SERVICE Services[COUNT(Names)];
    HMODULE Ntdll = GetModuleHandleA("ntdll.dll");

    Random = Count > 2 ? (unsigned)atoi(Arguments[2]) : 1;
    for (size_t Index = 0; Index < COUNT(Names); Index++) {
        Services[Index] = (SERVICE)(PVOID)GetProcAddress(Ntdll, Names[Index]);
        Found += Services[Index] != NULL;
    }
    Is((unsigned)Found, COUNT(Names), "all services are there");
    FillBag();
    for (int Call = 0; Call < Calls; Call++) {
        unsigned Which = Next(COUNT(Names));
        Word A[14];

        for (int Index = 0; Index < 14; Index++) {
            A[Index] = Pick();
        }
        if (Which >= 2 && Which <= 5) {
            A[2] = 0; /* an APC routine out of the bag would be called */
        }
        if (Which == 14 || Which == 17 || Which == 18) {
            A[2] = 0;
        }
        if (Which == 17 && (A[0] == (Word)Kept[2])) {
            continue; /* waits for a change that never comes */
        }
        if (A[0] < 0x1000 && !IsKept(A[0])) {
            A[0] |= 0x100000; /* a handle of the run-time library's, perhaps one that a thread waits on */
        }
        if (Which == 4 && Next(2) == 0) { /* the console's own codes, with sizes that may fit */
            unsigned Code = Next(2) == 0 ? Next(8) : 32 + Next(12);

            A[0] = (Word)Kept[7];
            A[1] = 0;
            A[4] = (Word)Scratch;
            A[5] = 0x50 << 16 | (0x800 + Code) << 2;
            A[6] = (Word)Scratch + 64;
            A[7] = Next(200);
            A[8] = (Word)Scratch + 4096;
            A[9] = Next(3) == 0 ? 0 : Next(200);
            for (int Index = 0; Index < 32; Index++) {
                Scratch[16 + Index] = Next(2) == 0 ? Next(100) : (unsigned)Pick();
            }
        }
        if (Call >= Show) {
            printf("# %d %s(%llx, %llx, %llx, %llx, %llx, %llx, %llx, %llx, %llx, %llx, %llx)\n", Call, Names[Which], A[0], A[1], A[2], A[3], A[4], A[5],
                   A[6], A[7], A[8], A[9], A[10]);
            fflush(stdout);
        }
        Services[Which](A[0], A[1], A[2], A[3], A[4], A[5], A[6], A[7], A[8], A[9], A[10], A[11], A[12], A[13]);
    }
    Ok(1, "%d calls survived", Calls);
    return Done();
}
