/* SPDX-License-Identifier: MIT */
/*
 * share.c - share modes: who may open a file again while it is open.
 *
 * A file system keeps one SHARE_ACCESS a file, under its own lock, and calls these.  An open that wants
 * none of read, write and delete access takes no part.  Two opens agree if each one's access is among what
 * the other shares.
 */
#include "iop.h"

static void IopNoteAccess(ACCESS_MASK Access, PFILE_OBJECT File)
{
    File->ReadAccess = (Access & (FILE_EXECUTE | FILE_READ_DATA)) != 0;
    File->WriteAccess = (Access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
    File->DeleteAccess = (Access & DELETE) != 0;
}

static BOOLEAN IopTakesPart(PFILE_OBJECT File)
{
    return File->ReadAccess || File->WriteAccess || File->DeleteAccess;
}

static void IopCount(PSHARE_ACCESS Share, PFILE_OBJECT File, LONG Change)
{
    Share->OpenCount += Change;
    Share->Readers += File->ReadAccess ? Change : 0;
    Share->Writers += File->WriteAccess ? Change : 0;
    Share->Deleters += File->DeleteAccess ? Change : 0;
    Share->SharedRead += File->SharedRead ? Change : 0;
    Share->SharedWrite += File->SharedWrite ? Change : 0;
    Share->SharedDelete += File->SharedDelete ? Change : 0;
}

static void IopNoteShare(ULONG DesiredShareAccess, PFILE_OBJECT File)
{
    File->SharedRead = (DesiredShareAccess & FILE_SHARE_READ) != 0;
    File->SharedWrite = (DesiredShareAccess & FILE_SHARE_WRITE) != 0;
    File->SharedDelete = (DesiredShareAccess & FILE_SHARE_DELETE) != 0;
}

NTSTATUS NTAPI IoCheckShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                  BOOLEAN Update)
{
    ULONG Opens = ShareAccess->OpenCount;
    IopNoteAccess(DesiredAccess, FileObject);
    if (!IopTakesPart(FileObject)) {
        return STATUS_SUCCESS;
    }
    IopNoteShare(DesiredShareAccess, FileObject);
    if ((FileObject->ReadAccess && ShareAccess->SharedRead < Opens) || (FileObject->WriteAccess && ShareAccess->SharedWrite < Opens) ||
        (FileObject->DeleteAccess && ShareAccess->SharedDelete < Opens) || (ShareAccess->Readers != 0 && !FileObject->SharedRead) ||
        (ShareAccess->Writers != 0 && !FileObject->SharedWrite) || (ShareAccess->Deleters != 0 && !FileObject->SharedDelete)) {
        return STATUS_SHARING_VIOLATION;
    }
    if (Update) {
        IopCount(ShareAccess, FileObject, 1);
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoCheckShareAccessEx(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                    BOOLEAN Update, PBOOLEAN WritePermission)
{
    (void)WritePermission;
    return IoCheckShareAccess(DesiredAccess, DesiredShareAccess, FileObject, ShareAccess, Update);
}

VOID NTAPI IoSetShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess)
{
    RtlZeroMemory(ShareAccess, sizeof(*ShareAccess));
    IopNoteAccess(DesiredAccess, FileObject);
    if (IopTakesPart(FileObject)) {
        IopNoteShare(DesiredShareAccess, FileObject);
        IopCount(ShareAccess, FileObject, 1);
    }
}

VOID NTAPI IoUpdateShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess)
{
    if (IopTakesPart(FileObject)) {
        IopCount(ShareAccess, FileObject, 1);
    }
}

VOID NTAPI IoRemoveShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess)
{
    if (IopTakesPart(FileObject)) {
        IopCount(ShareAccess, FileObject, -1);
    }
}

NTSTATUS NTAPI IoCheckDesiredAccess(PACCESS_MASK DesiredAccess, ACCESS_MASK GrantedAccess)
{
    RtlMapGenericMask(DesiredAccess, (PGENERIC_MAPPING)&IopFileMapping);
    return (~GrantedAccess & *DesiredAccess) == 0 ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

PGENERIC_MAPPING NTAPI IoGetFileObjectGenericMapping(VOID)
{
    return (PGENERIC_MAPPING)&IopFileMapping;
}
