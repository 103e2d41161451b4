/* SPDX-License-Identifier: MIT */
/*
 * npcreate.c - opening: the device, its root directory, a client's end (IRP_MJ_CREATE), a server's end (IRP_MJ_CREATE_NAMED_PIPE).
 *
 *   \Device\NamedPipe            the device: FSCTL_PIPE_WAIT, volume information
 *   \Device\NamedPipe\           its root directory: the list of pipes; relative opens
 *   \Device\NamedPipe\NAME       a pipe; the rest of the name is NAME whatever it contains
 *   root directory, no name      creates an anonymous pipe; its client's end is opened relative to the server's handle, with no name
 */
#include "np.h"

typedef struct _NP_TARGET
{
    ULONG Type;              /* of what is named */
    UNICODE_STRING Name;     /* of a pipe, with its backslash; points into Pool or the file object */
    NP_INSTANCE *Server;     /* opened relative to this */
    PWCHAR Pool;
} NP_TARGET;

static NTSTATUS NpJoinName(PCUNICODE_STRING Tail, NP_TARGET *Target)
{
    ULONG Length = Tail->Length + sizeof(WCHAR);
    if (Length > MAXUSHORT - sizeof(WCHAR)) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    Target->Pool = ExAllocatePoolWithTag(PagedPool, Length, NP_TAG);
    if (Target->Pool == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Target->Pool[0] = L'\\';
    RtlCopyMemory(Target->Pool + 1, Tail->Buffer, Tail->Length);
    Target->Name.Buffer = Target->Pool;
    Target->Name.Length = Target->Name.MaximumLength = (USHORT)Length;
    return STATUS_SUCCESS;
}

/* What a create request names. */
static NTSTATUS NpResolve(PFILE_OBJECT File, NP_TARGET *Target)
{
    PFILE_OBJECT Related = File->RelatedFileObject;
    RtlZeroMemory(Target, sizeof(*Target));
    Target->Type = NpTypePipe;
    if (Related == NULL) {
        if (File->FileName.Length == 0) {
            Target->Type = NpTypeVolume;
        } else if (File->FileName.Length == sizeof(WCHAR) && File->FileName.Buffer[0] == L'\\') {
            Target->Type = NpTypeRoot;
        } else {
            Target->Name = File->FileName;
        }
        return STATUS_SUCCESS;
    }
    if (File->FileName.Length == 0) {
        Target->Type = NpTypeOf(Related);
        Target->Server = NpDecode(Related).Instance;
        return STATUS_SUCCESS;
    }
    if (NpTypeOf(Related) != NpTypeRoot || File->FileName.Buffer[0] == L'\\') {
        return STATUS_OBJECT_NAME_INVALID;
    }
    return NpJoinName(&File->FileName, Target);
}

/* ---- clients --------------------------------------------------------------------------------------------------------------------- */

static NP_INSTANCE *NpFindListener(NP_PIPE *Pipe, NP_INSTANCE *Only)
{
    for (PLIST_ENTRY Link = Pipe->Instances.Flink; Link != &Pipe->Instances; Link = Link->Flink) {
        NP_INSTANCE *Instance = CONTAINING_RECORD(Link, NP_INSTANCE, Link);
        if (Instance->State == FILE_PIPE_LISTENING_STATE && (Only == NULL || Only == Instance)) {
            return Instance;
        }
    }
    return NULL;
}

static void NpSetOpen(PFILE_OBJECT File, NP_INSTANCE *Instance, ULONG End, PIRP Irp)
{
    Instance->References++;
    Instance->ProcessId[End] = IoGetRequestorProcessId(Irp);
    if (!NT_SUCCESS(IoGetRequestorSessionId(Irp, &Instance->SessionId[End]))) {
        Instance->SessionId[End] = 0;
    }
    File->FsContext = Instance->Pipe;
    File->FsContext2 = (PVOID)((ULONG_PTR)Instance | End);
    File->Flags |= FO_NAMED_PIPE;
}

static const SECURITY_QUALITY_OF_SERVICE NpDefaultQos = {sizeof(SECURITY_QUALITY_OF_SERVICE), SecurityImpersonation, SECURITY_DYNAMIC_TRACKING,
                                                         TRUE};

/* NpNames held. */
static NTSTATUS NpOpenClient(NP_PIPE *Pipe, NP_INSTANCE *Only, PIRP Irp, PIO_STACK_LOCATION Stack, NP_DONE *Done)
{
    PIO_SECURITY_CONTEXT Security = Stack->Parameters.Create.SecurityContext;
    ACCESS_MASK Wanted = Security->AccessState->OriginalDesiredAccess | Security->DesiredAccess;
    PSECURITY_CLIENT_CONTEXT Client = NULL;
    SECURITY_QUALITY_OF_SERVICE Qos = Security->SecurityQos != NULL ? *Security->SecurityQos : NpDefaultQos;
    NP_INSTANCE *Instance;
    NTSTATUS Status = NpCheckAccess(Pipe, Security->AccessState, Irp, Stack, 0);
    KIRQL Irql;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (((Wanted & FILE_READ_DATA) != 0 && Pipe->Configuration == FILE_PIPE_INBOUND) ||
        ((Wanted & FILE_WRITE_DATA) != 0 && Pipe->Configuration == FILE_PIPE_OUTBOUND)) {
        return STATUS_ACCESS_DENIED;
    }
    KeAcquireSpinLock(&Pipe->Lock, &Irql);
    Instance = NpFindListener(Pipe, Only);
    KeReleaseSpinLock(&Pipe->Lock, Irql);
    if (Instance == NULL) {
        return STATUS_PIPE_NOT_AVAILABLE;
    }
    if (Qos.ContextTrackingMode == SECURITY_STATIC_TRACKING) {
        Status = NpCaptureClient(Instance, &Qos, &Client);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    KeAcquireSpinLock(&Pipe->Lock, &Irql);
    if (Instance->State == FILE_PIPE_LISTENING_STATE) { /* the server may have disconnected meanwhile; nobody else can connect */
        NpSetOpen(Stack->FileObject, Instance, NP_CLIENT, Irp);
        NpConnectClient(Instance, Stack->FileObject, Done);
        Instance->Qos = Qos;
        Instance->Client = Client;
        Client = NULL;
    } else {
        Status = STATUS_PIPE_NOT_AVAILABLE;
    }
    KeReleaseSpinLock(&Pipe->Lock, Irql);
    NpFreeClient(Client);
    return Status;
}

static NTSTATUS NpOpenPipe(const NP_TARGET *Target, PIRP Irp, PIO_STACK_LOCATION Stack)
{
    NP_PIPE *Pipe;
    NP_DONE Done;
    NTSTATUS Status;
    if ((Stack->Parameters.Create.Options & FILE_DIRECTORY_FILE) != 0) {
        return STATUS_NOT_A_DIRECTORY;
    }
    NpBeginDone(&Done);
    ExAcquireFastMutex(&NpNames);
    Pipe = Target->Server != NULL ? Target->Server->Pipe : NpFindPipe(&Target->Name);
    Status = Pipe == NULL || Pipe->Servers == 0 ? STATUS_OBJECT_NAME_NOT_FOUND : NpOpenClient(Pipe, Target->Server, Irp, Stack, &Done);
    ExReleaseFastMutex(&NpNames);
    NpFinish(&Done);
    return Status;
}

static NTSTATUS NpOpenRoot(PFILE_OBJECT File)
{
    NP_DIRECTORY *Directory = ExAllocatePoolWithTag(PagedPool, sizeof(*Directory), NP_TAG);
    if (Directory == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Directory, sizeof(*Directory));
    Directory->Type = NpTypeRoot;
    File->FsContext = Directory;
    return STATUS_SUCCESS;
}

NTSTATUS NpOpenIrp(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    NP_TARGET Target;
    NTSTATUS Status;
    if (Stack->Parameters.Create.EaLength != 0) {
        return NpComplete(Irp, STATUS_EAS_NOT_SUPPORTED, 0);
    }
    Status = NpResolve(Stack->FileObject, &Target);
    if (NT_SUCCESS(Status) && Target.Type == NpTypePipe) {
        Status = NpOpenPipe(&Target, Irp, Stack);
    } else if (NT_SUCCESS(Status) && (Stack->Parameters.Create.Options & FILE_NON_DIRECTORY_FILE) != 0 && Target.Type == NpTypeRoot) {
        Status = STATUS_FILE_IS_A_DIRECTORY;
    } else if (NT_SUCCESS(Status) && Target.Type == NpTypeRoot) {
        Status = NpOpenRoot(Stack->FileObject);
    } else if (NT_SUCCESS(Status)) {
        Stack->FileObject->FsContext = &NpVolume;
    }
    if (Target.Pool != NULL) {
        ExFreePoolWithTag(Target.Pool, NP_TAG);
    }
    return NpComplete(Irp, Status, NT_SUCCESS(Status) ? FILE_OPENED : 0);
}

/* ---- servers --------------------------------------------------------------------------------------------------------------------- */

/* What the server lets clients share is what they may do: read, write, both. */
static BOOLEAN NpConfigurationOf(ULONG ShareAccess, ULONG *Configuration)
{
    switch (ShareAccess & (FILE_SHARE_READ | FILE_SHARE_WRITE)) {
    case FILE_SHARE_READ | FILE_SHARE_WRITE:
        *Configuration = FILE_PIPE_FULL_DUPLEX;
        return TRUE;
    case FILE_SHARE_READ:
        *Configuration = FILE_PIPE_OUTBOUND;
        return TRUE;
    case FILE_SHARE_WRITE:
        *Configuration = FILE_PIPE_INBOUND;
        return TRUE;
    default:
        return FALSE;
    }
}

static NTSTATUS NpMakePipe(const NP_TARGET *Target, const NAMED_PIPE_CREATE_PARAMETERS *Parameters, ULONG Configuration, PACCESS_STATE AccessState,
                           NP_PIPE **Result)
{
    NTSTATUS Status;
    NP_PIPE *Pipe;
    if (!Parameters->TimeoutSpecified || Parameters->DefaultTimeout.QuadPart >= 0 || Parameters->MaximumInstances == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Pipe = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Pipe), NP_TAG);
    if (Pipe == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Pipe, sizeof(*Pipe));
    Pipe->Type = NpTypePipe;
    Pipe->PipeType = Parameters->NamedPipeType & FILE_PIPE_MESSAGE_TYPE;
    Pipe->Configuration = Configuration;
    Pipe->MaximumInstances = Parameters->MaximumInstances;
    Pipe->DefaultTimeout = Parameters->DefaultTimeout;
    KeInitializeSpinLock(&Pipe->Lock);
    InitializeListHead(&Pipe->Instances);
    if (Target->Name.Length != 0) {
        Pipe->Name.Buffer = ExAllocatePoolWithTag(PagedPool, Target->Name.Length, NP_TAG);
        if (Pipe->Name.Buffer == NULL) {
            ExFreePoolWithTag(Pipe, NP_TAG);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Pipe->Name.MaximumLength = Target->Name.Length;
        RtlCopyUnicodeString(&Pipe->Name, &Target->Name);
    }
    Status = SeAssignSecurity(NULL, AccessState->SecurityDescriptor, &Pipe->Security, FALSE, &AccessState->SubjectSecurityContext,
                              IoGetFileObjectGenericMapping(), PagedPool);
    if (!NT_SUCCESS(Status)) {
        if (Pipe->Name.Buffer != NULL) {
            ExFreePoolWithTag(Pipe->Name.Buffer, NP_TAG);
        }
        ExFreePoolWithTag(Pipe, NP_TAG);
        return Status;
    }
    *Result = Pipe;
    return STATUS_SUCCESS;
}

static NTSTATUS NpMakeInstance(NP_PIPE *Pipe, const NAMED_PIPE_CREATE_PARAMETERS *Parameters, PIRP Irp, PFILE_OBJECT File)
{
    NP_INSTANCE *Instance = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Instance), NP_TAG);
    KIRQL Irql;
    if (Instance == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Instance, sizeof(*Instance));
    Instance->Pipe = Pipe;
    Instance->State = FILE_PIPE_LISTENING_STATE;
    Instance->File[NP_SERVER] = File;
    Instance->ReadMode[NP_SERVER] = Parameters->ReadMode;
    Instance->CompletionMode[NP_SERVER] = Parameters->CompletionMode;
    NpInitQueue(&Instance->Queue[NP_SERVER], Parameters->InboundQuota);
    NpInitQueue(&Instance->Queue[NP_CLIENT], Parameters->OutboundQuota);
    InitializeListHead(&Instance->Listens);
    NpSetOpen(File, Instance, NP_SERVER, Irp);
    Pipe->InstanceCount++;
    Pipe->Servers++;
    KeAcquireSpinLock(&Pipe->Lock, &Irql);
    InsertTailList(&Pipe->Instances, &Instance->Link);
    KeReleaseSpinLock(&Pipe->Lock, Irql);
    return STATUS_SUCCESS;
}

/* A further instance of a pipe: it has to agree with what the first one settled. */
static NTSTATUS NpCreateAnother(NP_PIPE *Pipe, ULONG Configuration, PIRP Irp, PIO_STACK_LOCATION Stack)
{
    const NAMED_PIPE_CREATE_PARAMETERS *Parameters = Stack->Parameters.CreatePipe.Parameters;
    NTSTATUS Status = NpCheckAccess(Pipe, Stack->Parameters.CreatePipe.SecurityContext->AccessState, Irp, Stack, FILE_CREATE_PIPE_INSTANCE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Pipe->Servers >= Pipe->MaximumInstances) {
        return STATUS_INSTANCE_NOT_AVAILABLE;
    }
    if (Pipe->PipeType != (Parameters->NamedPipeType & FILE_PIPE_MESSAGE_TYPE) || Pipe->Configuration != Configuration) {
        return STATUS_ACCESS_DENIED;
    }
    return NpMakeInstance(Pipe, Parameters, Irp, Stack->FileObject);
}

static NTSTATUS NpCreateFirst(const NP_TARGET *Target, ULONG Configuration, PIRP Irp, PIO_STACK_LOCATION Stack)
{
    const NAMED_PIPE_CREATE_PARAMETERS *Parameters = Stack->Parameters.CreatePipe.Parameters;
    NP_PIPE *Pipe;
    NTSTATUS Status = NpMakePipe(Target, Parameters, Configuration, Stack->Parameters.CreatePipe.SecurityContext->AccessState, &Pipe);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = NpMakeInstance(Pipe, Parameters, Irp, Stack->FileObject);
    if (NT_SUCCESS(Status)) {
        NpInsertPipe(Pipe);
        return STATUS_SUCCESS;
    }
    SeDeassignSecurity(&Pipe->Security);
    if (Pipe->Name.Buffer != NULL) {
        ExFreePoolWithTag(Pipe->Name.Buffer, NP_TAG);
    }
    ExFreePoolWithTag(Pipe, NP_TAG);
    return Status;
}

static NTSTATUS NpCreate(const NP_TARGET *Target, PIRP Irp, PIO_STACK_LOCATION Stack, ULONG_PTR *Information)
{
    ULONG Disposition = Stack->Parameters.CreatePipe.Options >> 24, Configuration;
    const NAMED_PIPE_CREATE_PARAMETERS *Parameters = Stack->Parameters.CreatePipe.Parameters;
    NP_PIPE *Pipe;
    NP_DONE Done;
    NTSTATUS Status;
    if (!NpConfigurationOf(Stack->Parameters.CreatePipe.ShareAccess, &Configuration) ||
        ((Parameters->NamedPipeType & FILE_PIPE_MESSAGE_TYPE) == 0 && Parameters->ReadMode == FILE_PIPE_MESSAGE_MODE)) {
        return STATUS_INVALID_PARAMETER;
    }
    NpBeginDone(&Done);
    ExAcquireFastMutex(&NpNames);
    Pipe = Target->Name.Length != 0 ? NpFindPipe(&Target->Name) : NULL;
    if (Pipe != NULL) {
        *Information = FILE_OPENED;
        Status = Disposition == FILE_CREATE ? STATUS_ACCESS_DENIED : NpCreateAnother(Pipe, Configuration, Irp, Stack);
        if (NT_SUCCESS(Status)) {
            NpWakeWaiters(Pipe, STATUS_SUCCESS, &Done);
        }
    } else {
        *Information = FILE_CREATED;
        Status = Disposition == FILE_OPEN ? STATUS_OBJECT_NAME_NOT_FOUND : NpCreateFirst(Target, Configuration, Irp, Stack);
    }
    ExReleaseFastMutex(&NpNames);
    NpFinish(&Done);
    return Status;
}

NTSTATUS NpCreateIrp(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    ULONG_PTR Information = 0;
    NP_TARGET Target;
    NTSTATUS Status = NpResolve(Stack->FileObject, &Target);
    if (NT_SUCCESS(Status)) {
        BOOLEAN Anonymous = Target.Type == NpTypeRoot && Stack->FileObject->RelatedFileObject != NULL;
        if ((Target.Type != NpTypePipe || Target.Server != NULL) && !Anonymous) {
            Status = STATUS_OBJECT_NAME_INVALID;
        } else {
            Status = NpCreate(&Target, Irp, Stack, &Information);
        }
    }
    if (Target.Pool != NULL) {
        ExFreePoolWithTag(Target.Pool, NP_TAG);
    }
    return NpComplete(Irp, Status, NT_SUCCESS(Status) ? Information : 0);
}
