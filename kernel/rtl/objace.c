/* SPDX-License-Identifier: MIT */
/*
 * objace.c - entries of access lists that are built whole and then added: those for types of objects, and audits with inheritance.
 *
 *      object entry:  AceType AceFlags AceSize | Mask | Flags | [GUID of the type] | [GUID of the type that inherits] | SID
 *
 * Without any GUID an object entry is the plain one, as on Windows.
 */
#include "rtlp.h"

#define OBJECT_TYPE_PRESENT 1u
#define INHERITED_TYPE_PRESENT 2u
#define ADDABLE_FLAGS (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE | NO_PROPAGATE_INHERIT_ACE | INHERIT_ONLY_ACE | INHERITED_ACE)
#define LONGEST_SID (8 + 4 * SID_MAX_SUB_AUTHORITIES)

NTSTATUS NTAPI RtlAddAce(PACL Acl, ULONG Revision, ULONG StartingIndex, PVOID AceList, ULONG AceListLength);

typedef struct _ACE_SPACE {
    ACE_HEADER Header;
    ACCESS_MASK Mask;
    UCHAR Rest[sizeof(ULONG) + 2 * sizeof(GUID) + LONGEST_SID];
} ACE_SPACE;

static PUCHAR Put(PUCHAR At, const VOID *Bytes, ULONG Size)
{
    memcpy(At, Bytes, Size);
    return At + Size;
}

static NTSTATUS AddAny(PACL Acl, ULONG Revision, UCHAR Type, ULONG Flags, ULONG AuditFlags, ACCESS_MASK Mask, const GUID *Object, const GUID *Inherited,
                       PSID Sid)
{
    ACE_SPACE Ace = {.Header = {.AceType = Type, .AceFlags = (UCHAR)(Flags | AuditFlags)}, .Mask = Mask};
    ULONG Present = (Object != NULL ? OBJECT_TYPE_PRESENT : 0) | (Inherited != NULL ? INHERITED_TYPE_PRESENT : 0);
    PUCHAR At = Ace.Rest;

    if (Sid == NULL || !RtlValidSid(Sid))
        return STATUS_INVALID_SID;
    if (Flags & ~(ULONG)ADDABLE_FLAGS)
        return STATUS_INVALID_PARAMETER;
    if (!RtlValidAcl(Acl))
        return STATUS_INVALID_ACL;
    if (Revision > MAX_ACL_REVISION || (Present != 0 && Revision < ACL_REVISION_DS))
        return STATUS_REVISION_MISMATCH;
    if (Present != 0)
        At = Put(At, &Present, sizeof Present);
    if (Object != NULL)
        At = Put(At, Object, sizeof *Object);
    if (Inherited != NULL)
        At = Put(At, Inherited, sizeof *Inherited);
    At = Put(At, Sid, RtlLengthSid(Sid));
    Ace.Header.AceSize = (USHORT)(At - (PUCHAR)&Ace);
    NTSTATUS Status = RtlAddAce(Acl, Revision, MAXULONG, &Ace, Ace.Header.AceSize);
    return Status == STATUS_BUFFER_TOO_SMALL ? STATUS_ALLOTTED_SPACE_EXCEEDED : Status;
}

static ULONG AuditFlags(BOOLEAN Success, BOOLEAN Failure)
{
    return (Success ? SUCCESSFUL_ACCESS_ACE_FLAG : 0) | (Failure ? FAILED_ACCESS_ACE_FLAG : 0);
}

NTSTATUS NTAPI RtlAddAuditAccessAceEx(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, PSID Sid, BOOLEAN Success, BOOLEAN Failure)
{
    return AddAny(Acl, Revision, SYSTEM_AUDIT_ACE_TYPE, Flags, AuditFlags(Success, Failure), Mask, NULL, NULL, Sid);
}

NTSTATUS NTAPI RtlAddAccessAllowedObjectAce(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, GUID *Object, GUID *Inherited, PSID Sid)
{
    UCHAR Type = Object == NULL && Inherited == NULL ? ACCESS_ALLOWED_ACE_TYPE : ACCESS_ALLOWED_OBJECT_ACE_TYPE;

    return AddAny(Acl, Revision, Type, Flags, 0, Mask, Object, Inherited, Sid);
}

NTSTATUS NTAPI RtlAddAccessDeniedObjectAce(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, GUID *Object, GUID *Inherited, PSID Sid)
{
    UCHAR Type = Object == NULL && Inherited == NULL ? ACCESS_DENIED_ACE_TYPE : ACCESS_DENIED_OBJECT_ACE_TYPE;

    return AddAny(Acl, Revision, Type, Flags, 0, Mask, Object, Inherited, Sid);
}

NTSTATUS NTAPI RtlAddAuditAccessObjectAce(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, GUID *Object, GUID *Inherited, PSID Sid,
                                          BOOLEAN Success, BOOLEAN Failure)
{
    UCHAR Type = Object == NULL && Inherited == NULL ? SYSTEM_AUDIT_ACE_TYPE : SYSTEM_AUDIT_OBJECT_ACE_TYPE;

    return AddAny(Acl, Revision, Type, Flags, AuditFlags(Success, Failure), Mask, Object, Inherited, Sid);
}
