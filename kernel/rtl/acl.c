/* SPDX-License-Identifier: MIT */
/*
 * acl.c - access control lists.
 *
 *      ACL:  Revision 0 AclSize AceCount 0 | ACE | ACE | ... | free
 *      ACE:  AceType AceFlags AceSize | Mask | SID (for the simple types)
 *
 * An ACL from outside must pass RtlValidAcl, which proves that all its ACEs, and the SIDs in those of known types, lie inside AclSize.
 * Windows Internals, 7th ed., part 1, chapter 7 "Security descriptors and access control".
 */
#include "rtlp.h"

/* The simple ACE types share this form. */
typedef struct _SIMPLE_ACE {
    ACE_HEADER Header;
    ACCESS_MASK Mask;
    ULONG SidStart;
} SIMPLE_ACE;

#define ACE_SID(ace) ((PSID) & ((SIMPLE_ACE *)(ace))->SidStart)
#define NEXT_ACE(ace) ((ACE_HEADER *)((PUCHAR)(ace) + (ace)->AceSize))
#define VALID_INHERIT_FLAGS_ (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE | NO_PROPAGATE_INHERIT_ACE | INHERIT_ONLY_ACE | INHERITED_ACE)

static BOOLEAN IsSimpleType(UCHAR Type)
{
    return Type == ACCESS_ALLOWED_ACE_TYPE || Type == ACCESS_DENIED_ACE_TYPE || Type == SYSTEM_AUDIT_ACE_TYPE ||
           Type == SYSTEM_ALARM_ACE_TYPE || Type == SYSTEM_MANDATORY_LABEL_ACE_TYPE;
}

/* How far from the ACE's beginning its SID lies; 0: no SID that we know of.  Object types have flags and up to two GUIDs between mask and SID. */
static ULONG SidOffset(const ACE_HEADER *Ace)
{
    if (IsSimpleType(Ace->AceType))
        return FIELD_OFFSET(SIMPLE_ACE, SidStart);
    if (Ace->AceType < ACCESS_ALLOWED_OBJECT_ACE_TYPE || Ace->AceType > SYSTEM_ALARM_OBJECT_ACE_TYPE)
        return 0;
    if (Ace->AceSize < sizeof(SIMPLE_ACE))
        return MAXUSHORT;
    ULONG Flags = ((SIMPLE_ACE *)Ace)->SidStart;
    return (ULONG)sizeof(SIMPLE_ACE) + (Flags & 1 ? (ULONG)sizeof(GUID) : 0) + (Flags & 2 ? (ULONG)sizeof(GUID) : 0);
}

static BOOLEAN IsValidAce(const ACE_HEADER *Ace, SIZE_T Room)
{
    if (Room < sizeof(ACE_HEADER) || Ace->AceSize < sizeof(ACE_HEADER) || Ace->AceSize % 4 != 0 || Ace->AceSize > Room)
        return FALSE;
    ULONG Offset = SidOffset(Ace);
    if (Offset == 0)
        return TRUE;
    if (Ace->AceSize < Offset + RtlLengthRequiredSid(0))
        return FALSE;
    PSID Sid = (PUCHAR)Ace + Offset;
    return RtlValidSid(Sid) && RtlLengthSid(Sid) <= Ace->AceSize - Offset;
}

BOOLEAN NTAPI RtlValidAcl(PACL Acl)
{
    if (Acl == NULL || Acl->AclRevision < MIN_ACL_REVISION || Acl->AclRevision > MAX_ACL_REVISION ||
        Acl->AclSize < sizeof(ACL) || Acl->AclSize % 4 != 0)
        return FALSE;
    const ACE_HEADER *Ace = (ACE_HEADER *)(Acl + 1);
    for (ULONG Index = 0; Index < Acl->AceCount; Index++) {
        if (!IsValidAce(Ace, (SIZE_T)((PUCHAR)Acl + Acl->AclSize - (PUCHAR)Ace)))
            return FALSE;
        Ace = NEXT_ACE(Ace);
    }
    return TRUE;
}

NTSTATUS NTAPI RtlCreateAcl(PACL Acl, ULONG Length, ULONG Revision)
{
    if (Length < sizeof(ACL))
        return STATUS_BUFFER_TOO_SMALL;
    if (Revision < MIN_ACL_REVISION || Revision > MAX_ACL_REVISION || Length > MAXUSHORT)
        return STATUS_INVALID_PARAMETER;
    memset(Acl, 0, sizeof *Acl);
    Acl->AclRevision = (UCHAR)Revision;
    Acl->AclSize = (USHORT)(Length & ~3u);
    return STATUS_SUCCESS;
}

/* FALSE: the ACEs overrun the list.  *FirstFree: NULL if the list is exactly full. */
BOOLEAN NTAPI RtlFirstFreeAce(PACL Acl, PVOID *FirstFree)
{
    PUCHAR End = (PUCHAR)Acl + Acl->AclSize;
    ACE_HEADER *Ace = (ACE_HEADER *)(Acl + 1);

    *FirstFree = NULL;
    for (ULONG Index = 0; Index < Acl->AceCount; Index++) {
        if ((PUCHAR)Ace + sizeof *Ace > End || Ace->AceSize < sizeof *Ace)
            return FALSE;
        Ace = NEXT_ACE(Ace);
    }
    if ((PUCHAR)Ace < End)
        *FirstFree = Ace;
    return (PUCHAR)Ace <= End;
}

static ACE_HEADER *AceAt(PACL Acl, ULONG Index)
{
    ACE_HEADER *Ace = (ACE_HEADER *)(Acl + 1);

    for (; Index != 0; Index--)
        Ace = NEXT_ACE(Ace);
    return Ace;
}

NTSTATUS NTAPI RtlGetAce(PACL Acl, ULONG Index, PVOID *Ace)
{
    if (Acl == NULL || Acl->AclRevision < MIN_ACL_REVISION || Acl->AclRevision > MAX_ACL_REVISION || Index >= Acl->AceCount)
        return STATUS_INVALID_PARAMETER;
    *Ace = AceAt(Acl, Index);
    return (PUCHAR)*Ace >= (PUCHAR)Acl + Acl->AclSize ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* Makes a hole of Size bytes before ACE number Index (or at the end) and counts Count more ACEs. */
static NTSTATUS OpenHole(PACL Acl, ULONG Index, ULONG Size, ULONG Count, PVOID *Hole)
{
    PVOID Free;
    PUCHAR End = (PUCHAR)Acl + Acl->AclSize;

    if (!RtlValidAcl(Acl) || !RtlFirstFreeAce(Acl, &Free))
        return STATUS_INVALID_ACL;
    if (Free == NULL || Size > (SIZE_T)(End - (PUCHAR)Free) || Acl->AceCount + Count > MAXUSHORT)
        return STATUS_ALLOTTED_SPACE_EXCEEDED;
    PUCHAR At = Index >= Acl->AceCount ? Free : (PVOID)AceAt(Acl, Index);
    memmove(At + Size, At, (SIZE_T)((PUCHAR)Free - At));
    Acl->AceCount = (USHORT)(Acl->AceCount + Count);
    *Hole = At;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAddAce(PACL Acl, ULONG Revision, ULONG StartingIndex, PVOID AceList, ULONG AceListLength)
{
    ULONG Count = 0;
    PVOID Hole;

    if (!RtlValidAcl(Acl) || Revision > MAX_ACL_REVISION)
        return STATUS_INVALID_PARAMETER;
    for (PUCHAR At = AceList, End = At + AceListLength; At < End; At += ((ACE_HEADER *)At)->AceSize, Count++) {
        if (!IsValidAce((ACE_HEADER *)At, (SIZE_T)(End - At)))
            return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = OpenHole(Acl, StartingIndex, AceListLength, Count, &Hole);
    if (!NT_SUCCESS(Status))
        return Status == STATUS_ALLOTTED_SPACE_EXCEEDED ? STATUS_BUFFER_TOO_SMALL : Status;
    memcpy(Hole, AceList, AceListLength);
    if (Revision > Acl->AclRevision)
        Acl->AclRevision = (UCHAR)Revision;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlDeleteAce(PACL Acl, ULONG Index)
{
    PVOID Free;

    if (!RtlValidAcl(Acl) || Index >= Acl->AceCount || !RtlFirstFreeAce(Acl, &Free))
        return STATUS_INVALID_PARAMETER;
    PUCHAR End = Free != NULL ? Free : (PUCHAR)Acl + Acl->AclSize;
    ACE_HEADER *Ace = AceAt(Acl, Index);
    PUCHAR Next = (PUCHAR)NEXT_ACE(Ace);
    USHORT Size = Ace->AceSize;
    memmove(Ace, Next, (SIZE_T)(End - Next));
    memset(End - Size, 0, Size);
    Acl->AceCount--;
    return STATUS_SUCCESS;
}

static NTSTATUS AddSimpleAce(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, PSID Sid, UCHAR Type)
{
    PVOID Hole;

    if (!RtlValidSid(Sid))
        return STATUS_INVALID_SID;
    if (Acl->AclRevision > MAX_ACL_REVISION || Revision > MAX_ACL_REVISION)
        return STATUS_REVISION_MISMATCH;
    ULONG Size = (ULONG)FIELD_OFFSET(SIMPLE_ACE, SidStart) + RtlLengthSid(Sid);
    NTSTATUS Status = OpenHole(Acl, MAXULONG, Size, 1, &Hole);
    if (!NT_SUCCESS(Status))
        return Status;
    SIMPLE_ACE *Ace = Hole;
    Ace->Header.AceType = Type;
    Ace->Header.AceFlags = (UCHAR)Flags;
    Ace->Header.AceSize = (USHORT)Size;
    Ace->Mask = Mask;
    RtlCopySid(RtlLengthSid(Sid), ACE_SID(Ace), Sid);
    if (Revision > Acl->AclRevision)
        Acl->AclRevision = (UCHAR)Revision;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAddAccessAllowedAceEx(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, PSID Sid)
{
    if ((Flags & ~(ULONG)VALID_INHERIT_FLAGS_) != 0)
        return STATUS_INVALID_PARAMETER;
    return AddSimpleAce(Acl, Revision, Flags, Mask, Sid, ACCESS_ALLOWED_ACE_TYPE);
}

NTSTATUS NTAPI RtlAddAccessAllowedAce(PACL Acl, ULONG Revision, ACCESS_MASK Mask, PSID Sid)
{
    return RtlAddAccessAllowedAceEx(Acl, Revision, 0, Mask, Sid);
}

NTSTATUS NTAPI RtlAddAccessDeniedAceEx(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, PSID Sid)
{
    if ((Flags & ~(ULONG)VALID_INHERIT_FLAGS_) != 0)
        return STATUS_INVALID_PARAMETER;
    return AddSimpleAce(Acl, Revision, Flags, Mask, Sid, ACCESS_DENIED_ACE_TYPE);
}

NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL Acl, ULONG Revision, ACCESS_MASK Mask, PSID Sid)
{
    return RtlAddAccessDeniedAceEx(Acl, Revision, 0, Mask, Sid);
}

NTSTATUS NTAPI RtlAddAuditAccessAce(PACL Acl, ULONG Revision, ACCESS_MASK Mask, PSID Sid, BOOLEAN Success, BOOLEAN Failure)
{
    ULONG Flags = (Success ? SUCCESSFUL_ACCESS_ACE_FLAG : 0) | (Failure ? FAILED_ACCESS_ACE_FLAG : 0);

    return AddSimpleAce(Acl, Revision, Flags, Mask, Sid, SYSTEM_AUDIT_ACE_TYPE);
}

NTSTATUS NTAPI RtlAddMandatoryAce(PACL Acl, ULONG Revision, ULONG Flags, PSID Sid, UCHAR Type, ACCESS_MASK Mask)
{
    if (Type != SYSTEM_MANDATORY_LABEL_ACE_TYPE || (Flags & ~(ULONG)VALID_INHERIT_FLAGS_) != 0)
        return STATUS_INVALID_PARAMETER;
    return AddSimpleAce(Acl, Revision, Flags, Mask, Sid, Type);
}

/* ACL_INFORMATION_CLASS: 1 revision, 2 sizes. */
NTSTATUS NTAPI RtlQueryInformationAcl(PACL Acl, PVOID Information, ULONG Length, ULONG Class)
{
    struct { ULONG AceCount, BytesInUse, BytesFree; } *Size = Information;
    PVOID Free;

    if (Acl->AclRevision < MIN_ACL_REVISION || Acl->AclRevision > MAX_ACL_REVISION)
        return STATUS_INVALID_PARAMETER;
    if (Class == 1) {
        if (Length < sizeof(ULONG))
            return STATUS_BUFFER_TOO_SMALL;
        *(ULONG *)Information = Acl->AclRevision;
        return STATUS_SUCCESS;
    }
    if (Class != 2)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < sizeof *Size)
        return STATUS_BUFFER_TOO_SMALL;
    if (!RtlFirstFreeAce(Acl, &Free))
        return STATUS_INVALID_PARAMETER;
    Size->AceCount = Acl->AceCount;
    Size->BytesInUse = Free == NULL ? Acl->AclSize : (ULONG)((PUCHAR)Free - (PUCHAR)Acl);
    Size->BytesFree = Acl->AclSize - Size->BytesInUse;
    return STATUS_SUCCESS;
}

VOID NTAPI RtlMapGenericMask(PACCESS_MASK AccessMask, PGENERIC_MAPPING Mapping)
{
    ACCESS_MASK Mask = *AccessMask;

    if (Mask & GENERIC_READ)
        Mask |= Mapping->GenericRead;
    if (Mask & GENERIC_WRITE)
        Mask |= Mapping->GenericWrite;
    if (Mask & GENERIC_EXECUTE)
        Mask |= Mapping->GenericExecute;
    if (Mask & GENERIC_ALL)
        Mask |= Mapping->GenericAll;
    *AccessMask = Mask & ~(ACCESS_MASK)(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
}

BOOLEAN NTAPI RtlAreAllAccessesGranted(ACCESS_MASK Granted, ACCESS_MASK Desired)
{
    return (Desired & ~Granted) == 0;
}

BOOLEAN NTAPI RtlAreAnyAccessesGranted(ACCESS_MASK Granted, ACCESS_MASK Desired)
{
    return (Desired & Granted) != 0;
}
