/* SPDX-License-Identifier: MIT */
/*
 * mailslot.c - mailslots: one reader, many writers, whole messages (msfs.sys).  Writers use CreateFile.
 */
#include "k32.h"

typedef struct _SLOT_QUERY { ULONG MaximumMessageSize, MailslotQuota, NextMessageSize, MessagesAvailable; LARGE_INTEGER ReadTimeout; } SLOT_QUERY;
typedef struct _SLOT_SET { PLARGE_INTEGER ReadTimeout; } SLOT_SET;
#define MAILSLOT_QUERY_CLASS ((FILE_INFORMATION_CLASS)26)
#define MAILSLOT_SET_CLASS ((FILE_INFORMATION_CLASS)27)

static LARGE_INTEGER NativeTimeout(DWORD Milliseconds)
{
    return (LARGE_INTEGER){.QuadPart = Milliseconds == MAILSLOT_WAIT_FOREVER ? -1 : -10000LL * (LONG64)Milliseconds};
}

HANDLE WINAPI CreateMailslotW(LPCWSTR Name, DWORD MaximumMessageSize, DWORD ReadTimeout, LPSECURITY_ATTRIBUTES Security)
{
    LARGE_INTEGER Timeout = NativeTimeout(ReadTimeout);
    HANDLE Slot = INVALID_HANDLE_VALUE;
    IO_STATUS_BLOCK Io;
    BASE_PATH Path;

    NTSTATUS Status = BaseOpenPath(Name, &Path);
    if (NT_SUCCESS(Status)) {
        Path.Attributes.Attributes |= Security != NULL && Security->bInheritHandle ? OBJ_INHERIT : 0;
        Path.Attributes.SecurityDescriptor = Security != NULL ? Security->lpSecurityDescriptor : NULL;
        Status = NtCreateMailslotFile(&Slot, GENERIC_READ | SYNCHRONIZE | WRITE_DAC, &Path.Attributes, &Io, FILE_WRITE_THROUGH, 0,
                                      MaximumMessageSize, &Timeout);
        BaseFreePath(&Path);
    }
    if (!NT_SUCCESS(Status)) {
        /* A name that is no mailslot's leads to another file system, which does not know the request. */
        BaseSetLastNTError(Status == STATUS_INVALID_DEVICE_REQUEST || Status == STATUS_NOT_SUPPORTED ? STATUS_OBJECT_NAME_INVALID : Status);
        return INVALID_HANDLE_VALUE;
    }
    return Slot;
}

HANDLE WINAPI CreateMailslotA(LPCSTR Name, DWORD MaximumMessageSize, DWORD ReadTimeout, LPSECURITY_ATTRIBUTES Security)
{
    LPWSTR Wide;

    if (!BaseFileToWide(Name, &Wide)) {
        return INVALID_HANDLE_VALUE;
    }
    HANDLE Slot = CreateMailslotW(Wide, MaximumMessageSize, ReadTimeout, Security);
    BaseFree(Wide);
    return Slot;
}

BOOL WINAPI GetMailslotInfo(HANDLE Slot, LPDWORD MaximumMessageSize, LPDWORD NextSize, LPDWORD Count, LPDWORD ReadTimeout)
{
    IO_STATUS_BLOCK Io;
    SLOT_QUERY Query;

    if (!BaseResult(NtQueryInformationFile(Slot, &Io, &Query, sizeof(Query), MAILSLOT_QUERY_CLASS))) {
        return FALSE;
    }
    if (MaximumMessageSize != NULL) {
        *MaximumMessageSize = Query.MaximumMessageSize;
    }
    if (NextSize != NULL) {
        *NextSize = Query.NextMessageSize;
    }
    if (Count != NULL) {
        *Count = Query.MessagesAvailable;
    }
    if (ReadTimeout != NULL) {
        *ReadTimeout = Query.ReadTimeout.QuadPart == -1 ? MAILSLOT_WAIT_FOREVER : (DWORD)(Query.ReadTimeout.QuadPart / -10000);
    }
    return TRUE;
}

BOOL WINAPI SetMailslotInfo(HANDLE Slot, DWORD ReadTimeout)
{
    LARGE_INTEGER Timeout = NativeTimeout(ReadTimeout);
    SLOT_SET Set = {&Timeout};
    IO_STATUS_BLOCK Io;

    return BaseResult(NtSetInformationFile(Slot, &Io, &Set, sizeof(Set), MAILSLOT_SET_CLASS));
}
