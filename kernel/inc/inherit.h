/* SPDX-License-Identifier: MIT */
/*
 * inherit.h - which access list a new object gets; shared by the kernel's SeAssignSecurityEx and ntdll's RtlNewSecurityObject.
 *
 * [MS-DTYP] 2.5.3.4 "Algorithm for creating a security descriptor".  The includer brings the types (<ntifs.h> or <windows.h>).
 */
#ifndef NASCENT_INHERIT_H
#define NASCENT_INHERIT_H

typedef struct _RTLP_INHERIT
{
    PSID Owner, Group;              /* of the new object: who CREATOR OWNER and CREATOR GROUP are */
    PGENERIC_MAPPING Mapping;       /* NULL: generic rights stay */
    GUID **ObjectTypes;             /* of the new object; NULL: none */
    ULONG ObjectTypeCount;
    BOOLEAN Container;
    BOOLEAN AutoInherit;            /* entries from the parent are marked INHERITED_ACE and join the creator's */
} RTLP_INHERIT;

/*
 * The DACL.  Control: the creator's control bits; Explicit: his DACL, if SE_DACL_PRESENT; Parent: NULL for none; Default: the token's.
 * *Dacl is a new block (free with RtlpFree; NULL: none or a NULL DACL), *Result the SE_DACL_* bits of the object.
 * STATUS_INSUFFICIENT_RESOURCES, STATUS_BAD_INHERITANCE_ACL (longer than a list may be).
 */
NTSTATUS RtlpInheritDacl(const RTLP_INHERIT *Inherit, SECURITY_DESCRIPTOR_CONTROL Control, PACL Explicit, PACL Parent, PACL Default, PACL *Dacl,
                         SECURITY_DESCRIPTOR_CONTROL *Result);
/* The SACL, the same way; nobody has a default one. */
NTSTATUS RtlpInheritSacl(const RTLP_INHERIT *Inherit, SECURITY_DESCRIPTOR_CONTROL Control, PACL Explicit, PACL Parent, PACL *Sacl,
                         SECURITY_DESCRIPTOR_CONTROL *Result);
/* rtlp.h's, for the blocks of these lists. */
PVOID RtlpAllocate(SIZE_T Size);
void RtlpFree(PVOID Block);

#endif
