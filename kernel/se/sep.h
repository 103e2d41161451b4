/* SPDX-License-Identifier: MIT */
/*
 * sep.h - what the files of kernel/se share: the token, well-known SIDs, helpers.
 *
 * A token is one block: this structure, then its SIDs (VariablePart); the default DACL and what else can grow lie in pool of their own.
 * TokenLock guards all that can change (marked m); the rest is constant after creation.
 */
#ifndef NASCENT_SEP_H
#define NASCENT_SEP_H

#include "se.h"
#include "access.h"
#include "arch.h"
#include "kd.h"
#include "rtl.h"

#define SEP_DEFAULT_DESCRIPTORS 4

typedef struct _SEP_LOGON_SESSION *PSEP_LOGON_SESSION;

typedef struct _TOKEN
{
    TOKEN_SOURCE TokenSource;
    LUID TokenId;
    LUID AuthenticationId;
    LUID ParentTokenId;
    LARGE_INTEGER ExpirationTime;
    EX_PUSH_LOCK_ TokenLock;
    LUID ModifiedId;                   /* m; new at every change */
    LUID OriginatingLogonSession;      /* m */
    ULONG64 PrivilegesPresent;         /* m; SEP_PRIVILEGE bits */
    ULONG64 PrivilegesEnabled;         /* m */
    ULONG64 PrivilegesEnabledByDefault;
    ULONG SessionId;                   /* m */
    ULONG TokenFlags;                  /* m; TOKEN_HAS_TRAVERSE_PRIVILEGE ... */
    TOKEN_TYPE TokenType;
    SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
    ULONG MandatoryPolicy;             /* m */
    ULONG UserAndGroupCount;
    ULONG RestrictedSidCount;
    ULONG IntegrityLevelIndex;         /* in UserAndGroups; MAXULONG: none */
    ULONG DefaultOwnerIndex;           /* m; in UserAndGroups */
    PSID PrimaryGroup;                 /* m; one of UserAndGroups' SIDs */
    SID_AND_ATTRIBUTES *UserAndGroups; /* VariablePart; attributes m */
    SID_AND_ATTRIBUTES *RestrictedSids;
    PACL DefaultDacl;                  /* m; SepShareDacl; NULL: none */
    struct
    {
        POBJECT_TYPE Type;
        PSECURITY_DESCRIPTOR Descriptor; /* referenced */
    } DefaultDescriptors[SEP_DEFAULT_DESCRIPTORS]; /* m; what new objects of these types get; emptied by every change */
    ULONG VariableLength;
    PSEP_LOGON_SESSION LogonSession;   /* that of AuthenticationId, referenced; NULL: TOKEN_SESSION_NOT_REFERENCED */
    volatile LONG TokenInUse;          /* a primary token serves one process */
    UCHAR VariablePart[] __attribute__((aligned(16)));
} TOKEN, *PTOKEN;

/* Everything a new token is made from; pointers are the caller's. */
typedef struct _SEP_TOKEN_SPEC
{
    TOKEN_TYPE Type;
    SECURITY_IMPERSONATION_LEVEL Level;
    LUID AuthenticationId;
    LARGE_INTEGER ExpirationTime;
    const SID_AND_ATTRIBUTES *UserAndGroups;
    ULONG UserAndGroupCount;
    const SID_AND_ATTRIBUTES *RestrictedSids;
    ULONG RestrictedSidCount;
    ULONG64 PrivilegesPresent, PrivilegesEnabled, PrivilegesEnabledByDefault;
    ULONG DefaultOwnerIndex;
    ULONG PrimaryGroupIndex;
    PACL DefaultDacl;
    TOKEN_SOURCE Source;
    ULONG SessionId;
    ULONG MandatoryPolicy;
    ULONG TokenFlags;
    LUID OriginatingLogonSession;
    LUID ParentTokenId;
} SEP_TOKEN_SPEC;

/*
 * Logon sessions (logon.c).  Reference: finds that of LogonId or makes it; STATUS_INSUFFICIENT_RESOURCES.
 * Link: two primary tokens become each other's linked token, and with them all of their sessions; STATUS_BAD_TOKEN_TYPE, STATUS_INVALID_PARAMETER for
 * tokens of one session or when either has another half.  OpenLinked: a handle with all rights to a copy of the other half's, primary for who has
 * SeTcbPrivilege, else for identification; STATUS_NO_SUCH_LOGON_SESSION when there is none (any more).  TokenLock must not be held.
 */
NTSTATUS SepReferenceLogonSession(PLUID LogonId, PSEP_LOGON_SESSION *Session) NODISCARD;
PSEP_LOGON_SESSION SepShareLogonSession(PSEP_LOGON_SESSION Session);
void SepReleaseLogonSession(PSEP_LOGON_SESSION Session);
NTSTATUS SepLinkTokens(PTOKEN Token, PTOKEN Other) NODISCARD;
NTSTATUS SepOpenLinkedToken(PTOKEN Token, KPROCESSOR_MODE Mode, PHANDLE Handle) NODISCARD;
ULONG SepTokenElevationType(PTOKEN Token); /* TokenLock held, for this and the next */
/* Whether a group counts or a privilege is held (on or off) that more than an ordinary user has. */
BOOLEAN SepTokenIsElevated(PTOKEN Token);
#define TokenElevationTypeDefault_ 1
#define TokenElevationTypeFull_ 2
#define TokenElevationTypeLimited_ 3

NTSTATUS SepCreateToken(const SEP_TOKEN_SPEC *Spec, KPROCESSOR_MODE Mode, POBJECT_ATTRIBUTES ObjectAttributes, PTOKEN *Token) NODISCARD;
/* A copy.  EffectiveOnly: disabled groups and privileges are left out. */
NTSTATUS SepDuplicateToken(PTOKEN Existing, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN EffectiveOnly, TOKEN_TYPE Type, SECURITY_IMPERSONATION_LEVEL Level,
                           KPROCESSOR_MODE Mode, PTOKEN *Token) NODISCARD;
/* Default DACLs are shared by copies of a token and counted.  Make: from any ACL; NULL in, NULL out. */
NTSTATUS SepMakeSharedDacl(PACL Source, PACL *Shared) NODISCARD;
PACL SepShareDacl(PACL Shared);
void SepReleaseDacl(PACL Shared);
void SepRecomputeTokenFlags(PTOKEN Token);     /* TokenLock held, or the token still private */
void SepTokenModified(PTOKEN Token);           /* TokenLock held exclusively */
VOID NTAPI SeCaptureSubjectContextEx(PETHREAD Thread, PEPROCESS Process, PSECURITY_SUBJECT_CONTEXT Context);
void SepSubjectFromToken(PTOKEN Token, SEP_SUBJECT *Subject); /* TokenLock held while Subject is used */
ULONG SepTokenIntegrityLevel(PTOKEN Token);
PTOKEN SepEffectiveToken(PSECURITY_SUBJECT_CONTEXT Context);
BOOLEAN SepTokenHasPrivilege(PTOKEN Token, LUID Privilege);
/* A SACL that says Level and no writing up from below. */
typedef struct _SEP_LABEL_ACL
{
    ACL Acl;
    SYSTEM_MANDATORY_LABEL_ACE Ace;
    UCHAR SidRest[sizeof(SID) - sizeof(ULONG)]; /* the ACE has the first four bytes of its SID */
} SEP_LABEL_ACL;
void SepMakeLabelAcl(ULONG Level, SEP_LABEL_ACL *Label);
/* Whether the enabled privileges satisfy Required; those used are marked. */
BOOLEAN SepCheckPrivilegeSet(ULONG64 Enabled, PPRIVILEGE_SET Required);
/* The privileges of a set in pool (SeFreePrivileges); NULL for none, or without memory. */
PPRIVILEGE_SET SepMakePrivilegeSet(ULONG64 Used);

/* Copies of the caller's structures in pool; free with ExFreePool.  STATUS_INVALID_SID, STATUS_INVALID_PARAMETER, STATUS_ACCESS_VIOLATION. */
NTSTATUS SepCaptureSid(KPROCESSOR_MODE Mode, PSID Source, PSID *Captured) NODISCARD;
NTSTATUS SepCaptureSidArray(KPROCESSOR_MODE Mode, const SID_AND_ATTRIBUTES *Source, ULONG Count, SID_AND_ATTRIBUTES **Captured) NODISCARD;
NTSTATUS SepCapturePrivileges(KPROCESSOR_MODE Mode, const LUID_AND_ATTRIBUTES *Source, ULONG Count, LUID_AND_ATTRIBUTES **Captured) NODISCARD;
NTSTATUS SepCaptureAcl(KPROCESSOR_MODE Mode, PACL Source, PACL *Captured) NODISCARD;

/* The rights of a token handle, resolving the pseudo handles -4 (process), -5 (thread), -6 (effective). */
NTSTATUS SepReferenceTokenByHandle(HANDLE Handle, ACCESS_MASK Access, KPROCESSOR_MODE Mode, PTOKEN *Token) NODISCARD;

/* TOKEN.TokenFlags that the DDK's header has not: who runs with such a token may start no processes (but secure ones; is only watched). */
#define TOKEN_NO_CHILD_PROCESS_ 0x00080000u
#define TOKEN_NO_CHILD_PROCESS_UNLESS_SECURE_ 0x00100000u
#define TOKEN_AUDIT_NO_CHILD_PROCESS_ 0x00200000u

#define SEP_MAXIMUM_SIDS 1024u
#define TAG_SE POOL_TAG('S', 'e', ' ', ' ')
#define TAG_SE_DACL POOL_TAG('S', 'e', 'A', 'c')
#define TAG_SE_LOGON POOL_TAG('S', 'e', 'L', 's')
#define TAG_SE_SD POOL_TAG('S', 'e', 'S', 'd')

/* The parts of a descriptor, wherever they lie. */
typedef struct _SEP_SD_PARTS
{
    SECURITY_DESCRIPTOR_CONTROL Control;
    PSID Owner, Group;
    PACL Sacl, Dacl; /* with SE_..._PRESENT and NULL: a NULL ACL */
} SEP_SD_PARTS;
/* A self-relative copy in pool (TAG_SE_SD). */
NTSTATUS SepMakeRelativeDescriptor(const SEP_SD_PARTS *Parts, POOL_TYPE PoolType, PSECURITY_DESCRIPTOR *Descriptor) NODISCARD;
ULONG SepRelativeLength(const SEP_SD_PARTS *Parts);
void SepFillRelative(const SEP_SD_PARTS *Parts, PVOID Buffer);
/* May Owner be made an object's owner by this token?  Its user, its groups marked so, or anybody with SeRestorePrivilege. */
BOOLEAN SepValidOwner(PTOKEN Token, PSID Owner);

extern SE_EXPORTS SepExports;
void SepInitializeDescriptors(void);
void SepCreateTokenType(void);
#define SE_DELEGATE_SESSION_USER_IMPERSONATE_PRIVILEGE_ 36
#define SEP_ALL_PRIVILEGES (((1ULL << (SE_DELEGATE_SESSION_USER_IMPERSONATE_PRIVILEGE_ + 1)) - 1) & ~3ULL)

#endif
