/* SPDX-License-Identifier: MIT */
/*
 * mdl.c - memory descriptor lists: a virtual range and, behind the fixed part, the numbers of its physical
 * pages.  mm fills those; io makes and frees the block.
 */
#include "iop.h"

static_assert(sizeof(MDL) == 0x30, "MDL");

/*
 * MDL.Size is a CSHORT and a buffer may be of almost 4 GiB (as since Windows 7): what does not fit is shown as the largest Size there is, and whoever
 * fills such an MDL in is trusted to have asked for enough room.
 */
#define IOP_LARGEST_MDL_SIZE ((CSHORT)(MAXSHORT & ~7))

PMDL NTAPI IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp)
{
    SIZE_T Size = MmSizeOfMdl(VirtualAddress, Length);
    PMDL Mdl;
    (void)ChargeQuota;
    Mdl = ExAllocatePoolWithTag(NonPagedPool, Size, IOP_TAG_MDL);
    if (Mdl == NULL) {
        return NULL;
    }
    MmInitializeMdl(Mdl, VirtualAddress, Length);
    Mdl->Size = Size > IOP_LARGEST_MDL_SIZE ? IOP_LARGEST_MDL_SIZE : (CSHORT)Size;
    if (Irp != NULL && !SecondaryBuffer) {
        Irp->MdlAddress = Mdl;
    } else if (Irp != NULL) {
        PMDL *Last = &Irp->MdlAddress;
        while (*Last != NULL) {
            Last = &(*Last)->Next;
        }
        *Last = Mdl;
    }
    return Mdl;
}

VOID NTAPI IoFreeMdl(PMDL Mdl)
{
    MmPrepareMdlForReuse(Mdl); /* a partial MDL may have a mapping of its own */
    ExFreePoolWithTag(Mdl, IOP_TAG_MDL);
}

/* Target describes [VirtualAddress, VirtualAddress + Length) of Source; Length 0: all that is left.  Target
 * must have room for the pages. */
VOID NTAPI IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length)
{
    ULONG_PTR Offset = (ULONG_PTR)VirtualAddress - (ULONG_PTR)SourceMdl->StartVa - SourceMdl->ByteOffset;
    PPFN_NUMBER From, To;
    ULONG Pages;
    ASSERT(Offset < SourceMdl->ByteCount);
    if (Length == 0) {
        Length = SourceMdl->ByteCount - (ULONG)Offset;
    }
    TargetMdl->StartVa = PAGE_ALIGN(VirtualAddress);
    TargetMdl->ByteOffset = BYTE_OFFSET(VirtualAddress);
    TargetMdl->ByteCount = Length;
    Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, Length);
    if (TargetMdl->Size < IOP_LARGEST_MDL_SIZE && Pages > (TargetMdl->Size - sizeof(MDL)) / sizeof(PFN_NUMBER)) {
        KeBugCheckEx(TARGET_MDL_TOO_SMALL, 0, 0, 0, 0);
    }
    TargetMdl->Process = SourceMdl->Process;
    TargetMdl->MdlFlags &= MDL_ALLOCATED_FIXED_SIZE | MDL_ALLOCATED_MUST_SUCCEED;
    TargetMdl->MdlFlags |= SourceMdl->MdlFlags & (MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA | MDL_IO_PAGE_READ);
    TargetMdl->MdlFlags |= MDL_PARTIAL;
    TargetMdl->MappedSystemVa = (PUCHAR)SourceMdl->MappedSystemVa + Offset;
    From = MmGetMdlPfnArray(SourceMdl) + ((((ULONG_PTR)TargetMdl->StartVa) - (ULONG_PTR)SourceMdl->StartVa) >> PAGE_SHIFT);
    To = MmGetMdlPfnArray(TargetMdl);
    for (ULONG Page = 0; Page < Pages; Page++) {
        To[Page] = From[Page];
    }
}
