/* SPDX-License-Identifier: MIT */
/*
 * psapimore.c - the rest of the process status calls: drivers, page files (there are none), working-set watches (not there).
 */
#include "k32.h"
#define PSAPI_VERSION 2
#include <psapi.h>

typedef struct _DRIVER_RECORD /* RTL_PROCESS_MODULE_INFORMATION */
{
    HANDLE Section;
    PVOID MappedBase, ImageBase;
    ULONG ImageSize, Flags;
    USHORT LoadOrderIndex, InitOrderIndex, LoadCount, OffsetToFileName;
    CHAR FullPathName[256];
} DRIVER_RECORD;

typedef struct _DRIVER_LIST
{
    ULONG Count;
    DRIVER_RECORD Driver[];
} DRIVER_LIST;

/* All drivers, the kernel first, in a heap block. */
static DRIVER_LIST *QueryDrivers(void)
{
    ULONG Size = 0, Needed = 0x8000;
    DRIVER_LIST *List = NULL;
    NTSTATUS Status = STATUS_INFO_LENGTH_MISMATCH;

    while (Status == STATUS_INFO_LENGTH_MISMATCH && Needed > Size) {
        BaseFree(List);
        Size = Needed;
        List = BaseAllocate(Size);
        if (List == NULL) {
            return NULL;
        }
        Status = NtQuerySystemInformation(SystemModuleInformation, List, Size, &Needed);
    }
    if (!BaseResult(Status)) {
        BaseFree(List);
        return NULL;
    }
    return List;
}

BOOL WINAPI K32EnumDeviceDrivers(LPVOID *Bases, DWORD Size, LPDWORD Needed)
{
    DRIVER_LIST *List = QueryDrivers();

    if (List == NULL) {
        return FALSE;
    }
    for (ULONG i = 0; i < List->Count && i < Size / sizeof(PVOID); i++) {
        Bases[i] = List->Driver[i].ImageBase;
    }
    *Needed = List->Count * (DWORD)sizeof(PVOID);
    BaseFree(List);
    return TRUE;
}

/* A name that does not fit is cut, without a zero, as Windows does. */
static DWORD DriverName(LPVOID Base, BOOL Full, LPSTR Name, DWORD Size)
{
    DRIVER_LIST *List = QueryDrivers();
    DWORD Length = 0;
    BOOL Found = FALSE;

    for (ULONG i = 0; List != NULL && i < List->Count && !Found; i++) {
        if (List->Driver[i].ImageBase == Base) {
            const char *From = List->Driver[i].FullPathName + (Full ? 0 : List->Driver[i].OffsetToFileName);
            Length = (DWORD)strlen(From);
            Length = Length < Size ? Length : Size;
            memcpy(Name, From, Length + (Length < Size));
            Found = TRUE;
        }
    }
    BaseFree(List);
    return Found ? Length : (DWORD)BaseFail(ERROR_INVALID_HANDLE);
}

DWORD WINAPI K32GetDeviceDriverBaseNameA(LPVOID Base, LPSTR Name, DWORD Size)
{
    return DriverName(Base, FALSE, Name, Size);
}

DWORD WINAPI K32GetDeviceDriverFileNameA(LPVOID Base, LPSTR Name, DWORD Size)
{
    return DriverName(Base, TRUE, Name, Size);
}

static DWORD DriverNameWide(LPVOID Base, BOOL Full, LPWSTR Name, DWORD Size)
{
    CHAR Ansi[256];
    DWORD Length = DriverName(Base, Full, Ansi, sizeof(Ansi));

    Length = Length < Size ? Length : Size;
    for (DWORD i = 0; i < Length; i++) {
        Name[i] = (BYTE)Ansi[i];
    }
    if (Length != 0 && Length < Size) {
        Name[Length] = 0;
    }
    return Length;
}

DWORD WINAPI K32GetDeviceDriverBaseNameW(LPVOID Base, LPWSTR Name, DWORD Size)
{
    return DriverNameWide(Base, FALSE, Name, Size);
}

DWORD WINAPI K32GetDeviceDriverFileNameW(LPVOID Base, LPWSTR Name, DWORD Size)
{
    return DriverNameWide(Base, TRUE, Name, Size);
}

/* The enumeration is empty. */
BOOL WINAPI K32EnumPageFilesW(PENUM_PAGE_FILE_CALLBACKW Callback, LPVOID Context)
{
    UNUSED(Callback);
    UNUSED(Context);
    return TRUE;
}

BOOL WINAPI K32EnumPageFilesA(PENUM_PAGE_FILE_CALLBACKA Callback, LPVOID Context)
{
    UNUSED(Callback);
    UNUSED(Context);
    return TRUE;
}

BOOL WINAPI K32InitializeProcessForWsWatch(HANDLE Process)
{
    UNUSED(Process);
    return BaseNotSupported("InitializeProcessForWsWatch");
}

BOOL WINAPI K32GetWsChanges(HANDLE Process, PPSAPI_WS_WATCH_INFORMATION Information, DWORD Size)
{
    UNUSED(Process);
    UNUSED(Information);
    UNUSED(Size);
    return BaseNotSupported("GetWsChanges");
}
