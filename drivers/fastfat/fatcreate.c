/* SPDX-License-Identifier: MIT */
/*
 * fatcreate.c - IRP_MJ_CREATE: from a name to an open file; and its end, IRP_MJ_CLEANUP (last handle) and IRP_MJ_CLOSE (last reference).
 *
 * A name is relative to the file that RelatedFileObject names, else to the root.  No name at all opens the volume itself.  Between cleanup and
 * close the file object lives on, held by the cache or a section.
 */
#include "fat.h"

#define WRITE_ACCESS                                                                                                       \
    (FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_EA | FILE_WRITE_ATTRIBUTES | FILE_DELETE_CHILD | DELETE | WRITE_DAC | WRITE_OWNER)

/* What IRP_MJ_CREATE asks for. */
typedef struct _FAT_OPEN {
    FAT_VCB *Vcb;
    PFILE_OBJECT File;
    ACCESS_MASK Access;
    ULONG Options, Disposition;
    USHORT Share;
    BOOLEAN TargetDirectory;   /* open the parent of the last name (rename) */
    BOOLEAN TrailingBackslash;
    UNICODE_STRING Last;       /* the last name */
} FAT_OPEN;

/* Bit n of word n / 32: ASCII character n may not stand in a name: controls and eight others (a backslash never gets here). */
static const ULONG IllegalAscii[4] = { 0xFFFFFFFF, 0xD4008404, 0x00000000, 0x10000000 };

static BOOLEAN IsLegalName(PCUNICODE_STRING Name)
{
    ULONG Count = Name->Length / sizeof(WCHAR);

    for (ULONG Index = 0; Index < Count; Index++) {
        WCHAR Unit = Name->Buffer[Index];
        if (Unit < 128 && (IllegalAscii[Unit / 32] >> Unit % 32 & 1))
            return FALSE;
    }
    return Count <= FAT_MAX_NAME;
}

/* Splits the first name off *Path. */
static void NextName(PUNICODE_STRING Path, PUNICODE_STRING Name)
{
    USHORT Length = 0;

    while (Length < Path->Length && Path->Buffer[Length / sizeof(WCHAR)] != L'\\')
        Length += sizeof(WCHAR);
    Name->Buffer = Path->Buffer;
    Name->Length = Name->MaximumLength = Length;
    if (Length < Path->Length)
        Length += sizeof(WCHAR);
    Path->Buffer += Length / sizeof(WCHAR);
    Path->Length = (USHORT)(Path->Length - Length);
}

/* V is held shared and is so again on return; loading a table needs it exclusively in between. */
static NTSTATUS EnsureTable(FAT_VCB *Vcb, FAT_NODE *Directory)
{
    if (Directory->Table != NULL)
        return STATUS_SUCCESS;
    ExReleaseResourceLite(&Vcb->Resource);
    ExAcquireResourceExclusiveLite(&Vcb->Resource, TRUE);
    NTSTATUS Status = FatLoadDirectory(Vcb, Directory);
    ExConvertExclusiveToSharedLite(&Vcb->Resource);
    return Status;
}

/* V shared.  On STATUS_OBJECT_NAME_NOT_FOUND *Node is the directory that lacks Open->Last. */
static NTSTATUS WalkPath(FAT_OPEN *Open, FAT_NODE *Start, UNICODE_STRING Path, FAT_NODE **Found)
{
    FAT_NODE *Node = Start;

    while (Path.Length != 0) {
        NextName(&Path, &Open->Last);
        *Found = Node;
        if (Open->Last.Length == 0)
            return STATUS_OBJECT_NAME_INVALID;
        if (!FatIsDirectory(Node))
            return IsLegalName(&Open->Last) ? STATUS_OBJECT_PATH_NOT_FOUND : STATUS_OBJECT_NAME_INVALID;
        NTSTATUS Status = EnsureTable(Open->Vcb, Node);
        if (!NT_SUCCESS(Status))
            return Status;
        FAT_NODE *Child = FatFindNode(Node->Table, &Open->Last);
        /* What is there is legal: only a name that is not has to be looked at more closely. */
        if (Child == NULL && !IsLegalName(&Open->Last))
            return STATUS_OBJECT_NAME_INVALID;
        if (Child == NULL)
            return Path.Length == 0 ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_NOT_FOUND;
        Node = Child;
    }
    *Found = Node;
    return STATUS_SUCCESS;
}

static NTSTATUS FindTarget(FAT_OPEN *Open, FAT_NODE **Node)
{
    PFILE_OBJECT Related = Open->File->RelatedFileObject;
    UNICODE_STRING Path = Open->File->FileName;
    FAT_NODE *Start = Open->Vcb->Root;

    if (Related != NULL && !FatIsVolumeOpen(Related)) {
        Start = ((FAT_FCB *)Related->FsContext)->Node;
        if (Path.Length != 0 && Path.Buffer[0] == L'\\')
            return STATUS_OBJECT_NAME_INVALID;
    } else if (Path.Length != 0 && Path.Buffer[0] == L'\\') {
        Path.Buffer++;
        Path.Length -= sizeof(WCHAR);
    }
    if (Path.Length != 0 && Path.Buffer[Path.Length / sizeof(WCHAR) - 1] == L'\\') {
        Open->TrailingBackslash = TRUE;
        Path.Length -= sizeof(WCHAR);
    }
    return WalkPath(Open, Start, Path, Node);
}

/* The name is not there: only a disposition that must not create gets the true reason. */
static NTSTATUS MissingStatus(const FAT_OPEN *Open)
{
    return Open->Disposition == FILE_OPEN || Open->Disposition == FILE_OVERWRITE ? STATUS_OBJECT_NAME_NOT_FOUND
                                                                                  : STATUS_MEDIA_WRITE_PROTECTED;
}

static NTSTATUS CheckExisting(const FAT_OPEN *Open, const FAT_NODE *Node)
{
    if (Open->Disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (FatIsDirectory(Node) ? (Open->Options & FILE_NON_DIRECTORY_FILE) != 0 : FALSE)
        return STATUS_FILE_IS_A_DIRECTORY;
    if (!FatIsDirectory(Node) && (Open->Options & FILE_DIRECTORY_FILE))
        return STATUS_NOT_A_DIRECTORY;
    if (!FatIsDirectory(Node) && Open->TrailingBackslash)
        return STATUS_OBJECT_NAME_INVALID;
    if (Open->Disposition != FILE_OPEN && Open->Disposition != FILE_OPEN_IF)
        return STATUS_MEDIA_WRITE_PROTECTED;
    if ((Open->Access & WRITE_ACCESS) || (Open->Options & FILE_DELETE_ON_CLOSE))
        return STATUS_MEDIA_WRITE_PROTECTED;
    return STATUS_SUCCESS;
}

static NTSTATUS GetFcb(FAT_VCB *Vcb, FAT_NODE *Node, FAT_FCB **Fcb)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (Node->Fcb == NULL) {
        ExReleaseResourceLite(&Vcb->Resource);
        ExAcquireResourceExclusiveLite(&Vcb->Resource, TRUE);
        if (Node->Fcb == NULL)
            Status = FatCreateFcb(Vcb, Node, &Node->Fcb);
        ExConvertExclusiveToSharedLite(&Vcb->Resource);
    }
    *Fcb = Node->Fcb;
    return Status;
}

/* F exclusive. */
static NTSTATUS TakeShare(const FAT_OPEN *Open, FAT_FCB *Fcb)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (Fcb->CleanupCount == 0)
        IoSetShareAccess(Open->Access, Open->Share, Open->File, &Fcb->ShareAccess);
    else
        Status = IoCheckShareAccess(Open->Access, Open->Share, Open->File, &Fcb->ShareAccess, TRUE);
    if (NT_SUCCESS(Status))
        Fcb->CleanupCount++;
    return Status;
}

static void FillFileObject(const FAT_OPEN *Open, FAT_FCB *Fcb, FAT_CCB *Ccb)
{
    RtlZeroMemory(Ccb, sizeof *Ccb);
    Ccb->NodeTypeCode = FAT_NODE_TYPE_CCB;
    Open->File->FsContext = Fcb;
    Open->File->FsContext2 = Ccb;
    Open->File->SectionObjectPointer = &Fcb->Sections;
    Open->File->Vpb = Open->Vcb->Vpb;
    if (Fcb->Node == NULL || FatIsDirectory(Fcb->Node) || (Open->Options & FILE_NO_INTERMEDIATE_BUFFERING))
        return;
    Open->File->Flags |= FO_CACHE_SUPPORTED;
    /* The file is in the cache: being connected from the start, its first read too can be fast I/O. */
    if (Fcb->Sections.SharedCacheMap != NULL && (Open->Access & FILE_READ_DATA))
        FatConnectCache(Open->File, Fcb);
}

/* The commit: share access first, then nothing can fail. */
static NTSTATUS FinishOpen(const FAT_OPEN *Open, FAT_FCB *Fcb)
{
    FAT_CCB *Ccb = ExAllocatePoolWithTag(PagedPool, sizeof *Ccb, FAT_TAG_CCB);

    if (Ccb == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
    NTSTATUS Status = TakeShare(Open, Fcb);
    if (NT_SUCCESS(Status))
        FillFileObject(Open, Fcb, Ccb);
    ExReleaseResourceLite(&Fcb->Resource);
    if (!NT_SUCCESS(Status))
        ExFreePoolWithTag(Ccb, FAT_TAG_CCB);
    return Status;
}

static NTSTATUS OpenVolume(FAT_OPEN *Open)
{
    if (Open->Options & FILE_DIRECTORY_FILE)
        return STATUS_NOT_A_DIRECTORY;
    if (Open->Disposition != FILE_OPEN && Open->Disposition != FILE_OPEN_IF)
        return STATUS_ACCESS_DENIED;
    if (Open->Access & (FILE_WRITE_DATA | FILE_APPEND_DATA))
        return STATUS_MEDIA_WRITE_PROTECTED;
    Open->File->Flags |= FO_VOLUME_OPEN;
    return FinishOpen(Open, Open->Vcb->VolumeFcb);
}

/* SL_OPEN_TARGET_DIRECTORY: opens the parent and leaves only the last name in the file object; V shared. */
static NTSTATUS OpenParent(FAT_OPEN *Open, NTSTATUS Found, FAT_NODE *Node, PULONG_PTR Information)
{
    FAT_FCB *Fcb;

    if (Found == STATUS_SUCCESS && Node->Parent == NULL)
        return STATUS_OBJECT_NAME_INVALID;
    FAT_NODE *Parent = Found == STATUS_SUCCESS ? Node->Parent : Node;
    if (Open->Access & WRITE_ACCESS)
        return STATUS_MEDIA_WRITE_PROTECTED;
    NTSTATUS Status = GetFcb(Open->Vcb, Parent, &Fcb);
    if (NT_SUCCESS(Status))
        Status = FinishOpen(Open, Fcb);
    if (NT_SUCCESS(Status)) {
        PUNICODE_STRING FileName = &Open->File->FileName;
        RtlMoveMemory(FileName->Buffer, Open->Last.Buffer, Open->Last.Length);
        FileName->Length = Open->Last.Length;
        *Information = Found == STATUS_SUCCESS ? FILE_EXISTS : FILE_DOES_NOT_EXIST;
    }
    return Status;
}

static NTSTATUS OpenByName(FAT_OPEN *Open, PULONG_PTR Information)
{
    FAT_NODE *Node = NULL;
    FAT_FCB *Fcb;

    ExAcquireResourceSharedLite(&Open->Vcb->Resource, TRUE);
    NTSTATUS Status = FindTarget(Open, &Node);
    if (Open->TargetDirectory && (Status == STATUS_SUCCESS || Status == STATUS_OBJECT_NAME_NOT_FOUND)) {
        Status = OpenParent(Open, Status, Node, Information);
    } else if (Status == STATUS_OBJECT_NAME_NOT_FOUND) {
        Status = MissingStatus(Open);
    } else if (NT_SUCCESS(Status)) {
        Status = CheckExisting(Open, Node);
        if (NT_SUCCESS(Status))
            Status = GetFcb(Open->Vcb, Node, &Fcb);
        if (NT_SUCCESS(Status))
            Status = FinishOpen(Open, Fcb);
        if (NT_SUCCESS(Status))
            *Information = FILE_OPENED;
    }
    ExReleaseResourceLite(&Open->Vcb->Resource);
    return Status;
}

NTSTATUS FatCreate(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    PFILE_OBJECT File = Stack->FileObject;
    FAT_OPEN Open = {
        .Vcb = Vcb,
        .File = File,
        .Access = Stack->Parameters.Create.SecurityContext->DesiredAccess,
        .Options = Stack->Parameters.Create.Options & 0x00FFFFFF,
        .Disposition = Stack->Parameters.Create.Options >> 24,
        .Share = Stack->Parameters.Create.ShareAccess,
        .TargetDirectory = (Stack->Flags & SL_OPEN_TARGET_DIRECTORY) != 0,
    };

    UNREFERENCED_PARAMETER(Irp);
    if (Open.Options & FILE_OPEN_BY_FILE_ID)
        return STATUS_NOT_SUPPORTED;
    if (Stack->Parameters.Create.EaLength != 0)
        return STATUS_EAS_NOT_SUPPORTED;
    if (File->FileName.Length == 0 && (File->RelatedFileObject == NULL || FatIsVolumeOpen(File->RelatedFileObject))) {
        NTSTATUS Status = OpenVolume(&Open);
        *Information = NT_SUCCESS(Status) ? FILE_OPENED : 0;
        return Status;
    }
    return OpenByName(&Open, Information);
}

NTSTATUS FatCleanup(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    PFILE_OBJECT File = Stack->FileObject;
    FAT_FCB *Fcb = File->FsContext;

    UNREFERENCED_PARAMETER(Vcb);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Information);
    if (Fcb == NULL || File->FsContext2 == NULL) /* a stream file of the cache manager */
        return STATUS_SUCCESS;
    ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
    IoRemoveShareAccess(File, &Fcb->ShareAccess);
    Fcb->CleanupCount--;
    if (Fcb->Node != NULL && !FatIsDirectory(Fcb->Node))
        CcUninitializeCacheMap(File, NULL, NULL);
    File->Flags |= FO_CLEANUP_COMPLETE;
    ExReleaseResourceLite(&Fcb->Resource);
    return STATUS_SUCCESS;
}

NTSTATUS FatClose(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    FAT_CCB *Ccb = Stack->FileObject->FsContext2;

    UNREFERENCED_PARAMETER(Vcb);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Information);
    Stack->FileObject->FsContext = NULL;
    Stack->FileObject->FsContext2 = NULL;
    if (Ccb != NULL) {
        if (Ccb->Pattern.Buffer != NULL)
            ExFreePoolWithTag(Ccb->Pattern.Buffer, FAT_TAG_CCB);
        ExFreePoolWithTag(Ccb, FAT_TAG_CCB);
    }
    return STATUS_SUCCESS;
}
