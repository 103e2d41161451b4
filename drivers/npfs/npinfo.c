/* SPDX-License-Identifier: MIT */
/*
 * npinfo.c - information about a pipe's end, attributes of the connection, and the "volume".
 */
#include "np.h"

static void NpLocalInformation(NP_OPEN Open, FILE_PIPE_LOCAL_INFORMATION *Local)
{
    NP_INSTANCE *Instance = Open.Instance;
    NP_PIPE *Pipe = Instance->Pipe;
    NP_QUEUE *In = &Instance->Queue[Open.End], *Out = &Instance->Queue[Open.End ^ 1];
    ULONG Used = Out->Bytes;
    /* As Windows has it: reads that wait at the other end count against the room, too. */
    for (PLIST_ENTRY Link = Out->Entries.Flink; Out->Reads != 0 && Link != &Out->Entries; Link = Link->Flink) {
        Used += CONTAINING_RECORD(Link, NP_ENTRY, Link)->Length;
    }
    Local->NamedPipeType = Pipe->PipeType;
    Local->NamedPipeConfiguration = Pipe->Configuration;
    Local->MaximumInstances = Pipe->MaximumInstances;
    Local->CurrentInstances = Pipe->InstanceCount;
    Local->InboundQuota = Instance->Queue[NP_SERVER].Quota;
    Local->ReadDataAvailable = In->Bytes;
    Local->OutboundQuota = Instance->Queue[NP_CLIENT].Quota;
    Local->WriteQuotaAvailable = Used < Out->Quota ? Out->Quota - Used : 0;
    Local->NamedPipeState = Instance->State;
    Local->NamedPipeEnd = Open.End;
}

static void NpStandardInformation(NP_OPEN Open, FILE_STANDARD_INFORMATION *Standard)
{
    NP_INSTANCE *Instance = Open.Instance;
    Standard->AllocationSize.QuadPart = (LONGLONG)Instance->Queue[NP_SERVER].Quota + Instance->Queue[NP_CLIENT].Quota;
    Standard->EndOfFile.QuadPart = Instance->Queue[Open.End].Bytes;
    Standard->NumberOfLinks = 1;
    Standard->DeletePending = TRUE; /* nothing is left of a pipe that nobody has open */
}

static NTSTATUS NpNameInformation(PCUNICODE_STRING Name, FILE_NAME_INFORMATION *Information, ULONG Length, ULONG *Used)
{
    ULONG Room = Length - FIELD_OFFSET(FILE_NAME_INFORMATION, FileName), Part = min(Room, Name->Length);
    Information->FileNameLength = Name->Length;
    RtlCopyMemory(Information->FileName, Name->Buffer, Part);
    *Used = FIELD_OFFSET(FILE_NAME_INFORMATION, FileName) + Part;
    return Part < Name->Length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* Lock held; the buffer is zeroed and long enough for the class. */
static NTSTATUS NpQueryLocked(NP_OPEN Open, ULONG Class, PVOID Buffer, ULONG Length, ULONG *Used)
{
    NP_INSTANCE *Instance = Open.Instance;
    switch (Class) {
    case FilePipeInformation:
        ((FILE_PIPE_INFORMATION *)Buffer)->ReadMode = Instance->ReadMode[Open.End];
        ((FILE_PIPE_INFORMATION *)Buffer)->CompletionMode = Instance->CompletionMode[Open.End];
        *Used = sizeof(FILE_PIPE_INFORMATION);
        return STATUS_SUCCESS;
    case FilePipeLocalInformation:
        NpLocalInformation(Open, Buffer);
        *Used = sizeof(FILE_PIPE_LOCAL_INFORMATION);
        return STATUS_SUCCESS;
    case FileBasicInformation:
        ((FILE_BASIC_INFORMATION *)Buffer)->FileAttributes = FILE_ATTRIBUTE_NORMAL;
        *Used = sizeof(FILE_BASIC_INFORMATION);
        return STATUS_SUCCESS;
    case FileStandardInformation:
        NpStandardInformation(Open, Buffer);
        *Used = sizeof(FILE_STANDARD_INFORMATION);
        return STATUS_SUCCESS;
    case FileInternalInformation:
        ((FILE_INTERNAL_INFORMATION *)Buffer)->IndexNumber.QuadPart = (LONGLONG)(ULONG_PTR)Instance;
        *Used = sizeof(FILE_INTERNAL_INFORMATION);
        return STATUS_SUCCESS;
    case FileEaInformation:
        *Used = sizeof(FILE_EA_INFORMATION);
        return STATUS_SUCCESS;
    case FilePositionInformation:
        ((FILE_POSITION_INFORMATION *)Buffer)->CurrentByteOffset.QuadPart = Instance->Queue[Open.End].Bytes;
        *Used = sizeof(FILE_POSITION_INFORMATION);
        return STATUS_SUCCESS;
    case FileNameInformation:
        return NpNameInformation(&Instance->Pipe->Name, Buffer, Length, Used);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

static NTSTATUS NpQueryAll(NP_OPEN Open, FILE_ALL_INFORMATION *All, ULONG Length, ULONG *Used)
{
    NTSTATUS Status;
    All->BasicInformation.FileAttributes = FILE_ATTRIBUTE_NORMAL;
    NpStandardInformation(Open, &All->StandardInformation);
    All->InternalInformation.IndexNumber.QuadPart = (LONGLONG)(ULONG_PTR)Open.Instance;
    All->PositionInformation.CurrentByteOffset.QuadPart = Open.Instance->Queue[Open.End].Bytes;
    Status = NpNameInformation(&Open.Instance->Pipe->Name, &All->NameInformation, Length - FIELD_OFFSET(FILE_ALL_INFORMATION, NameInformation), Used);
    *Used += FIELD_OFFSET(FILE_ALL_INFORMATION, NameInformation);
    return Status;
}

NTSTATUS NpQueryInformation(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    NP_OPEN Open = NpDecode(Stack->FileObject);
    ULONG Class = Stack->Parameters.QueryFile.FileInformationClass, Length = Stack->Parameters.QueryFile.Length, Used = 0;
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS Status;
    KIRQL Irql;
    if (Open.Instance == NULL) {
        static const UNICODE_STRING Root = RTL_CONSTANT_STRING(L"\\");
        Status = Class == FileNameInformation && NpTypeOf(Stack->FileObject) == NpTypeRoot ? NpNameInformation(&Root, Buffer, Length, &Used)
                                                                                           : STATUS_INVALID_PARAMETER;
        return NpComplete(Irp, Status, Used);
    }
    RtlZeroMemory(Buffer, Length);
    KeAcquireSpinLock(&Open.Instance->Pipe->Lock, &Irql);
    if (!NpConnected(Open, Stack->FileObject)) {
        Status = STATUS_PIPE_DISCONNECTED;
    } else if (Class == FileAllInformation) {
        Status = NpQueryAll(Open, Buffer, Length, &Used);
    } else {
        Status = NpQueryLocked(Open, Class, Buffer, Length, &Used);
    }
    KeReleaseSpinLock(&Open.Instance->Pipe->Lock, Irql);
    return NpComplete(Irp, Status, Used);
}

static NTSTATUS NpSetModes(NP_OPEN Open, const FILE_PIPE_INFORMATION *Modes)
{
    NP_INSTANCE *Instance = Open.Instance;
    if (Modes->ReadMode > FILE_PIPE_MESSAGE_MODE || Modes->CompletionMode > FILE_PIPE_COMPLETE_OPERATION ||
        (Modes->ReadMode == FILE_PIPE_MESSAGE_MODE && Instance->Pipe->PipeType == FILE_PIPE_BYTE_STREAM_TYPE)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Modes->CompletionMode == FILE_PIPE_COMPLETE_OPERATION && Instance->CompletionMode[Open.End] == FILE_PIPE_QUEUE_OPERATION) {
        NP_ENTRY *Own = NpFirst(&Instance->Queue[Open.End]);
        if (Own != NULL && Own->Kind == NpRead) {
            return STATUS_PIPE_BUSY; /* a read of this end waits; so may a write */
        }
        for (PLIST_ENTRY Link = Instance->Queue[Open.End ^ 1].Entries.Flink; Link != &Instance->Queue[Open.End ^ 1].Entries; Link = Link->Flink) {
            NP_ENTRY *Entry = CONTAINING_RECORD(Link, NP_ENTRY, Link);
            if (Entry->Kind == NpData && Entry->Irp != NULL) {
                return STATUS_PIPE_BUSY;
            }
        }
    }
    Instance->ReadMode[Open.End] = Modes->ReadMode;
    Instance->CompletionMode[Open.End] = Modes->CompletionMode;
    return STATUS_SUCCESS;
}

NTSTATUS NpSetInformation(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    NP_OPEN Open = NpDecode(Stack->FileObject);
    NTSTATUS Status;
    KIRQL Irql;
    if (Open.Instance == NULL) {
        return NpComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    switch ((ULONG)Stack->Parameters.SetFile.FileInformationClass) {
    case FilePipeInformation:
        KeAcquireSpinLock(&Open.Instance->Pipe->Lock, &Irql);
        Status = NpConnected(Open, Stack->FileObject) ? NpSetModes(Open, Irp->AssociatedIrp.SystemBuffer) : STATUS_PIPE_DISCONNECTED;
        KeReleaseSpinLock(&Open.Instance->Pipe->Lock, Irql);
        break;
    case FileBasicInformation: /* times and attributes that nothing keeps */
        Status = STATUS_SUCCESS;
        break;
    default:
        Status = STATUS_INVALID_PARAMETER;
        break;
    }
    return NpComplete(Irp, Status, 0);
}

/* FSCTL_PIPE_GET_PIPE_ATTRIBUTE, ..._CONNECTION_ATTRIBUTE: a name in, a number out. */
NTSTATUS NpQueryAttribute(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    static const struct { const char *Name; BOOLEAN OfPipe; ULONG End; BOOLEAN Session; } Attributes[] = {
        {"ClientProcessId", FALSE, NP_CLIENT, FALSE},
        {"ClientSessionId", FALSE, NP_CLIENT, TRUE},
        {"ServerProcessId", TRUE, NP_SERVER, FALSE},
        {"ServerSessionId", TRUE, NP_SERVER, TRUE},
    };
    NP_OPEN Open = NpDecode(Stack->FileObject);
    const char *Name = Irp->AssociatedIrp.SystemBuffer;
    ULONG Length = Stack->Parameters.FileSystemControl.InputBufferLength, *Result = Irp->AssociatedIrp.SystemBuffer;
    BOOLEAN OfPipe = Stack->Parameters.FileSystemControl.FsControlCode == FSCTL_PIPE_GET_PIPE_ATTRIBUTE;
    if (Open.Instance == NULL) {
        return NpComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Attributes); Index++) {
        ULONG Size = (ULONG)strlen(Attributes[Index].Name) + 1;
        if (Attributes[Index].OfPipe != OfPipe || Length < Size || RtlCompareMemory(Name, Attributes[Index].Name, Size) != Size) {
            continue;
        }
        if (Stack->Parameters.FileSystemControl.OutputBufferLength < sizeof(ULONG)) {
            return NpComplete(Irp, STATUS_BUFFER_OVERFLOW, 0);
        }
        if (Attributes[Index].End == NP_CLIENT && Open.Instance->File[NP_CLIENT] == NULL && Open.Instance->State != FILE_PIPE_CLOSING_STATE) {
            return NpComplete(Irp, STATUS_NOT_FOUND, 0);
        }
        *Result = Attributes[Index].Session ? Open.Instance->SessionId[Attributes[Index].End] : Open.Instance->ProcessId[Attributes[Index].End];
        return NpComplete(Irp, STATUS_SUCCESS, sizeof(ULONG));
    }
    return NpComplete(Irp, STATUS_NOT_FOUND, 0);
}

NTSTATUS NpQueryVolume(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    static const WCHAR Label[] = L"NamedPipe", FileSystem[] = L"NPFS";
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    ULONG Length = Stack->Parameters.QueryVolume.Length, Head, Part;
    RtlZeroMemory(Buffer, Length);
    switch ((ULONG)Stack->Parameters.QueryVolume.FsInformationClass) {
    case FileFsVolumeInformation: {
        FILE_FS_VOLUME_INFORMATION *Volume = Buffer;
        Head = FIELD_OFFSET(FILE_FS_VOLUME_INFORMATION, VolumeLabel);
        Volume->VolumeLabelLength = sizeof(Label) - sizeof(WCHAR);
        Part = min(Length - Head, Volume->VolumeLabelLength);
        RtlCopyMemory(Volume->VolumeLabel, Label, Part);
        return NpComplete(Irp, Part < Volume->VolumeLabelLength ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, Head + Part);
    }
    case FileFsSizeInformation:
        return NpComplete(Irp, STATUS_SUCCESS, sizeof(FILE_FS_SIZE_INFORMATION));
    case FileFsFullSizeInformation:
        return NpComplete(Irp, STATUS_SUCCESS, sizeof(FILE_FS_FULL_SIZE_INFORMATION));
    case FileFsAttributeInformation: {
        FILE_FS_ATTRIBUTE_INFORMATION *Attribute = Buffer;
        Head = FIELD_OFFSET(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName);
        Attribute->FileSystemAttributes = FILE_CASE_PRESERVED_NAMES;
        Attribute->MaximumComponentNameLength = MAXULONG;
        Attribute->FileSystemNameLength = sizeof(FileSystem) - sizeof(WCHAR);
        Part = min(Length - Head, Attribute->FileSystemNameLength);
        RtlCopyMemory(Attribute->FileSystemName, FileSystem, Part);
        return NpComplete(Irp, Part < Attribute->FileSystemNameLength ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, Head + Part);
    }
    default:
        return NpComplete(Irp, STATUS_INVALID_INFO_CLASS, 0);
    }
}
