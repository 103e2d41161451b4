/* SPDX-License-Identifier: MIT */
/*
 * ldrpeb.c - the loader as tools see it from outside: the lists that hang on PEB->Ldr, the hash table, the API set schema, the loader lock and
 * LdrLockLoaderLock, notifications of DLLs coming and going.  All by the offsets of x64 Windows 10.
 */
#include <windows.h>
#include <winternl.h>
#include <string.h>
#include <wchar.h>
#include "tap.h"

/* RTL_BALANCED_NODE */
typedef struct _TREE_NODE
{
    struct _TREE_NODE *Left, *Right;
    ULONG_PTR Parent; /* and the colour, in the low bits */
} TREE_NODE;

typedef struct _ENTRY
{
    LIST_ENTRY Load, Memory, Init;
    PVOID Base, EntryPoint;
    ULONG Size;
    UNICODE_STRING Full, Name;
    ULONG Flags;
    USHORT LoadCount, TlsIndex;
    LIST_ENTRY Hash;
    ULONG TimeStamp;
    PVOID Context, Lock;
    struct
    {
        LIST_ENTRY Modules;
        PVOID Tags;
        ULONG LoadCount;
    } *Node;
    LIST_ENTRY NodeLink;
    PVOID LoadContext, Parent, SwitchBack;
    TREE_NODE ByAddress, ByMapping;
} ENTRY;
C_ASSERT(offsetof(ENTRY, ByAddress) == 0xC8); /* BaseAddressIndexNode */

typedef struct _LDR_DATA
{
    ULONG Length;
    BOOLEAN Initialized;
    HANDLE SsHandle;
    LIST_ENTRY Load, Memory, Init;
} LDR_DATA;

#define PEB_FIELD(type, offset) (*(type *)((char *)NtCurrentTeb()->ProcessEnvironmentBlock + (offset)))
#define LDR PEB_FIELD(LDR_DATA *, 0x18)
#define LOADER_LOCK PEB_FIELD(RTL_CRITICAL_SECTION *, 0x110)
#define API_SET_MAP PEB_FIELD(const UCHAR *, 0x68)

typedef struct _NOTIFICATION
{
    ULONG Flags;
    const UNICODE_STRING *Full, *Name;
    PVOID Base;
    ULONG Size;
} NOTIFICATION;

typedef VOID(CALLBACK *NOTIFY)(ULONG Reason, const NOTIFICATION *Data, PVOID Context);

static NTSTATUS(NTAPI *Register)(ULONG Flags, NOTIFY Function, PVOID Context, PVOID *Cookie);
static NTSTATUS(NTAPI *Unregister)(PVOID Cookie);
static NTSTATUS(NTAPI *LockLoader)(ULONG Flags, ULONG *Disposition, ULONG_PTR *Cookie);
static NTSTATUS(NTAPI *UnlockLoader)(ULONG Flags, ULONG_PTR Cookie);
static NTSTATUS(NTAPI *HashString)(const UNICODE_STRING *String, BOOLEAN CaseInsensitive, ULONG Algorithm, ULONG *Hash);

static ENTRY *Find(HMODULE Module)
{
    for (LIST_ENTRY *Link = LDR->Load.Flink; Link != &LDR->Load; Link = Link->Flink) {
        ENTRY *Entry = CONTAINING_RECORD(Link, ENTRY, Load);
        if (Entry->Base == Module) {
            return Entry;
        }
    }
    return NULL;
}

static int Count(LIST_ENTRY *Head)
{
    int Length = 0;

    for (LIST_ENTRY *Link = Head->Flink; Link != Head && Length < 1000; Link = Link->Flink) {
        Length += Link->Flink->Blink == Link;
    }
    return Length;
}

static int Below(LIST_ENTRY *List, HMODULE First, HMODULE Second, size_t Offset)
{
    int At = 0, PlaceOfFirst = -1, PlaceOfSecond = -1;

    for (LIST_ENTRY *Link = List->Flink; Link != List; Link = Link->Flink, At++) {
        ENTRY *Entry = (ENTRY *)((char *)Link - Offset);
        PlaceOfFirst = Entry->Base == First ? At : PlaceOfFirst;
        PlaceOfSecond = Entry->Base == Second ? At : PlaceOfSecond;
    }
    return PlaceOfFirst >= 0 && PlaceOfSecond > PlaceOfFirst;
}

static void Lists(void)
{
    HMODULE Self = GetModuleHandleA(NULL), Ntdll = GetModuleHandleA("ntdll.dll"), Kernel = GetModuleHandleA("kernel32.dll");
    ENTRY *First = CONTAINING_RECORD(LDR->Load.Flink, ENTRY, Load), *Second = CONTAINING_RECORD(First->Load.Flink, ENTRY, Load);

    Is(LDR->Length, 0x58, "PEB_LDR_DATA: its length");
    Ok(LDR->Initialized, "initialised");
    Ok(First->Base == Self && Second->Base == Ntdll, "load order: the program, then ntdll");
    Ok(CONTAINING_RECORD(LDR->Memory.Flink, ENTRY, Memory)->Base == Self, "memory order begins with the program");
    Ok(CONTAINING_RECORD(LDR->Init.Flink, ENTRY, Init)->Base == Ntdll, "initialisation order begins with ntdll");
    Is(Count(&LDR->Load), Count(&LDR->Memory), "both lists have the same modules");
    Is(Count(&LDR->Init), Count(&LDR->Load) - 1, "all but the program are initialised");
    Ok(Below(&LDR->Init, Kernel, GetModuleHandleA("msvcrt.dll"), offsetof(ENTRY, Init)), "kernel32 before msvcrt, which needs it");
}

static char *Highest;
static int Walked, Ordered = 1;

static void WalkTree(TREE_NODE *Node)
{
    if (Node == NULL || Walked > 1000) {
        return;
    }
    WalkTree(Node->Left);
    char *Base = CONTAINING_RECORD(Node, ENTRY, ByAddress)->Base;
    Ordered &= Base > Highest;
    Highest = Base;
    Walked++;
    WalkTree(Node->Right);
}

/* As debuggers find a module by address: climb from any module to the root, then down. */
static void Trees(void)
{
    TREE_NODE *Root = &Find(GetModuleHandleA(NULL))->ByAddress, *Other = &Find(GetModuleHandleA("ntdll.dll"))->ByMapping;

    while (Root->Parent & ~(ULONG_PTR)7) {
        Root = (TREE_NODE *)(Root->Parent & ~(ULONG_PTR)7);
    }
    WalkTree(Root);
    Is((unsigned)Walked, (unsigned)Count(&LDR->Load), "the tree of addresses has every module");
    Ok(Ordered, "in order");
    Ok(Other->Parent != 0 || Other->Left != NULL || Other->Right != NULL, "and there is one by header");
}

static void ProcessModules(void)
{
    static struct
    {
        ULONG Count;
        struct
        {
            HANDLE Section;
            PVOID Mapped, Base;
            ULONG Size, Flags;
            USHORT LoadIndex, InitIndex, LoadCount, NameOffset;
            char Path[256];
        } Module[64];
    } Modules;
    NTSTATUS(NTAPI *Query)(PVOID Information, ULONG Size, PULONG Returned) =
        (void *)GetProcAddress(GetModuleHandleA("ntdll"), "LdrQueryProcessModuleInformation");
    ULONG Needed = 0;

    Is((DWORD)Query(NULL, 0, &Needed), 0xC0000004, "LdrQueryProcessModuleInformation: no room");
    Is(Needed, 8 + (unsigned)Count(&LDR->Load) * sizeof(Modules.Module[0]), "for as many modules as there are");
    Is((DWORD)Query(&Modules, sizeof(Modules), NULL), 0, "with room");
    Ok(Modules.Count == (ULONG)Count(&LDR->Load) && Modules.Module[0].Base == (PVOID)GetModuleHandleA(NULL), "the program first");
    Ok(strcmp(Modules.Module[1].Path + Modules.Module[1].NameOffset, "ntdll.dll") == 0 && Modules.Module[1].InitIndex == 1, "then ntdll, initialised first");
}

static void Entries(void)
{
    HMODULE Log = LoadLibraryA("ldrlog.dll");
    ENTRY *Entry = Find(Log);
    IMAGE_NT_HEADERS *Headers = (IMAGE_NT_HEADERS *)((char *)Log + ((IMAGE_DOS_HEADER *)Log)->e_lfanew);
    WCHAR Path[MAX_PATH];
    ULONG Hash;
    int Buckets = 0;

    GetModuleFileNameW(Log, Path, MAX_PATH);
    Ok(Entry != NULL, "a DLL has an entry");
    Is(Entry->Size, Headers->OptionalHeader.SizeOfImage, "its size");
    Ok(Entry->EntryPoint == (char *)Log + Headers->OptionalHeader.AddressOfEntryPoint, "its entry point");
    Is(Entry->TimeStamp, Headers->FileHeader.TimeDateStamp, "its time stamp");
    Ok(Entry->Full.Length == wcslen(Path) * 2 && wcscmp(Entry->Full.Buffer, Path) == 0, "its path");
    Ok(wcsicmp(Entry->Name.Buffer, L"ldrlog.dll") == 0, "its name");
    Is(Entry->Node->LoadCount, 1, "one reference");
    LoadLibraryA("ldrlog.dll");
    Is(Entry->Node->LoadCount, 2, "two references");
    FreeLibrary(Log);
    Is(Entry->Flags & 0x80004, 0x80004, "flags: a DLL, attached");
    Ok(Find(GetModuleHandleA("ntdll.dll"))->LoadCount == 0xFFFF, "ntdll stays for ever");
    HashString(&Entry->Name, TRUE, 0, &Hash);
    for (LIST_ENTRY *Link = Entry->Hash.Flink; Link != &Entry->Hash && Buckets < 100; Link = Link->Flink) {
        ENTRY *Other = CONTAINING_RECORD(Link, ENTRY, Hash);
        ULONG OtherHash = Hash;
        if ((UINT_PTR)Other->Base % 0x10000 == 0 && Other->Base != NULL && Find(Other->Base) == Other) { /* the bucket's head is no entry */
            HashString(&Other->Name, TRUE, 0, &OtherHash);
        }
        Buckets += OtherHash % 32 == Hash % 32 ? 1 : 1000;
    }
    Ok(Buckets < 100, "the hash chain holds names of one bucket: x65599 of the upper-case name, modulo 32");
    FreeLibrary(Log);
    Ok(Find(Log) == NULL, "no entry when it is gone");
}

static ULONG Word(ULONG Offset)
{
    return *(const ULONG *)(API_SET_MAP + Offset);
}

/* What a tool does that wants to know the host of a contract: entries in order, names as they are. */
static int HostOf(const WCHAR *Contract, WCHAR *Host)
{
    for (ULONG Index = 0; Index < Word(12); Index++) {
        ULONG Entry = Word(16) + Index * 24, Length = Word(Entry + 12), Value = Word(Entry + 16);
        if (Length == wcslen(Contract) * 2 && memcmp(API_SET_MAP + Word(Entry + 4), Contract, Length) == 0) {
            memcpy(Host, API_SET_MAP + Word(Value + 12), Word(Value + 16));
            Host[Word(Value + 16) / 2] = 0;
            return 1;
        }
    }
    return 0;
}

static void Schema(void)
{
    WCHAR Host[64];
    int Sorted = 1, Hashes = 1;

    Is(Word(0), 6, "API sets: version 6");
    Ok(Word(4) > 10000 && Word(12) > 100, "a schema of some size");
    for (ULONG Index = 1; Index < Word(12); Index++) {
        ULONG Entry = Word(16) + Index * 24, Before = Entry - 24, Hash = Word(20) + Index * 8;
        ULONG Least = Word(Entry + 8) < Word(Before + 8) ? Word(Entry + 8) : Word(Before + 8);
        Sorted = Sorted && wcsncmp((PCWSTR)(API_SET_MAP + Word(Before + 4)), (PCWSTR)(API_SET_MAP + Word(Entry + 4)), Least / 2) <= 0;
        Hashes = Hashes && Word(Hash - 8) < Word(Hash) && Word(Hash + 4) < Word(12);
    }
    Ok(Sorted, "its entries are sorted by name");
    Ok(Hashes, "its hashes by value");
    Ok(HostOf(L"api-ms-win-core-file-l1-2", Host) && LoadLibraryW(Host) != NULL, "files have a host: %ls", Host);
    Ok(HostOf(L"api-ms-win-crt-stdio-l1-1", Host) && wcscmp(Host, L"ucrtbase.dll") == 0, "stdio is ucrtbase's");
}

static volatile int InOther;
static HANDLE Ready, Go;

static DWORD WINAPI HoldLock(void *Parameter)
{
    ULONG_PTR Cookie;

    LockLoader(0, NULL, &Cookie);
    SetEvent(Ready);
    WaitForSingleObject(Go, INFINITE);
    InOther = UnlockLoader(0, Cookie) == 0;
    return 0;
}

static void Lock(void)
{
    ULONG Disposition = 99;
    ULONG_PTR Cookie = 99, Second;
    HANDLE Thread;

    Ok(LOADER_LOCK != NULL && LOADER_LOCK->OwningThread == NULL, "PEB->LoaderLock: nobody's");
    Is(LockLoader(0, &Disposition, &Cookie), 0, "LdrLockLoaderLock");
    Is(Disposition, 1, "acquired");
    Ok(Cookie != 0 && LOADER_LOCK->OwningThread == (HANDLE)(UINT_PTR)GetCurrentThreadId(), "it is the lock in the PEB");
    Is(LockLoader(2, &Disposition, &Second), 0, "and recursive");
    Is(LOADER_LOCK->RecursionCount, 2, "twice");
    Is(UnlockLoader(0, Second), 0, "once");
    Is(UnlockLoader(0, Cookie), 0, "given back");
    Is(UnlockLoader(0, 0), 0, "no cookie: nothing to do");
    Is((DWORD)UnlockLoader(0, 0x12340001), 0xC00000F0, "a wrong cookie: STATUS_INVALID_PARAMETER_2");
    Is((DWORD)UnlockLoader(4, Cookie), 0xC00000EF, "a wrong flag: STATUS_INVALID_PARAMETER_1");
    Cookie = Disposition = 99;
    Is((DWORD)LockLoader(0x10, &Disposition, &Cookie), 0xC00000EF, "unknown flags: STATUS_INVALID_PARAMETER_1");
    Ok(Disposition == 0 && Cookie == 0, "which are cleared all the same");
    Is((DWORD)LockLoader(0, NULL, NULL), 0xC00000F1, "no cookie: STATUS_INVALID_PARAMETER_3");
    Is((DWORD)LockLoader(2, NULL, &Cookie), 0xC00000F0, "a try without disposition: STATUS_INVALID_PARAMETER_2");

    Ready = CreateEventA(NULL, FALSE, FALSE, NULL);
    Go = CreateEventA(NULL, FALSE, FALSE, NULL);
    SetThreadErrorMode(0, NULL);
    Thread = CreateThread(NULL, 0, HoldLock, NULL, 0, NULL);
    WaitForSingleObject(Ready, INFINITE);
    Is(LockLoader(2, &Disposition, &Cookie), 0, "a try while another holds it succeeds");
    Ok(Disposition == 2 && Cookie == 0, "and says that it was not acquired");
    SetEvent(Go);
    WaitForSingleObject(Thread, INFINITE);
    CloseHandle(Thread);
    Ok(InOther, "the other gave it back");
}

static char Heard[256];

static VOID CALLBACK Notify(ULONG Reason, const NOTIFICATION *Data, PVOID Context)
{
    sprintf(Heard + strlen(Heard), "%lu%.3ls ", Reason, Data->Name->Buffer + 3);
    strcat(Heard, Context == &Ready && Data->Size != 0 && Data->Base != NULL && Data->Full->Length > Data->Name->Length ? "" : "wrong ");
}

static void Notifications(void)
{
    PVOID Cookie = NULL;
    HMODULE B;

    LoadLibraryA("ldrlog.dll");
    Is(Register(0, Notify, &Ready, &Cookie), 0, "LdrRegisterDllNotification");
    B = LoadLibraryA("ldrb.dll");
    Ok(strcmp(Heard, "1c.d 1b.d ") == 0, "two that come: %s", Heard);
    Heard[0] = 0;
    FreeLibrary(B);
    Ok(strcmp(Heard, "2b.d 2c.d ") == 0, "and go: %s", Heard);
    Heard[0] = 0;
    Is(Unregister(Cookie), 0, "LdrUnregisterDllNotification");
    Is((DWORD)Unregister(Cookie), 0xC0000135, "twice: STATUS_DLL_NOT_FOUND");
    FreeLibrary(LoadLibraryA("ldrb.dll"));
    Ok(Heard[0] == 0, "silence");
    Is((DWORD)Register(1, Notify, NULL, &Cookie), 0xC000000D, "a flag: STATUS_INVALID_PARAMETER");
    Is((DWORD)Register(0, NULL, NULL, &Cookie), 0xC000000D, "no function: STATUS_INVALID_PARAMETER");
}

int main(void)
{
    HMODULE Ntdll = GetModuleHandleA("ntdll.dll");

    Register = (void *)GetProcAddress(Ntdll, "LdrRegisterDllNotification");
    Unregister = (void *)GetProcAddress(Ntdll, "LdrUnregisterDllNotification");
    LockLoader = (void *)GetProcAddress(Ntdll, "LdrLockLoaderLock");
    UnlockLoader = (void *)GetProcAddress(Ntdll, "LdrUnlockLoaderLock");
    HashString = (void *)GetProcAddress(Ntdll, "RtlHashUnicodeString");
    Lists();
    Trees();
    ProcessModules();
    Entries();
    Schema();
    Lock();
    Notifications();
    return Done();
}
