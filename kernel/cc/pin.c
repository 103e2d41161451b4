/* SPDX-License-Identifier: MIT */
/*
 * pin.c - mapped and pinned access: a pointer into the cache, for metadata, and MDLs of cached pages, for
 * transfers without a copy.
 *
 * A range must lie within one view (256 KiB, aligned), as on NT.  Its pages are brought in here, so that
 * using the pointer cannot fail.
 */
#include "ccp.h"

static BOOLEAN CcpMapRange(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN ForWrite, BOOLEAN Pin, PVOID *Result, PVOID *Buffer)
{
    CCP_BCB *Bcb;
    CCP_VIEW *View;
    ULONG Left;
    PUCHAR Address;
    if (!NT_SUCCESS(CcpAcquireView(CcpMapOf(FileObject), FileOffset->QuadPart, &View, &Left))) {
        return FALSE;
    }
    Address = View->Base + FileOffset->QuadPart % CCP_VIEW_SIZE;
    Bcb = Length <= Left ? ExAllocatePoolWithTag(NonPagedPool, sizeof(*Bcb), CCP_TAG) : NULL;
    if (Bcb == NULL || !NT_SUCCESS(MmTouchSystemView_(Address, Length, ForWrite))) {
        if (Bcb != NULL) {
            ExFreePoolWithTag(Bcb, CCP_TAG);
        }
        CcpReleaseView(View);
        return FALSE;
    }
    *Bcb = (CCP_BCB){.View = View, .References = 1, .Pinned = Pin, .Dirty = ForWrite};
    Bcb->Public.NodeTypeCode = CCP_BCB_TYPE;
    Bcb->Public.NodeByteSize = sizeof(PUBLIC_BCB);
    Bcb->Public.MappedLength = Length;
    Bcb->Public.MappedFileOffset = *FileOffset;
    *Result = Bcb;
    *Buffer = Address;
    return TRUE;
}

BOOLEAN NTAPI CcMapData(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags, PVOID *Bcb, PVOID *Buffer)
{
    (void)Flags;
    return CcpMapRange(FileObject, FileOffset, Length, FALSE, FALSE, Bcb, Buffer);
}

BOOLEAN NTAPI CcPinRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags, PVOID *Bcb, PVOID *Buffer)
{
    (void)Flags;
    return CcpMapRange(FileObject, FileOffset, Length, FALSE, TRUE, Bcb, Buffer);
}

BOOLEAN NTAPI CcPinMappedData(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags, PVOID *Bcb)
{
    (void)FileObject, (void)FileOffset, (void)Length, (void)Flags;
    ((CCP_BCB *)*Bcb)->Pinned = TRUE;
    return TRUE;
}

BOOLEAN NTAPI CcPreparePinWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Zero, ULONG Flags, PVOID *Bcb, PVOID *Buffer)
{
    (void)Flags;
    if (!CcpMapRange(FileObject, FileOffset, Length, TRUE, TRUE, Bcb, Buffer)) {
        return FALSE;
    }
    if (Zero) {
        RtlZeroMemory(*Buffer, Length);
    }
    return TRUE;
}

/* The page tables know what was written; this records that somebody meant it. */
VOID NTAPI CcSetDirtyPinnedData(PVOID BcbVoid, PLARGE_INTEGER Lsn)
{
    (void)Lsn;
    ((CCP_BCB *)BcbVoid)->Dirty = TRUE;
    CcpMarkDirty(((CCP_BCB *)BcbVoid)->View->Map, ((CCP_BCB *)BcbVoid)->Public.MappedLength);
}

VOID NTAPI CcUnpinData(PVOID BcbVoid)
{
    CCP_BCB *Bcb = BcbVoid;
    ASSERT(Bcb->Public.NodeTypeCode == CCP_BCB_TYPE);
    if (InterlockedDecrement(&Bcb->References) == 0) {
        if (Bcb->Dirty) { /* what was written since it was declared dirty counts too */
            CcpMarkDirty(Bcb->View->Map, 0);
        }
        CcpReleaseView(Bcb->View);
        ExFreePoolWithTag(Bcb, CCP_TAG);
    }
}

VOID NTAPI CcUnpinDataForThread(PVOID Bcb, ERESOURCE_THREAD ResourceThreadId)
{
    (void)ResourceThreadId;
    CcUnpinData(Bcb);
}

VOID NTAPI CcRepinBcb(PVOID Bcb)
{
    InterlockedIncrement(&((CCP_BCB *)Bcb)->References);
}

VOID NTAPI CcUnpinRepinnedBcb(PVOID BcbVoid, BOOLEAN WriteThrough, PIO_STATUS_BLOCK IoStatus)
{
    CCP_BCB *Bcb = BcbVoid;
    IoStatus->Status = STATUS_SUCCESS;
    IoStatus->Information = 0;
    if (WriteThrough && Bcb->Dirty) {
        CcFlushCache(Bcb->View->Map->Pointers, &Bcb->Public.MappedFileOffset, Bcb->Public.MappedLength, IoStatus);
    }
    CcUnpinData(Bcb);
}

/* One MDL a view, its pages locked; the views themselves need not stay. */
VOID NTAPI CcMdlRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus)
{
    LONGLONG Offset = FileOffset->QuadPart;
    PMDL *Link = MdlChain;
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Done = 0;
    while (*Link != NULL) {
        Link = &(*Link)->Next;
    }
    while (Length != 0 && NT_SUCCESS(Status)) {
        CCP_VIEW *View;
        ULONG Part;
        PMDL Mdl;
        Status = CcpAcquireView(CcpMapOf(FileObject), Offset, &View, &Part);
        if (!NT_SUCCESS(Status)) {
            break;
        }
        Part = min(Part, Length);
        Mdl = IoAllocateMdl(View->Base + Offset % CCP_VIEW_SIZE, Part, FALSE, FALSE, NULL);
        Status = Mdl == NULL ? STATUS_INSUFFICIENT_RESOURCES : MmTouchSystemView_(View->Base + Offset % CCP_VIEW_SIZE, Part, FALSE);
        if (NT_SUCCESS(Status)) {
            Status = MiProbeAndLockPages_(Mdl, KernelMode, IoReadAccess);
        }
        CcpReleaseView(View);
        if (!NT_SUCCESS(Status)) {
            if (Mdl != NULL) {
                IoFreeMdl(Mdl);
            }
            break;
        }
        *Link = Mdl;
        Link = &Mdl->Next;
        Offset += Part;
        Length -= Part;
        Done += Part;
    }
    IoStatus->Status = Status;
    IoStatus->Information = Done;
}

VOID NTAPI CcMdlReadComplete(PFILE_OBJECT FileObject, PMDL MdlChain)
{
    (void)FileObject;
    while (MdlChain != NULL) {
        PMDL Next = MdlChain->Next;
        MmUnlockPages(MdlChain);
        IoFreeMdl(MdlChain);
        MdlChain = Next;
    }
}
