/* SPDX-License-Identifier: MIT */
/*
 * pipe.c - pipes, anonymous and named.  What they do is npfs.sys' business (docs/pipes.md); here Win32's flags become the native
 * parameters, and waits of synchronous callers are waited for.
 *
 * An anonymous pipe has no name at all: its server's end is created relative to the root of npfs with an empty name, its client's end
 * opened relative to the server's.
 */
#include "k32.h"

#define FSCTL_PIPE_DISCONNECT_ 0x00110004u
#define FSCTL_PIPE_LISTEN_ 0x00110008u
#define FSCTL_PIPE_PEEK_ 0x0011400Cu
#define FSCTL_PIPE_TRANSCEIVE_ 0x0011C017u
#define FSCTL_PIPE_WAIT_ 0x00110018u
#define FSCTL_PIPE_IMPERSONATE_ 0x0011001Cu
#define FSCTL_PIPE_GET_PIPE_ATTRIBUTE_ 0x00110028u
#define FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE_ 0x00110030u
#define FILE_PIPE_INFORMATION_CLASS ((FILE_INFORMATION_CLASS)23)
#define FILE_PIPE_LOCAL_INFORMATION_CLASS ((FILE_INFORMATION_CLASS)24)
#define FILE_PIPE_REMOTE_INFORMATION_CLASS ((FILE_INFORMATION_CLASS)25)

typedef struct _PIPE_MODES { ULONG ReadMode, CompletionMode; } PIPE_MODES;
typedef struct _PIPE_REMOTE { LARGE_INTEGER CollectDataTime; ULONG MaximumCollectionCount; } PIPE_REMOTE;
typedef struct _PIPE_LOCAL
{
    ULONG Type, Configuration, MaximumInstances, CurrentInstances, InboundQuota, ReadDataAvailable, OutboundQuota, WriteQuotaAvailable;
    ULONG State, End;
} PIPE_LOCAL;
typedef struct _PIPE_WAIT
{
    LARGE_INTEGER Timeout;
    ULONG NameLength;
    BOOLEAN TimeoutSpecified;
    WCHAR Name[1];
} PIPE_WAIT_FOR;
static_assert(offsetof(PIPE_WAIT_FOR, Name) == 14, "FILE_PIPE_WAIT_FOR_BUFFER");

/* A control request; waits for a pending one if there is no OVERLAPPED. */
static NTSTATUS PipeControl(HANDLE Pipe, ULONG Code, PVOID Input, ULONG InputLength, PVOID Output, ULONG OutputLength, LPDWORD Done,
                            LPOVERLAPPED Overlapped)
{
    IO_STATUS_BLOCK Local = {0};
    PIO_STATUS_BLOCK Io = Overlapped != NULL ? (PIO_STATUS_BLOCK)Overlapped : &Local;
    HANDLE Event = Overlapped != NULL ? (HANDLE)((ULONG_PTR)Overlapped->hEvent & ~(ULONG_PTR)1) : NULL;
    PVOID Context = Overlapped != NULL && !((ULONG_PTR)Overlapped->hEvent & 1) ? Overlapped : NULL;

    if (Overlapped != NULL) {
        Io->Status = STATUS_PENDING;
    }
    NTSTATUS Status = NtFsControlFile(Pipe, Event, NULL, Context, Io, Code, Input, InputLength, Output, OutputLength);
    if (Status == STATUS_PENDING && Overlapped == NULL) {
        Status = NtWaitForSingleObject(Pipe, FALSE, NULL);
        if (NT_SUCCESS(Status)) {
            Status = Io->Status;
        }
    }
    if (Done != NULL && Status != STATUS_PENDING && (NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW)) {
        *Done = (DWORD)Io->Information;
    }
    return Status;
}

static BOOL PipeResult(NTSTATUS Status)
{
    return (NT_SUCCESS(Status) && Status != STATUS_PENDING) || !BaseSetLastNTError(Status);
}

/* ---- anonymous ------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS PipeRoot(PHANDLE Root)
{
    static HANDLE volatile Kept;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\NamedPipe\\");
    OBJECT_ATTRIBUTES Object;
    IO_STATUS_BLOCK Io;

    if (Kept == NULL) {
        HANDLE Fresh;
        InitializeObjectAttributes(&Object, &Name, 0, NULL, NULL);
        NTSTATUS Status = NtOpenFile(&Fresh, GENERIC_READ | SYNCHRONIZE, &Object, &Io, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                     FILE_SYNCHRONOUS_IO_NONALERT);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        if (InterlockedCompareExchangePointer((PVOID volatile *)&Kept, Fresh, NULL) != NULL) {
            NtClose(Fresh);
        }
    }
    *Root = Kept;
    return STATUS_SUCCESS;
}

BOOL WINAPI CreatePipe(PHANDLE Read, PHANDLE Write, LPSECURITY_ATTRIBUTES Security, DWORD Size)
{
    LARGE_INTEGER Timeout = {.QuadPart = -1200000000LL};
    UNICODE_STRING None = {0};
    OBJECT_ATTRIBUTES Object;
    IO_STATUS_BLOCK Io;
    HANDLE Root, Server, Client;
    ULONG Inherit = Security != NULL && Security->bInheritHandle ? OBJ_INHERIT : 0;

    Size = Size == 0 ? 4096 : Size;
    NTSTATUS Status = PipeRoot(&Root);
    if (NT_SUCCESS(Status)) {
        InitializeObjectAttributes(&Object, &None, OBJ_CASE_INSENSITIVE | Inherit, Root,
                                   Security != NULL ? Security->lpSecurityDescriptor : NULL);
        Status = NtCreateNamedPipeFile(&Server, GENERIC_READ | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE, &Object, &Io,
                                       FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_CREATE, FILE_SYNCHRONOUS_IO_NONALERT, 0, 0, 0, 1, Size, Size,
                                       &Timeout);
    }
    if (!NT_SUCCESS(Status)) {
        return BaseResult(Status);
    }
    Object.RootDirectory = Server;
    Status = NtOpenFile(&Client, GENERIC_WRITE | FILE_READ_ATTRIBUTES | SYNCHRONIZE, &Object, &Io, FILE_SHARE_READ,
                        FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    if (!NT_SUCCESS(Status)) {
        NtClose(Server);
        return BaseResult(Status);
    }
    *Read = Server;
    *Write = Client;
    return TRUE;
}

/* ---- servers --------------------------------------------------------------------------------------------------------------------- */

#define OPEN_MODES (PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | FILE_FLAG_WRITE_THROUGH | FILE_FLAG_FIRST_PIPE_INSTANCE | WRITE_DAC | \
                    WRITE_OWNER | ACCESS_SYSTEM_SECURITY)
#define PIPE_MODES_ALLOWED (PIPE_NOWAIT | PIPE_READMODE_MESSAGE | PIPE_TYPE_MESSAGE | PIPE_REJECT_REMOTE_CLIENTS)

/* Without a descriptor of the caller's: the system, administrators and the owner do everything, everybody reads. */
static NTSTATUS DefaultDescriptor(PSECURITY_DESCRIPTOR Descriptor, PACL *Acl)
{
    NTSTATUS Status = RtlDefaultNpAcl(Acl);

    if (NT_SUCCESS(Status)) {
        RtlCreateSecurityDescriptor(Descriptor, SECURITY_DESCRIPTOR_REVISION);
        RtlSetDaclSecurityDescriptor(Descriptor, TRUE, *Acl, FALSE);
    }
    return Status;
}

HANDLE WINAPI CreateNamedPipeW(LPCWSTR Name, DWORD OpenMode, DWORD PipeMode, DWORD MaximumInstances, DWORD OutSize, DWORD InSize,
                               DWORD DefaultTimeout, LPSECURITY_ATTRIBUTES Security)
{
    LARGE_INTEGER Timeout = {.QuadPart = -10000LL * (DefaultTimeout != 0 ? (LONG64)DefaultTimeout : 50)};
    ULONG Access = SYNCHRONIZE | (OpenMode & (WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY)), Share = 0, Options = 0;
    SECURITY_DESCRIPTOR Descriptor;
    IO_STATUS_BLOCK Io;
    BASE_PATH Path;
    HANDLE Pipe = INVALID_HANDLE_VALUE;
    PACL Acl = NULL;

    if (MaximumInstances == 0 || MaximumInstances > PIPE_UNLIMITED_INSTANCES || (OpenMode & ~OPEN_MODES) != 0 ||
        (OpenMode & PIPE_ACCESS_DUPLEX) == 0 || (PipeMode & ~PIPE_MODES_ALLOWED) != 0) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    Access |= OpenMode & PIPE_ACCESS_INBOUND ? GENERIC_READ : 0;
    Access |= OpenMode & PIPE_ACCESS_OUTBOUND ? GENERIC_WRITE : 0;
    Share |= OpenMode & PIPE_ACCESS_INBOUND ? FILE_SHARE_WRITE : 0;
    Share |= OpenMode & PIPE_ACCESS_OUTBOUND ? FILE_SHARE_READ : 0;
    Options |= OpenMode & FILE_FLAG_WRITE_THROUGH ? FILE_WRITE_THROUGH : 0;
    Options |= OpenMode & FILE_FLAG_OVERLAPPED ? 0 : FILE_SYNCHRONOUS_IO_NONALERT;
    NTSTATUS Status = BaseOpenPath(Name, &Path);
    if (NT_SUCCESS(Status)) {
        Path.Attributes.Attributes |= Security != NULL && Security->bInheritHandle ? OBJ_INHERIT : 0;
        Path.Attributes.SecurityDescriptor = Security != NULL ? Security->lpSecurityDescriptor : NULL;
        if (Path.Attributes.SecurityDescriptor == NULL) {
            Status = DefaultDescriptor(&Descriptor, &Acl);
            Path.Attributes.SecurityDescriptor = &Descriptor;
        }
        if (NT_SUCCESS(Status)) {
            Status = NtCreateNamedPipeFile(&Pipe, Access, &Path.Attributes, &Io, Share,
                                           OpenMode & FILE_FLAG_FIRST_PIPE_INSTANCE ? FILE_CREATE : FILE_OPEN_IF, Options,
                                           (PipeMode & PIPE_TYPE_MESSAGE ? 1 : 0) | (PipeMode & PIPE_REJECT_REMOTE_CLIENTS ? 2 : 0),
                                           PipeMode & PIPE_READMODE_MESSAGE ? 1 : 0, PipeMode & PIPE_NOWAIT ? 1 : 0,
                                           MaximumInstances == PIPE_UNLIMITED_INSTANCES ? (ULONG)-1 : MaximumInstances, InSize, OutSize,
                                           &Timeout);
        }
        BaseFreePath(&Path);
        RtlFreeHeap(BasePeb()->ProcessHeap, 0, Acl);
    }
    if (!NT_SUCCESS(Status)) {
        /* A name that is no pipe's leads to another file system, which does not know the request. */
        BaseSetLastNTError(Status == STATUS_NOT_SUPPORTED || Status == STATUS_INVALID_DEVICE_REQUEST ? STATUS_OBJECT_NAME_INVALID : Status);
        return INVALID_HANDLE_VALUE;
    }
    BaseFail(ERROR_SUCCESS);
    return Pipe;
}

HANDLE WINAPI CreateNamedPipeA(LPCSTR Name, DWORD OpenMode, DWORD PipeMode, DWORD MaximumInstances, DWORD OutSize, DWORD InSize,
                               DWORD DefaultTimeout, LPSECURITY_ATTRIBUTES Security)
{
    LPWSTR Wide;

    if (!BaseFileToWide(Name, &Wide)) {
        return INVALID_HANDLE_VALUE;
    }
    HANDLE Pipe = CreateNamedPipeW(Wide, OpenMode, PipeMode, MaximumInstances, OutSize, InSize, DefaultTimeout, Security);
    BaseFree(Wide);
    return Pipe;
}

BOOL WINAPI ConnectNamedPipe(HANDLE Pipe, LPOVERLAPPED Overlapped)
{
    return PipeResult(PipeControl(Pipe, FSCTL_PIPE_LISTEN_, NULL, 0, NULL, 0, NULL, Overlapped));
}

BOOL WINAPI DisconnectNamedPipe(HANDLE Pipe)
{
    return PipeResult(PipeControl(Pipe, FSCTL_PIPE_DISCONNECT_, NULL, 0, NULL, 0, NULL, NULL));
}

/* ---- clients --------------------------------------------------------------------------------------------------------------------- */

/* What follows \\.\pipe\ (any separator, any case); null: no pipe's name. */
static LPCWSTR NameOfPipe(LPCWSTR Name)
{
    static const WCHAR Prefix[] = L"\\\\.\\pipe\\";

    for (ULONG i = 0; i < COUNT_OF(Prefix) - 1; i++) {
        WCHAR Character = Name[i] == L'/' ? L'\\' : Name[i] >= L'A' && Name[i] <= L'Z' ? Name[i] + 32 : Name[i];
        if (Character != Prefix[i] && !(i == 2 && Character == L'?')) {
            return NULL;
        }
    }
    return Name + COUNT_OF(Prefix) - 1;
}

BOOL WINAPI WaitNamedPipeW(LPCWSTR Name, DWORD Milliseconds)
{
    LPCWSTR Tail = Name != NULL ? NameOfPipe(Name) : NULL;
    HANDLE Root;

    if (Tail == NULL) {
        return BaseFail(ERROR_BAD_PATHNAME);
    }
    ULONG NameLength = (ULONG)(wcslen(Tail) * sizeof(WCHAR)), Length = (ULONG)offsetof(PIPE_WAIT_FOR, Name) + NameLength;
    NTSTATUS Status = PipeRoot(&Root);
    if (!NT_SUCCESS(Status)) {
        return BaseResult(Status);
    }
    PIPE_WAIT_FOR *Wait = BaseAllocate(Length + sizeof(WCHAR));
    if (Wait == NULL) {
        return FALSE;
    }
    Wait->TimeoutSpecified = Milliseconds != NMPWAIT_USE_DEFAULT_WAIT;
    Wait->Timeout.QuadPart = Milliseconds == NMPWAIT_WAIT_FOREVER ? MINLONGLONG : -10000LL * (LONG64)Milliseconds;
    Wait->NameLength = NameLength;
    memcpy(Wait->Name, Tail, NameLength);
    /* A handle of its own: a wait on the common one would hold up everybody's. */
    UNICODE_STRING RootName = RTL_CONSTANT_STRING(L"\\Device\\NamedPipe\\");
    OBJECT_ATTRIBUTES Object;
    IO_STATUS_BLOCK Io;
    InitializeObjectAttributes(&Object, &RootName, 0, NULL, NULL);
    Status = NtOpenFile(&Root, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &Object, &Io, FILE_SHARE_READ | FILE_SHARE_WRITE,
                        FILE_SYNCHRONOUS_IO_NONALERT);
    if (NT_SUCCESS(Status)) {
        Status = PipeControl(Root, FSCTL_PIPE_WAIT_, Wait, Length, NULL, 0, NULL, NULL);
        NtClose(Root);
    }
    BaseFree(Wait);
    return BaseResult(Status);
}

BOOL WINAPI WaitNamedPipeA(LPCSTR Name, DWORD Milliseconds)
{
    LPWSTR Wide;

    if (!BaseFileToWide(Name, &Wide)) {
        return FALSE;
    }
    BOOL Result = WaitNamedPipeW(Wide, Milliseconds);
    BaseFree(Wide);
    return Result;
}

BOOL WINAPI TransactNamedPipe(HANDLE Pipe, LPVOID Input, DWORD InputLength, LPVOID Output, DWORD OutputLength, LPDWORD Read,
                              LPOVERLAPPED Overlapped)
{
    if (Read != NULL) {
        *Read = 0;
    }
    return PipeResult(PipeControl(Pipe, FSCTL_PIPE_TRANSCEIVE_, Input, InputLength, Output, OutputLength, Read, Overlapped));
}

BOOL WINAPI CallNamedPipeW(LPCWSTR Name, LPVOID Input, DWORD InputLength, LPVOID Output, DWORD OutputLength, LPDWORD Read,
                           DWORD Milliseconds)
{
    DWORD Mode = PIPE_READMODE_MESSAGE | PIPE_WAIT, Error;
    BOOL Waited = FALSE;
    HANDLE Pipe;

    while ((Pipe = CreateFileW(Name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                               FILE_ATTRIBUTE_NORMAL, NULL)) == INVALID_HANDLE_VALUE) {
        Error = GetLastError();
        if (Error != ERROR_PIPE_BUSY || (Waited && Milliseconds == NMPWAIT_NOWAIT)) {
            return BaseFail(Error);
        }
        Waited = TRUE;
        if (!WaitNamedPipeW(Name, Milliseconds)) {
            return FALSE;
        }
    }
    BOOL Result = SetNamedPipeHandleState(Pipe, &Mode, NULL, NULL) &&
                  TransactNamedPipe(Pipe, Input, InputLength, Output, OutputLength, Read, NULL);
    Error = GetLastError();
    CloseHandle(Pipe);
    return Result || BaseFail(Error);
}

BOOL WINAPI CallNamedPipeA(LPCSTR Name, LPVOID Input, DWORD InputLength, LPVOID Output, DWORD OutputLength, LPDWORD Read,
                           DWORD Milliseconds)
{
    LPWSTR Wide;

    if (!BaseFileToWide(Name, &Wide)) {
        return FALSE;
    }
    BOOL Result = CallNamedPipeW(Wide, Input, InputLength, Output, OutputLength, Read, Milliseconds);
    BaseFree(Wide);
    return Result;
}

/* ---- both ends ------------------------------------------------------------------------------------------------------------------- */

/* FSCTL_PIPE_PEEK: state, bytes available, messages, length of the first message, then data. */
BOOL WINAPI PeekNamedPipe(HANDLE Pipe, LPVOID Buffer, DWORD Size, LPDWORD Read, LPDWORD Available, LPDWORD Left)
{
    ULONG Small[4 + 64], Length = (ULONG)(4 * sizeof(ULONG) + (Buffer != NULL ? Size : 0));
    ULONG *Peek = Length <= sizeof(Small) ? Small : BaseAllocate(Length);
    DWORD Done = 0;

    if (Peek == NULL) {
        return FALSE;
    }
    NTSTATUS Status = PipeControl(Pipe, FSCTL_PIPE_PEEK_, NULL, 0, Peek, Length, &Done, NULL);
    if (Status == STATUS_BUFFER_OVERFLOW) {
        Status = STATUS_SUCCESS;
    }
    if (NT_SUCCESS(Status)) {
        DWORD Got = Done - (DWORD)(4 * sizeof(ULONG));
        if (Buffer != NULL) {
            memcpy(Buffer, Peek + 4, Got);
        }
        if (Read != NULL) {
            *Read = Got;
        }
        if (Available != NULL) {
            *Available = Peek[1];
        }
        if (Left != NULL) {
            *Left = Peek[3] > Got ? Peek[3] - Got : 0;
        }
    }
    if (Peek != Small) {
        BaseFree(Peek);
    }
    return Status == STATUS_INVALID_PARAMETER || Status == STATUS_INVALID_DEVICE_REQUEST ? BaseFail(ERROR_INVALID_FUNCTION)
                                                                                         : BaseResult(Status);
}

BOOL WINAPI SetNamedPipeHandleState(HANDLE Pipe, LPDWORD Mode, LPDWORD MaximumCollection, LPDWORD CollectTimeout)
{
    IO_STATUS_BLOCK Io;

    if (Mode != NULL) {
        PIPE_MODES Modes = {*Mode & PIPE_READMODE_MESSAGE ? 1 : 0, *Mode & PIPE_NOWAIT ? 1 : 0};
        if ((*Mode & ~(DWORD)(PIPE_READMODE_MESSAGE | PIPE_NOWAIT)) != 0) {
            return BaseFail(ERROR_INVALID_PARAMETER);
        }
        if (!BaseResult(NtSetInformationFile(Pipe, &Io, &Modes, sizeof(Modes), FILE_PIPE_INFORMATION_CLASS))) {
            return FALSE;
        }
    }
    if (MaximumCollection != NULL || CollectTimeout != NULL) {
        PIPE_REMOTE Remote;
        if (!BaseResult(NtQueryInformationFile(Pipe, &Io, &Remote, sizeof(Remote), FILE_PIPE_REMOTE_INFORMATION_CLASS))) {
            return FALSE; /* pipes of this machine have no such thing */
        }
    }
    return TRUE;
}

/* The client's user: the server impersonates it for a moment. */
static BOOL ClientUserName(HANDLE Pipe, LPWSTR Name, DWORD Size)
{
    typedef BOOL(WINAPI * GET_USER_NAME)(LPWSTR, LPDWORD);
    HANDLE None = NULL;
    HMODULE Library = LoadLibraryW(L"advapi32.dll");
    GET_USER_NAME Get = Library != NULL ? (GET_USER_NAME)(PVOID)GetProcAddress(Library, "GetUserNameW") : NULL;

    if (Get == NULL) {
        return BaseNotSupported("GetNamedPipeHandleState(user name)");
    }
    if (!PipeResult(PipeControl(Pipe, FSCTL_PIPE_IMPERSONATE_, NULL, 0, NULL, 0, NULL, NULL))) {
        return FALSE;
    }
    BOOL Result = Get(Name, &Size);
    DWORD Error = GetLastError();
    NtSetInformationThread(NtCurrentThread(), (THREADINFOCLASS)5 /* ThreadImpersonationToken */, &None, sizeof(None));
    return Result || BaseFail(Error);
}

BOOL WINAPI GetNamedPipeHandleStateW(HANDLE Pipe, LPDWORD State, LPDWORD Instances, LPDWORD MaximumCollection, LPDWORD CollectTimeout,
                                     LPWSTR UserName, DWORD UserNameSize)
{
    IO_STATUS_BLOCK Io;
    PIPE_MODES Modes;
    PIPE_LOCAL Local;
    PIPE_REMOTE Remote;

    if (State != NULL) {
        if (!BaseResult(NtQueryInformationFile(Pipe, &Io, &Modes, sizeof(Modes), FILE_PIPE_INFORMATION_CLASS))) {
            return FALSE;
        }
        *State = (Modes.ReadMode ? PIPE_READMODE_MESSAGE : 0) | (Modes.CompletionMode ? PIPE_NOWAIT : 0);
    }
    if (Instances != NULL) {
        if (!BaseResult(NtQueryInformationFile(Pipe, &Io, &Local, sizeof(Local), FILE_PIPE_LOCAL_INFORMATION_CLASS))) {
            return FALSE;
        }
        *Instances = Local.CurrentInstances >= PIPE_UNLIMITED_INSTANCES ? PIPE_UNLIMITED_INSTANCES : Local.CurrentInstances;
    }
    if ((MaximumCollection != NULL || CollectTimeout != NULL) &&
        !BaseResult(NtQueryInformationFile(Pipe, &Io, &Remote, sizeof(Remote), FILE_PIPE_REMOTE_INFORMATION_CLASS))) {
        return FALSE;
    }
    return UserName == NULL || ClientUserName(Pipe, UserName, UserNameSize);
}

BOOL WINAPI GetNamedPipeHandleStateA(HANDLE Pipe, LPDWORD State, LPDWORD Instances, LPDWORD MaximumCollection, LPDWORD CollectTimeout,
                                     LPSTR UserName, DWORD UserNameSize)
{
    WCHAR Wide[260];

    if (!GetNamedPipeHandleStateW(Pipe, State, Instances, MaximumCollection, CollectTimeout, UserName != NULL ? Wide : NULL,
                                  COUNT_OF(Wide))) {
        return FALSE;
    }
    return UserName == NULL || BaseToAnsi(Wide, wcslen(Wide), UserName, UserNameSize) < UserNameSize || BaseFail(ERROR_INSUFFICIENT_BUFFER);
}

BOOL WINAPI GetNamedPipeInfo(HANDLE Pipe, LPDWORD Flags, LPDWORD OutSize, LPDWORD InSize, LPDWORD MaximumInstances)
{
    IO_STATUS_BLOCK Io;
    PIPE_LOCAL Local;

    if (!BaseResult(NtQueryInformationFile(Pipe, &Io, &Local, sizeof(Local), FILE_PIPE_LOCAL_INFORMATION_CLASS))) {
        return FALSE;
    }
    if (Flags != NULL) {
        *Flags = (Local.Type ? PIPE_TYPE_MESSAGE : PIPE_TYPE_BYTE) | (Local.End ? PIPE_SERVER_END : PIPE_CLIENT_END);
    }
    if (OutSize != NULL) {
        *OutSize = Local.OutboundQuota;
    }
    if (InSize != NULL) {
        *InSize = Local.InboundQuota;
    }
    if (MaximumInstances != NULL) {
        *MaximumInstances = Local.MaximumInstances >= PIPE_UNLIMITED_INSTANCES ? PIPE_UNLIMITED_INSTANCES : Local.MaximumInstances;
    }
    return TRUE;
}

static BOOL PipeNumber(HANDLE Pipe, ULONG Code, const char *Attribute, PULONG Number)
{
    return PipeResult(PipeControl(Pipe, Code, (PVOID)Attribute, (ULONG)strlen(Attribute) + 1, Number, sizeof(*Number), NULL, NULL));
}

BOOL WINAPI GetNamedPipeClientProcessId(HANDLE Pipe, PULONG ClientProcessId)
{
    return PipeNumber(Pipe, FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE_, "ClientProcessId", ClientProcessId);
}

BOOL WINAPI GetNamedPipeClientSessionId(HANDLE Pipe, PULONG ClientSessionId)
{
    return PipeNumber(Pipe, FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE_, "ClientSessionId", ClientSessionId);
}

BOOL WINAPI GetNamedPipeServerProcessId(HANDLE Pipe, PULONG ServerProcessId)
{
    return PipeNumber(Pipe, FSCTL_PIPE_GET_PIPE_ATTRIBUTE_, "ServerProcessId", ServerProcessId);
}

BOOL WINAPI GetNamedPipeServerSessionId(HANDLE Pipe, PULONG ServerSessionId)
{
    return PipeNumber(Pipe, FSCTL_PIPE_GET_PIPE_ATTRIBUTE_, "ServerSessionId", ServerSessionId);
}

/* Every client is of this machine: what Windows says then. */
BOOL WINAPI GetNamedPipeClientComputerNameW(HANDLE Pipe, LPWSTR Name, ULONG Size)
{
    UNUSED(Pipe), UNUSED(Name), UNUSED(Size);
    return BaseFail(ERROR_PIPE_LOCAL);
}

BOOL WINAPI GetNamedPipeClientComputerNameA(HANDLE Pipe, LPSTR Name, ULONG Size)
{
    UNUSED(Pipe), UNUSED(Name), UNUSED(Size);
    return BaseFail(ERROR_PIPE_LOCAL);
}
