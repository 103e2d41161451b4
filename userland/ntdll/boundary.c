/* SPDX-License-Identifier: MIT */
/*
 * boundary.c - boundary descriptors: by what a private namespace is found, and who may create it.  The kernel reads them: kernel/ob/namespace.c has the
 * format.  Each is one heap block, which moves when something is added.
 */
#include "ntdllp.h"
#include "nsapi.h"

typedef struct _BOUNDARY
{
    ULONG Version, Items, TotalSize, Flags;
} BOUNDARY;

typedef struct _BOUNDARY_ITEM
{
    ULONG Kind, Size; /* Size: with this header */
} BOUNDARY_ITEM;

enum
{
    BoundaryName = 1,
    BoundarySid,
    BoundaryIntegrity
};

/* Old with one more item, in a new block; Old null: a new one.  Old stays. */
static BOUNDARY *WithItem(const BOUNDARY *Old, ULONG Kind, const void *Data, ULONG Size)
{
    ULONG Before = Old != NULL ? Old->TotalSize : sizeof(BOUNDARY), After = Before + (ULONG)ROUND_UP(sizeof(BOUNDARY_ITEM) + Size, 8);
    BOUNDARY *New = AllocateZero(After);

    if (New == NULL)
        return NULL;
    if (Old != NULL)
        memcpy(New, Old, Before);
    BOUNDARY_ITEM *Item = (BOUNDARY_ITEM *)(PVOID)((UCHAR *)New + Before);
    *Item = (BOUNDARY_ITEM){Kind, (ULONG)sizeof *Item + Size};
    memcpy(Item + 1, Data, Size);
    New->Version = 1;
    New->Items++;
    New->TotalSize = After;
    return New;
}

/* Flags 1: the caller's package, of which there are none here.  Null without memory, for an empty name and for other flags. */
PVOID NTAPI RtlCreateBoundaryDescriptor(PUNICODE_STRING Name, ULONG Flags)
{
    if ((Flags & ~1u) != 0 || Name->Length == 0 || (Name->Length & 1) != 0)
        return NULL;
    BOUNDARY *New = WithItem(NULL, BoundaryName, Name->Buffer, Name->Length);
    if (New != NULL)
        New->Flags = Flags;
    return New;
}

VOID NTAPI RtlDeleteBoundaryDescriptor(PVOID Boundary)
{
    Free(Boundary);
}

static NTSTATUS Add(PVOID *Boundary, ULONG Kind, PSID Sid)
{
    if (!RtlValidSid(Sid))
        return STATUS_INVALID_PARAMETER;
    BOUNDARY *New = WithItem(*Boundary, Kind, Sid, RtlLengthSid(Sid));
    if (New == NULL)
        return STATUS_NO_MEMORY;
    Free(*Boundary);
    *Boundary = New;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAddSIDToBoundaryDescriptor(PVOID *Boundary, PSID Sid)
{
    return Add(Boundary, BoundarySid, Sid);
}

static bool HasIntegrity(const BOUNDARY *Boundary)
{
    for (ULONG At = sizeof *Boundary; At < Boundary->TotalSize;) {
        const BOUNDARY_ITEM *Item = (const BOUNDARY_ITEM *)(const void *)((const UCHAR *)Boundary + At);
        if (Item->Kind == BoundaryIntegrity)
            return true;
        At += (ULONG)ROUND_UP(Item->Size, 8);
    }
    return false;
}

/* A label (S-1-16-n), once. */
NTSTATUS NTAPI RtlAddIntegrityLabelToBoundaryDescriptor(PVOID *Boundary, PSID Label)
{
    static const UCHAR Authority[6] = {0, 0, 0, 0, 0, 16};

    if (!RtlValidSid(Label) || memcmp(((SID *)Label)->IdentifierAuthority.Value, Authority, sizeof Authority) != 0 || HasIntegrity(*Boundary))
        return STATUS_INVALID_PARAMETER;
    return Add(Boundary, BoundaryIntegrity, Label);
}
