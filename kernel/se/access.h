/* SPDX-License-Identifier: MIT */
/*
 * access.h - the access check as a pure function: no locks, no allocation, no kernel.  The host tests compile access.c as it is.
 */
#ifndef NASCENT_SE_ACCESS_H
#define NASCENT_SE_ACCESS_H

#include "nt.h"

#ifndef SE_GROUP_MANDATORY
#define SE_GROUP_MANDATORY 0x00000001u
#define SE_GROUP_ENABLED_BY_DEFAULT 0x00000002u
#define SE_GROUP_ENABLED 0x00000004u
#define SE_GROUP_OWNER 0x00000008u
#define SE_GROUP_USE_FOR_DENY_ONLY 0x00000010u
#define SE_GROUP_INTEGRITY 0x00000020u
#define SE_GROUP_INTEGRITY_ENABLED 0x00000040u
#define SE_GROUP_RESOURCE 0x20000000u
#define SE_GROUP_LOGON_ID 0xC0000000u
#endif

#define SEP_PRIVILEGE(n) (1ULL << (n)) /* n: SE_..._PRIVILEGE */

/* What an access check must know of a token. */
typedef struct _SEP_SUBJECT
{
    const SID_AND_ATTRIBUTES *Sids;       /* the user first, then the groups */
    ULONG SidCount;
    const SID_AND_ATTRIBUTES *Restricted; /* restricting SIDs */
    ULONG RestrictedCount;                /* 0: not a restricted token */
    BOOLEAN WriteRestricted;              /* restricting SIDs matter for write access only */
    ULONG64 Privileges;                   /* enabled ones, SEP_PRIVILEGE bits */
    ULONG IntegrityLevel;                 /* RID of the integrity SID */
    ULONG MandatoryPolicy;                /* TOKEN_MANDATORY_POLICY_* */
} SEP_SUBJECT;

typedef struct _SEP_OBJECT
{
    PSID Owner, Group;
    PACL Dacl; /* NULL: everybody may do everything */
    PACL Sacl; /* NULL: none */
} SEP_OBJECT;

/* One object type of the tree a check by type is given; node 0 is the root. */
typedef struct _SEP_TYPE_NODE
{
    USHORT Level;
    BOOLEAN HasType; /* FALSE: no tree was given, the node is the whole object */
    GUID Type;
    ULONG Parent;    /* index of the node above; the root's is 0 */
    ACCESS_MASK Granted, Denied, First; /* while checking; Granted is also the answer */
    NTSTATUS Status; /* the node's own answer */
} SEP_TYPE_NODE;

/*
 * STATUS_SUCCESS with *Granted, or STATUS_ACCESS_DENIED or STATUS_PRIVILEGE_NOT_HELD with *Granted 0.  Desired has no generic bits but may have
 * MAXIMUM_ALLOWED.  *PrivilegesUsed: those that made a difference.
 */
NTSTATUS SepAccessCheck(const SEP_SUBJECT *Subject, const SEP_OBJECT *Object, PSID PrincipalSelf, ACCESS_MASK Desired, ACCESS_MASK PreviouslyGranted,
                        const GENERIC_MAPPING *Mapping, ACCESS_MASK *Granted, ULONG64 *PrivilegesUsed);
/* The same for a tree of object types: returns the root's status, and each node has its own.  Count is at least 1. */
NTSTATUS SepAccessCheckByType(const SEP_SUBJECT *Subject, const SEP_OBJECT *Object, PSID PrincipalSelf, ACCESS_MASK Desired,
                              ACCESS_MASK PreviouslyGranted, const GENERIC_MAPPING *Mapping, SEP_TYPE_NODE *Nodes, ULONG Count, ULONG64 *PrivilegesUsed);
/* Fills Object from a valid descriptor of either form. */
void SepObjectFromDescriptor(PSECURITY_DESCRIPTOR Descriptor, SEP_OBJECT *Object);
/* What mandatory policy leaves; all ones if it does not restrict. */
ACCESS_MASK SepMandatoryAllowed(const SEP_SUBJECT *Subject, const SEP_OBJECT *Object, const GENERIC_MAPPING *Mapping);
BOOLEAN SepSidInSubject(const SEP_SUBJECT *Subject, PSID Sid, BOOLEAN Deny, BOOLEAN Restricted);
BOOLEAN SepEqualSid(const VOID *Left, const VOID *Right);

#endif
