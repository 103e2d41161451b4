/* SPDX-License-Identifier: MIT */
/*
 * sd.c - security descriptors, absolute (pointers) and self-relative (offsets, SE_SELF_RELATIVE set).
 *
 *      0 Revision  1 Sbz1  2 Control   absolute: 8 Owner 16 Group 24 Sacl 32 Dacl    (40 bytes)
 *                                      relative: 4 Owner  8 Group 12 Sacl 16 Dacl    (20 bytes; offsets from the descriptor, 0: none)
 *
 * A NULL DACL that is present grants everything to everyone; no DACL at all is the same; an empty one grants nothing.
 * Routines other than RtlValidRelativeSecurityDescriptor trust the descriptor's inner lengths.
 */
#include "rtlp.h"

typedef SECURITY_DESCRIPTOR ABSOLUTE_SD;
typedef SECURITY_DESCRIPTOR_RELATIVE RELATIVE_SD;

/* The four parts, wherever they are. */
typedef struct _SD_PARTS {
    PSID Owner, Group;
    PACL Sacl, Dacl;
} SD_PARTS;

static PVOID FromOffset(PSECURITY_DESCRIPTOR Descriptor, ULONG Offset)
{
    return Offset == 0 ? NULL : (PUCHAR)Descriptor + Offset;
}

static void GetParts(PSECURITY_DESCRIPTOR Descriptor, SD_PARTS *Parts)
{
    const ABSOLUTE_SD *Absolute = Descriptor;
    const RELATIVE_SD *Relative = Descriptor;
    SECURITY_DESCRIPTOR_CONTROL Control = Absolute->Control;

    if (Control & SE_SELF_RELATIVE) {
        Parts->Owner = FromOffset(Descriptor, Relative->Owner);
        Parts->Group = FromOffset(Descriptor, Relative->Group);
        Parts->Sacl = FromOffset(Descriptor, Relative->Sacl);
        Parts->Dacl = FromOffset(Descriptor, Relative->Dacl);
    } else {
        Parts->Owner = Absolute->Owner;
        Parts->Group = Absolute->Group;
        Parts->Sacl = Absolute->Sacl;
        Parts->Dacl = Absolute->Dacl;
    }
    if (!(Control & SE_SACL_PRESENT))
        Parts->Sacl = NULL;
    if (!(Control & SE_DACL_PRESENT))
        Parts->Dacl = NULL;
}

static ULONG Align4(ULONG Value)
{
    return (Value + 3) & ~3u;
}

static ULONG SidBytes(PSID Sid)
{
    return Sid == NULL ? 0 : Align4(RtlLengthSid(Sid));
}

static ULONG AclBytes(PACL Acl)
{
    return Acl == NULL ? 0 : Align4(Acl->AclSize);
}

static BOOLEAN IsAbsolute(PSECURITY_DESCRIPTOR Descriptor)
{
    return !(((ABSOLUTE_SD *)Descriptor)->Control & SE_SELF_RELATIVE);
}

static NTSTATUS CheckRevision(PSECURITY_DESCRIPTOR Descriptor, BOOLEAN MustBeAbsolute)
{
    if (((ABSOLUTE_SD *)Descriptor)->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    if (MustBeAbsolute && !IsAbsolute(Descriptor))
        return STATUS_INVALID_SECURITY_DESCR;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Revision)
{
    if (Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    memset(Descriptor, 0, sizeof(ABSOLUTE_SD));
    ((ABSOLUTE_SD *)Descriptor)->Revision = SECURITY_DESCRIPTOR_REVISION;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlCreateSecurityDescriptorRelative(PISECURITY_DESCRIPTOR_RELATIVE Descriptor, ULONG Revision)
{
    if (Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    memset(Descriptor, 0, sizeof *Descriptor);
    Descriptor->Revision = SECURITY_DESCRIPTOR_REVISION;
    Descriptor->Control = SE_SELF_RELATIVE;
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor)
{
    SD_PARTS Parts;

    if (Descriptor == NULL || CheckRevision(Descriptor, FALSE) != STATUS_SUCCESS)
        return FALSE;
    GetParts(Descriptor, &Parts);
    return (Parts.Owner == NULL || RtlValidSid(Parts.Owner)) && (Parts.Group == NULL || RtlValidSid(Parts.Group)) &&
           (Parts.Sacl == NULL || RtlValidAcl(Parts.Sacl)) && (Parts.Dacl == NULL || RtlValidAcl(Parts.Dacl));
}

ULONG NTAPI RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor)
{
    SD_PARTS Parts;
    ULONG Head = IsAbsolute(Descriptor) ? sizeof(ABSOLUTE_SD) : sizeof(RELATIVE_SD);

    GetParts(Descriptor, &Parts);
    return Head + SidBytes(Parts.Owner) + SidBytes(Parts.Group) + AclBytes(Parts.Sacl) + AclBytes(Parts.Dacl);
}

static BOOLEAN SidInside(const RELATIVE_SD *Descriptor, ULONG Length, ULONG Offset)
{
    if (Offset < sizeof(RELATIVE_SD) || Offset % 4 != 0 || Offset > Length || Length - Offset < RtlLengthRequiredSid(0))
        return FALSE;
    PSID Sid = (PUCHAR)Descriptor + Offset;
    return RtlValidSid(Sid) && RtlLengthSid(Sid) <= Length - Offset;
}

static BOOLEAN AclInside(const RELATIVE_SD *Descriptor, ULONG Length, ULONG Offset)
{
    if (Offset < sizeof(RELATIVE_SD) || Offset % 4 != 0 || Offset > Length || Length - Offset < sizeof(ACL))
        return FALSE;
    PACL Acl = (PACL)((PUCHAR)Descriptor + Offset);
    return Acl->AclSize <= Length - Offset && RtlValidAcl(Acl);
}

BOOLEAN NTAPI RtlValidRelativeSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Length, SECURITY_INFORMATION Required)
{
    const RELATIVE_SD *Relative = Descriptor;

    if (Length < sizeof *Relative || Relative->Revision != SECURITY_DESCRIPTOR_REVISION ||
        !(Relative->Control & SE_SELF_RELATIVE))
        return FALSE;
    if (Relative->Owner != 0 ? !SidInside(Relative, Length, Relative->Owner) : (Required & OWNER_SECURITY_INFORMATION) != 0)
        return FALSE;
    if (Relative->Group != 0 ? !SidInside(Relative, Length, Relative->Group) : (Required & GROUP_SECURITY_INFORMATION) != 0)
        return FALSE;
    if (!(Relative->Control & SE_DACL_PRESENT) && (Required & DACL_SECURITY_INFORMATION) != 0)
        return FALSE;
    if ((Relative->Control & SE_DACL_PRESENT) && Relative->Dacl != 0 && !AclInside(Relative, Length, Relative->Dacl))
        return FALSE;
    if (!(Relative->Control & SE_SACL_PRESENT) && (Required & SACL_SECURITY_INFORMATION) != 0)
        return FALSE;
    return !(Relative->Control & SE_SACL_PRESENT) || Relative->Sacl == 0 || AclInside(Relative, Length, Relative->Sacl);
}

static void SetControl(PSECURITY_DESCRIPTOR Descriptor, SECURITY_DESCRIPTOR_CONTROL Bit, BOOLEAN On)
{
    ABSOLUTE_SD *Absolute = Descriptor;

    Absolute->Control = On ? Absolute->Control | Bit : Absolute->Control & (USHORT)~Bit;
}

NTSTATUS NTAPI RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, BOOLEAN Present, PACL Dacl, BOOLEAN Defaulted)
{
    NTSTATUS Status = CheckRevision(Descriptor, TRUE);

    if (!NT_SUCCESS(Status))
        return Status;
    SetControl(Descriptor, SE_DACL_PRESENT, Present);
    SetControl(Descriptor, SE_DACL_DEFAULTED, Present && Defaulted);
    ((ABSOLUTE_SD *)Descriptor)->Dacl = Present ? Dacl : NULL;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, BOOLEAN Present, PACL Sacl, BOOLEAN Defaulted)
{
    NTSTATUS Status = CheckRevision(Descriptor, TRUE);

    if (!NT_SUCCESS(Status))
        return Status;
    SetControl(Descriptor, SE_SACL_PRESENT, Present);
    SetControl(Descriptor, SE_SACL_DEFAULTED, Present && Defaulted);
    ((ABSOLUTE_SD *)Descriptor)->Sacl = Present ? Sacl : NULL;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID Owner, BOOLEAN Defaulted)
{
    NTSTATUS Status = CheckRevision(Descriptor, TRUE);

    if (!NT_SUCCESS(Status))
        return Status;
    ((ABSOLUTE_SD *)Descriptor)->Owner = Owner;
    SetControl(Descriptor, SE_OWNER_DEFAULTED, Defaulted);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID Group, BOOLEAN Defaulted)
{
    NTSTATUS Status = CheckRevision(Descriptor, TRUE);

    if (!NT_SUCCESS(Status))
        return Status;
    ((ABSOLUTE_SD *)Descriptor)->Group = Group;
    SetControl(Descriptor, SE_GROUP_DEFAULTED, Defaulted);
    return STATUS_SUCCESS;
}

/* PresentBit and DefaultedBit tell which list; *Acl and *Defaulted are left alone if there is none. */
static NTSTATUS GetAcl(PSECURITY_DESCRIPTOR Descriptor, SECURITY_DESCRIPTOR_CONTROL PresentBit, SECURITY_DESCRIPTOR_CONTROL DefaultedBit, PBOOLEAN Present,
                       PACL *Acl, PBOOLEAN Defaulted)
{
    SECURITY_DESCRIPTOR_CONTROL Control = ((ABSOLUTE_SD *)Descriptor)->Control;
    SD_PARTS Parts;
    NTSTATUS Status = CheckRevision(Descriptor, FALSE);

    if (!NT_SUCCESS(Status))
        return Status;
    GetParts(Descriptor, &Parts);
    *Present = (Control & PresentBit) != 0;
    if (*Present) {
        *Acl = PresentBit == SE_DACL_PRESENT ? Parts.Dacl : Parts.Sacl;
        *Defaulted = (Control & DefaultedBit) != 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PBOOLEAN Present, PACL *Dacl, PBOOLEAN Defaulted)
{
    return GetAcl(Descriptor, SE_DACL_PRESENT, SE_DACL_DEFAULTED, Present, Dacl, Defaulted);
}

NTSTATUS NTAPI RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PBOOLEAN Present, PACL *Sacl, PBOOLEAN Defaulted)
{
    return GetAcl(Descriptor, SE_SACL_PRESENT, SE_SACL_DEFAULTED, Present, Sacl, Defaulted);
}

NTSTATUS NTAPI RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID *Owner, PBOOLEAN Defaulted)
{
    SD_PARTS Parts;
    NTSTATUS Status = CheckRevision(Descriptor, FALSE);

    if (!NT_SUCCESS(Status))
        return Status;
    GetParts(Descriptor, &Parts);
    *Owner = Parts.Owner;
    *Defaulted = (((ABSOLUTE_SD *)Descriptor)->Control & SE_OWNER_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID *Group, PBOOLEAN Defaulted)
{
    SD_PARTS Parts;
    NTSTATUS Status = CheckRevision(Descriptor, FALSE);

    if (!NT_SUCCESS(Status))
        return Status;
    GetParts(Descriptor, &Parts);
    *Group = Parts.Group;
    *Defaulted = (((ABSOLUTE_SD *)Descriptor)->Control & SE_GROUP_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGetControlSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSECURITY_DESCRIPTOR_CONTROL Control, PULONG Revision)
{
    *Revision = ((ABSOLUTE_SD *)Descriptor)->Revision;
    *Control = ((ABSOLUTE_SD *)Descriptor)->Control;
    return CheckRevision(Descriptor, FALSE);
}

#define SETTABLE_CONTROL                                                                                                  \
    (SE_DACL_UNTRUSTED | SE_SERVER_SECURITY | SE_DACL_AUTO_INHERIT_REQ | SE_SACL_AUTO_INHERIT_REQ |                         \
     SE_DACL_AUTO_INHERITED | SE_SACL_AUTO_INHERITED | SE_DACL_PROTECTED | SE_SACL_PROTECTED)

NTSTATUS NTAPI RtlSetControlSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, SECURITY_DESCRIPTOR_CONTROL OfInterest,
                                               SECURITY_DESCRIPTOR_CONTROL Set)
{
    ABSOLUTE_SD *Absolute = Descriptor;

    if ((OfInterest & ~SETTABLE_CONTROL) != 0 || (Set & ~OfInterest) != 0)
        return STATUS_INVALID_PARAMETER;
    Absolute->Control = (USHORT)((Absolute->Control & ~OfInterest) | Set);
    return STATUS_SUCCESS;
}

/* Copies a part to *At inside the new descriptor and moves *At on; returns its offset, 0 for none. */
static ULONG Append(PUCHAR Base, PUCHAR *At, const VOID *Part, ULONG Bytes, ULONG Padded)
{
    ULONG Offset = (ULONG)(*At - Base);

    if (Part == NULL)
        return 0;
    memcpy(*At, Part, Bytes);
    memset(*At + Bytes, 0, Padded - Bytes);
    *At += Padded;
    return Offset;
}

/* Any form to self-relative. */
NTSTATUS NTAPI RtlMakeSelfRelativeSD(PSECURITY_DESCRIPTOR Source, PSECURITY_DESCRIPTOR SelfRelative, PULONG Length)
{
    SD_PARTS Parts;
    RELATIVE_SD *Relative = SelfRelative;
    NTSTATUS Status = CheckRevision(Source, FALSE);

    if (!NT_SUCCESS(Status))
        return Status;
    GetParts(Source, &Parts);
    ULONG Needed = sizeof *Relative + SidBytes(Parts.Owner) + SidBytes(Parts.Group) + AclBytes(Parts.Sacl) + AclBytes(Parts.Dacl);
    if (*Length < Needed) {
        *Length = Needed;
        return STATUS_BUFFER_TOO_SMALL;
    }
    *Length = Needed;
    PUCHAR Base = SelfRelative, At = Base + sizeof *Relative;
    Relative->Revision = SECURITY_DESCRIPTOR_REVISION;
    Relative->Sbz1 = ((ABSOLUTE_SD *)Source)->Sbz1;
    Relative->Control = ((ABSOLUTE_SD *)Source)->Control | SE_SELF_RELATIVE;
    Relative->Sacl = Append(Base, &At, Parts.Sacl, Parts.Sacl != NULL ? Parts.Sacl->AclSize : 0, AclBytes(Parts.Sacl));
    Relative->Dacl = Append(Base, &At, Parts.Dacl, Parts.Dacl != NULL ? Parts.Dacl->AclSize : 0, AclBytes(Parts.Dacl));
    Relative->Owner = Append(Base, &At, Parts.Owner, Parts.Owner != NULL ? RtlLengthSid(Parts.Owner) : 0, SidBytes(Parts.Owner));
    Relative->Group = Append(Base, &At, Parts.Group, Parts.Group != NULL ? RtlLengthSid(Parts.Group) : 0, SidBytes(Parts.Group));
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR Absolute, PSECURITY_DESCRIPTOR SelfRelative, PULONG Length)
{
    if (!IsAbsolute(Absolute))
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    return RtlMakeSelfRelativeSD(Absolute, SelfRelative, Length);
}

/* Copies a part into the caller's buffer, or only says how long it is; FALSE if a buffer is too small. */
static BOOLEAN TakePart(const VOID *Part, ULONG Bytes, PVOID Buffer, PULONG Size)
{
    BOOLEAN Fits = *Size >= Bytes;

    *Size = Bytes;
    if (Fits && Part != NULL && Buffer != NULL)
        memcpy(Buffer, Part, Bytes);
    return Fits;
}

NTSTATUS NTAPI RtlSelfRelativeToAbsoluteSD(PSECURITY_DESCRIPTOR SelfRelative, PSECURITY_DESCRIPTOR Absolute, PULONG AbsoluteSize, PACL Dacl,
                                           PULONG DaclSize, PACL Sacl, PULONG SaclSize, PSID Owner, PULONG OwnerSize, PSID Group,
                                           PULONG GroupSize)
{
    SD_PARTS Parts;
    ABSOLUTE_SD *New = Absolute;

    if (IsAbsolute(SelfRelative))
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    GetParts(SelfRelative, &Parts);
    BOOLEAN Fits = *AbsoluteSize >= sizeof *New;
    *AbsoluteSize = sizeof *New;
    Fits &= TakePart(Parts.Dacl, Parts.Dacl != NULL ? Parts.Dacl->AclSize : 0, Dacl, DaclSize);
    Fits &= TakePart(Parts.Sacl, Parts.Sacl != NULL ? Parts.Sacl->AclSize : 0, Sacl, SaclSize);
    Fits &= TakePart(Parts.Owner, Parts.Owner != NULL ? RtlLengthSid(Parts.Owner) : 0, Owner, OwnerSize);
    Fits &= TakePart(Parts.Group, Parts.Group != NULL ? RtlLengthSid(Parts.Group) : 0, Group, GroupSize);
    if (!Fits)
        return STATUS_BUFFER_TOO_SMALL;
    New->Revision = SECURITY_DESCRIPTOR_REVISION;
    New->Sbz1 = ((RELATIVE_SD *)SelfRelative)->Sbz1;
    New->Control = ((RELATIVE_SD *)SelfRelative)->Control & (USHORT)~SE_SELF_RELATIVE;
    New->Dacl = Parts.Dacl != NULL ? Dacl : NULL;
    New->Sacl = Parts.Sacl != NULL ? Sacl : NULL;
    New->Owner = Parts.Owner != NULL ? Owner : NULL;
    New->Group = Parts.Group != NULL ? Group : NULL;
    return STATUS_SUCCESS;
}

/* A self-relative copy in memory of its own, freed by the allocator's free routine. */
NTSTATUS NTAPI RtlCopySecurityDescriptor(PSECURITY_DESCRIPTOR Source, PSECURITY_DESCRIPTOR *Copy)
{
    ULONG Length = 0;
    NTSTATUS Status = RtlMakeSelfRelativeSD(Source, NULL, &Length);

    if (Status != STATUS_BUFFER_TOO_SMALL)
        return Status;
    *Copy = RtlpAllocate(Length);
    if (*Copy == NULL)
        return STATUS_NO_MEMORY;
    return RtlMakeSelfRelativeSD(Source, *Copy, &Length);
}
