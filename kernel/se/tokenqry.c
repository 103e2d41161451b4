/* SPDX-License-Identifier: MIT */
/*
 * tokenqry.c - NtQueryInformationToken.
 *
 * Each class is built in a kernel buffer as it shall lie in the caller's: pointers in it are relative to the caller's address, which is known
 * beforehand.  A builder with no buffer only counts, which gives the length needed.  TokenLock is held shared while building.
 */
#include "sep.h"

/* Classes after the DDK header's. */
#define TokenIsAppContainer_ 29
#define TokenCapabilities_ 30
#define TokenAppContainerSid_ 31
#define TokenAppContainerNumber_ 32
#define TokenPrivateNameSpace_ 42
#define TokenIsRestricted_ 40
#define TokenIsLessPrivilegedAppContainer_ 46

typedef struct _TOKEN_BUILDER
{
    PUCHAR Buffer; /* NULL: count only */
    PUCHAR UserBuffer;
    ULONG Length;  /* used so far */
    NTSTATUS MaySmall; /* STATUS_BUFFER_TOO_SMALL or, for classes of fixed size, STATUS_INFO_LENGTH_MISMATCH */
} TOKEN_BUILDER;

/* Room for Size bytes, 8-byte aligned if wanted; the offset in the buffer. */
static ULONG SepReserve(TOKEN_BUILDER *Builder, ULONG Size, ULONG Alignment)
{
    ULONG At = (Builder->Length + Alignment - 1) & ~(Alignment - 1);

    Builder->Length = At + Size;
    return At;
}

static void SepPutBytes(TOKEN_BUILDER *Builder, const VOID *Bytes, ULONG Size)
{
    ULONG At = SepReserve(Builder, Size, 4);

    if (Builder->Buffer != NULL) {
        RtlCopyMemory(Builder->Buffer + At, Bytes, Size);
    }
}

static PVOID SepPutSid(TOKEN_BUILDER *Builder, PSID Sid)
{
    ULONG At = Builder->Length;

    SepPutBytes(Builder, Sid, SeLengthSid(Sid));
    return Builder->UserBuffer + ((At + 3) & ~3u);
}

/* Count SIDs with attributes: the array at offset At (reserved already), the SIDs behind. */
static void SepPutSidArray(TOKEN_BUILDER *Builder, ULONG At, const SID_AND_ATTRIBUTES *Sids, ULONG Count)
{
    for (ULONG i = 0; i < Count; i++) {
        SID_AND_ATTRIBUTES Entry = {.Attributes = Sids[i].Attributes};

        Entry.Sid = SepPutSid(Builder, Sids[i].Sid);
        if (Builder->Buffer != NULL) {
            RtlCopyMemory(Builder->Buffer + At + i * sizeof(Entry), &Entry, sizeof(Entry));
        }
    }
}

static void SepBuildGroups(TOKEN_BUILDER *Builder, const SID_AND_ATTRIBUTES *Sids, ULONG Count)
{
    ULONG At = SepReserve(Builder, offsetof(TOKEN_GROUPS, Groups) + Count * sizeof(SID_AND_ATTRIBUTES), 8);

    if (Builder->Buffer != NULL) {
        ((PTOKEN_GROUPS)(Builder->Buffer + At))->GroupCount = Count;
    }
    SepPutSidArray(Builder, At + offsetof(TOKEN_GROUPS, Groups), Sids, Count);
}

/* One SID with attributes: TOKEN_USER, TOKEN_MANDATORY_LABEL. */
static void SepBuildOneSid(TOKEN_BUILDER *Builder, const SID_AND_ATTRIBUTES *Sid)
{
    SepPutSidArray(Builder, SepReserve(Builder, sizeof(SID_AND_ATTRIBUTES), 8), Sid, 1);
}

/* A pointer to a SID: TOKEN_OWNER, TOKEN_PRIMARY_GROUP. */
static void SepBuildSidPointer(TOKEN_BUILDER *Builder, PSID Sid)
{
    ULONG At = SepReserve(Builder, sizeof(PSID), 8);
    PVOID Where = Sid != NULL ? SepPutSid(Builder, Sid) : NULL;

    if (Builder->Buffer != NULL) {
        *(PVOID *)(Builder->Buffer + At) = Where;
    }
}

static ULONG SepPrivilegeAttributes(PTOKEN Token, ULONG Number)
{
    return (Token->PrivilegesEnabled & SEP_PRIVILEGE(Number) ? SE_PRIVILEGE_ENABLED : 0) |
           (Token->PrivilegesEnabledByDefault & SEP_PRIVILEGE(Number) ? SE_PRIVILEGE_ENABLED_BY_DEFAULT : 0);
}

static void SepPutPrivileges(TOKEN_BUILDER *Builder, PTOKEN Token)
{
    for (ULONG64 Rest = Token->PrivilegesPresent; Rest != 0; Rest &= Rest - 1) {
        LUID_AND_ATTRIBUTES Entry;

        Entry.Luid = RtlConvertLongToLuid(__builtin_ctzll(Rest));
        Entry.Attributes = SepPrivilegeAttributes(Token, (ULONG)__builtin_ctzll(Rest));
        SepPutBytes(Builder, &Entry, sizeof(Entry));
    }
}

static void SepBuildPrivileges(TOKEN_BUILDER *Builder, PTOKEN Token)
{
    ULONG Count = (ULONG)__builtin_popcountll(Token->PrivilegesPresent);

    SepPutBytes(Builder, &Count, sizeof(Count));
    SepPutPrivileges(Builder, Token);
}

static void SepBuildDacl(TOKEN_BUILDER *Builder, PACL Dacl)
{
    ULONG At = SepReserve(Builder, sizeof(TOKEN_DEFAULT_DACL), 8);

    if (Dacl != NULL) {
        if (Builder->Buffer != NULL) {
            ((PTOKEN_DEFAULT_DACL)(Builder->Buffer + At))->DefaultDacl = (PACL)(Builder->UserBuffer + Builder->Length);
        }
        SepPutBytes(Builder, Dacl, Dacl->AclSize);
    } else if (Builder->Buffer != NULL) {
        ((PTOKEN_DEFAULT_DACL)(Builder->Buffer + At))->DefaultDacl = NULL;
    }
}

static void SepBuildStatistics(TOKEN_BUILDER *Builder, PTOKEN Token)
{
    TOKEN_STATISTICS Statistics = {
        .TokenId = Token->TokenId,
        .AuthenticationId = Token->AuthenticationId,
        .ExpirationTime = Token->ExpirationTime,
        .TokenType = Token->TokenType,
        .ImpersonationLevel = Token->ImpersonationLevel,
        .DynamicCharged = 4096,
        .DynamicAvailable = 4096 - (Token->DefaultDacl != NULL ? Token->DefaultDacl->AclSize : 0),
        .GroupCount = Token->UserAndGroupCount - 1,
        .PrivilegeCount = (ULONG)__builtin_popcountll(Token->PrivilegesPresent),
        .ModifiedId = Token->ModifiedId,
    };

    SepPutBytes(Builder, &Statistics, sizeof(Statistics));
}

static ULONG SepSidsLength(const SID_AND_ATTRIBUTES *Sids, ULONG Count)
{
    ULONG Length = Count * sizeof(*Sids);

    for (ULONG i = 0; i < Count; i++) {
        Length += SeLengthSid(Sids[i].Sid);
    }
    return Length;
}

static void SepBuildGroupsAndPrivileges(TOKEN_BUILDER *Builder, PTOKEN Token)
{
    ULONG Head = SepReserve(Builder, sizeof(TOKEN_GROUPS_AND_PRIVILEGES), 8), Sids, Restricted, Privileges;

    Sids = SepReserve(Builder, Token->UserAndGroupCount * sizeof(SID_AND_ATTRIBUTES), 8);
    SepPutSidArray(Builder, Sids, Token->UserAndGroups, Token->UserAndGroupCount);
    Restricted = SepReserve(Builder, Token->RestrictedSidCount * sizeof(SID_AND_ATTRIBUTES), 8);
    SepPutSidArray(Builder, Restricted, Token->RestrictedSids, Token->RestrictedSidCount);
    Privileges = (Builder->Length + 3) & ~3u;
    SepPutPrivileges(Builder, Token);
    if (Builder->Buffer != NULL) {
        *(PTOKEN_GROUPS_AND_PRIVILEGES)(Builder->Buffer + Head) = (TOKEN_GROUPS_AND_PRIVILEGES){
            .SidCount = Token->UserAndGroupCount,
            .SidLength = SepSidsLength(Token->UserAndGroups, Token->UserAndGroupCount),
            .Sids = (PSID_AND_ATTRIBUTES)(Builder->UserBuffer + Sids),
            .RestrictedSidCount = Token->RestrictedSidCount,
            .RestrictedSidLength = SepSidsLength(Token->RestrictedSids, Token->RestrictedSidCount),
            .RestrictedSids = Token->RestrictedSidCount != 0 ? (PSID_AND_ATTRIBUTES)(Builder->UserBuffer + Restricted) : NULL,
            .PrivilegeCount = (ULONG)__builtin_popcountll(Token->PrivilegesPresent),
            .PrivilegeLength = Builder->Length - Privileges,
            .Privileges = (PLUID_AND_ATTRIBUTES)(Builder->UserBuffer + Privileges),
            .AuthenticationId = Token->AuthenticationId,
        };
    }
}

/* TOKEN_ACCESS_INFORMATION as of Windows 8; <ntifs.h> has Vista's. */
typedef struct _SEP_ACCESS_INFORMATION
{
    TOKEN_ACCESS_INFORMATION Vista;
    ULONG AppContainerNumber;
    PSID PackageSid;
    PSID_AND_ATTRIBUTES_HASH CapabilitiesHash;
    PSID TrustLevelSid;
    PVOID SecurityAttributes;
} SEP_ACCESS_INFORMATION;
static_assert(sizeof(SEP_ACCESS_INFORMATION) == 88, "TOKEN_ACCESS_INFORMATION");

/* Bit i of two of the 32 words says that SID i may be looked for there: by the low and by the high half of its last byte.  The first 64 SIDs only. */
static PVOID SepPutSidHash(TOKEN_BUILDER *Builder, const SID_AND_ATTRIBUTES *Sids, ULONG Count)
{
    ULONG At = SepReserve(Builder, sizeof(SID_AND_ATTRIBUTES_HASH), 8), Array = SepReserve(Builder, Count * sizeof(SID_AND_ATTRIBUTES), 8);
    PSID_AND_ATTRIBUTES_HASH Hash = (PSID_AND_ATTRIBUTES_HASH)(Builder->Buffer + At);

    SepPutSidArray(Builder, Array, Sids, Count);
    if (Builder->Buffer != NULL) {
        Hash->SidCount = Count;
        Hash->SidAttr = Count != 0 ? (PSID_AND_ATTRIBUTES)(Builder->UserBuffer + Array) : NULL;
        for (ULONG i = 0; i < min(Count, 64u); i++) {
            const SID *Sid = Sids[i].Sid;
            UCHAR Last = (UCHAR)Sid->SubAuthority[Sid->SubAuthorityCount - 1];

            Hash->Hash[Last & 0xF] |= 1ULL << i;
            Hash->Hash[16 + (Last >> 4)] |= 1ULL << i;
        }
    }
    return Builder->UserBuffer + At;
}

static void SepBuildAccessInformation(TOKEN_BUILDER *Builder, PTOKEN Token)
{
    ULONG At = SepReserve(Builder, sizeof(SEP_ACCESS_INFORMATION), 8), Privileges;
    SEP_ACCESS_INFORMATION Information = {
        .Vista = {
            .AuthenticationId = Token->AuthenticationId,
            .TokenType = Token->TokenType,
            .ImpersonationLevel = Token->ImpersonationLevel,
            .MandatoryPolicy = {Token->MandatoryPolicy},
            .Flags = Token->TokenFlags,
        },
    };

    Information.Vista.SidHash = SepPutSidHash(Builder, Token->UserAndGroups, Token->UserAndGroupCount);
    Information.Vista.RestrictedSidHash = SepPutSidHash(Builder, Token->RestrictedSids, Token->RestrictedSidCount);
    Information.CapabilitiesHash = SepPutSidHash(Builder, NULL, 0);
    Privileges = (Builder->Length + 3) & ~3u;
    SepBuildPrivileges(Builder, Token);
    Information.Vista.Privileges = (PTOKEN_PRIVILEGES)(Builder->UserBuffer + Privileges);
    if (Builder->Buffer != NULL) {
        *(SEP_ACCESS_INFORMATION *)(Builder->Buffer + At) = Information;
    }
}

static NTSTATUS SepBuildLogonSid(TOKEN_BUILDER *Builder, PTOKEN Token)
{
    for (ULONG i = 1; i < Token->UserAndGroupCount; i++) {
        if ((Token->UserAndGroups[i].Attributes & SE_GROUP_LOGON_ID) == SE_GROUP_LOGON_ID) {
            SepBuildGroups(Builder, &Token->UserAndGroups[i], 1);
            return STATUS_SUCCESS;
        }
    }
    return STATUS_NOT_FOUND;
}

/* Classes whose answer is one number. */
static BOOLEAN SepQueryNumber(PTOKEN Token, ULONG Class, PULONG Value)
{
    switch (Class) {
    case TokenType:
        *Value = Token->TokenType;
        return TRUE;
    case TokenSessionId:
        *Value = Token->SessionId;
        return TRUE;
    case TokenSandBoxInert:
        *Value = (Token->TokenFlags & TOKEN_SANDBOX_INERT) != 0;
        return TRUE;
    case TokenElevationType:
        *Value = SepTokenElevationType(Token);
        return TRUE;
    case TokenElevation:
        *Value = SepTokenIsElevated(Token);
        return TRUE;
    case TokenHasRestrictions:
        *Value = (Token->TokenFlags & TOKEN_IS_FILTERED) != 0;
        return TRUE;
    case TokenIsRestricted_:
        *Value = (Token->TokenFlags & TOKEN_IS_RESTRICTED) != 0;
        return TRUE;
    case TokenVirtualizationAllowed:
        *Value = (Token->TokenFlags & TOKEN_VIRTUALIZE_ALLOWED) != 0;
        return TRUE;
    case TokenVirtualizationEnabled:
        *Value = (Token->TokenFlags & TOKEN_VIRTUALIZE_ENABLED) != 0;
        return TRUE;
    case TokenUIAccess:
        *Value = (Token->TokenFlags & TOKEN_UIACCESS) != 0;
        return TRUE;
    case TokenMandatoryPolicy:
        *Value = Token->MandatoryPolicy;
        return TRUE;
    case TokenIsAppContainer_:
    case TokenAppContainerNumber_:
    case TokenPrivateNameSpace_:
    case TokenIsLessPrivilegedAppContainer_:
        *Value = 0;
        return TRUE;
    default:
        return FALSE;
    }
}

/* The classes that are SIDs and nothing else. */
static BOOLEAN SepBuildSids(TOKEN_BUILDER *Builder, PTOKEN Token, ULONG Class)
{
    SID_AND_ATTRIBUTES Integrity;

    switch (Class) {
    case TokenUser:
        SepBuildOneSid(Builder, &Token->UserAndGroups[0]);
        return TRUE;
    case TokenGroups:
        SepBuildGroups(Builder, Token->UserAndGroups + 1, Token->UserAndGroupCount - 1);
        return TRUE;
    case TokenOwner:
        SepBuildSidPointer(Builder, Token->UserAndGroups[Token->DefaultOwnerIndex].Sid);
        return TRUE;
    case TokenPrimaryGroup:
        SepBuildSidPointer(Builder, Token->PrimaryGroup);
        return TRUE;
    case TokenRestrictedSids:
        SepBuildGroups(Builder, Token->RestrictedSids, Token->RestrictedSidCount);
        return TRUE;
    case TokenIntegrityLevel:
        SeQueryTokenIntegrity(Token, &Integrity);
        SepBuildOneSid(Builder, &Integrity);
        return TRUE;
    case TokenCapabilities_:
        SepBuildGroups(Builder, NULL, 0);
        return TRUE;
    case TokenAppContainerSid_:
        SepBuildSidPointer(Builder, NULL);
        return TRUE;
    default:
        return FALSE;
    }
}

static NTSTATUS SepBuildInformation(TOKEN_BUILDER *Builder, PTOKEN Token, ULONG Class)
{
    ULONG Value;

    if (SepQueryNumber(Token, Class, &Value)) {
        Builder->MaySmall = STATUS_INFO_LENGTH_MISMATCH;
        SepPutBytes(Builder, &Value, sizeof(Value));
        return STATUS_SUCCESS;
    }
    if (SepBuildSids(Builder, Token, Class)) {
        return STATUS_SUCCESS;
    }
    switch (Class) {
    case TokenPrivileges:
        SepBuildPrivileges(Builder, Token);
        return STATUS_SUCCESS;
    case TokenDefaultDacl:
        SepBuildDacl(Builder, Token->DefaultDacl);
        return STATUS_SUCCESS;
    case TokenSource:
        SepPutBytes(Builder, &Token->TokenSource, sizeof(TOKEN_SOURCE));
        return STATUS_SUCCESS;
    case TokenImpersonationLevel:
        if (Token->TokenType != TokenImpersonation) {
            return STATUS_INVALID_INFO_CLASS;
        }
        SepPutBytes(Builder, &Token->ImpersonationLevel, sizeof(ULONG));
        return STATUS_SUCCESS;
    case TokenStatistics:
        SepBuildStatistics(Builder, Token);
        return STATUS_SUCCESS;
    case TokenGroupsAndPrivileges:
        SepBuildGroupsAndPrivileges(Builder, Token);
        return STATUS_SUCCESS;
    case TokenOrigin:
        SepPutBytes(Builder, &Token->OriginatingLogonSession, sizeof(LUID));
        return STATUS_SUCCESS;
    case TokenAccessInformation:
        SepBuildAccessInformation(Builder, Token);
        return STATUS_SUCCESS;
    case TokenLinkedToken:
        Builder->MaySmall = STATUS_INFO_LENGTH_MISMATCH;
        SepReserve(Builder, sizeof(TOKEN_LINKED_TOKEN), 8); /* the handle comes later, without the lock */
        return STATUS_SUCCESS;
    case TokenLogonSid:
        return SepBuildLogonSid(Builder, Token);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

/* Builds the answer in pool for UserBuffer (NULL: the pool block's own addresses).  TokenLock must not be held. */
static NTSTATUS SepQueryToken(PTOKEN Token, ULONG Class, PVOID UserBuffer, ULONG Room, PVOID *Answer, PULONG Length)
{
    TOKEN_BUILDER Builder = {.MaySmall = STATUS_BUFFER_TOO_SMALL};
    NTSTATUS Status;

    *Answer = NULL;
    ExAcquirePushLockShared_(&Token->TokenLock);
    Status = SepBuildInformation(&Builder, Token, Class);
    *Length = Builder.Length;
    if (NT_SUCCESS(Status) && Builder.Length > Room) {
        Status = Builder.MaySmall == STATUS_INFO_LENGTH_MISMATCH && Room != 0 ? Builder.MaySmall : STATUS_BUFFER_TOO_SMALL;
    }
    if (NT_SUCCESS(Status)) {
        Builder.Buffer = ExAllocatePoolWithTag(PagedPool, Builder.Length, TAG_SE);
        if (Builder.Buffer == NULL) {
            Status = STATUS_INSUFFICIENT_RESOURCES;
        } else {
            RtlZeroMemory(Builder.Buffer, Builder.Length);
            Builder.UserBuffer = UserBuffer != NULL ? UserBuffer : Builder.Buffer;
            Builder.Length = 0;
            SepBuildInformation(&Builder, Token, Class);
            *Answer = Builder.Buffer;
        }
    }
    ExReleasePushLockShared_(&Token->TokenLock);
    return Status;
}

NTSTATUS NTAPI NtQueryInformationToken(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    NTSTATUS Status, CopyStatus;
    PVOID Answer = NULL;
    ULONG Needed = 0;
    PTOKEN Token;

    PAGED_CODE();
    Status = KiProbeForWrite(Mode, Buffer, Length, 1);
    if (NT_SUCCESS(Status)) {
        Status = KiProbeForWrite(Mode, ReturnLength, sizeof(ULONG), 1);
    }
    if (NT_SUCCESS(Status)) {
        Status = SepReferenceTokenByHandle(TokenHandle, Class == TokenSource ? TOKEN_QUERY_SOURCE : TOKEN_QUERY, Mode, &Token);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = SepQueryToken(Token, Class, Buffer, Length, &Answer, &Needed);
    if (NT_SUCCESS(Status) && Class == TokenLinkedToken) {
        Status = SepOpenLinkedToken(Token, Mode, &((PTOKEN_LINKED_TOKEN)Answer)->LinkedToken);
    }
    if (NT_SUCCESS(Status)) {
        Status = CopyToMode(Mode, Buffer, Answer, Needed);
        if (!NT_SUCCESS(Status) && Class == TokenLinkedToken) {
            ObCloseHandle(((PTOKEN_LINKED_TOKEN)Answer)->LinkedToken, Mode);
        }
    }
    if (Needed != 0) {
        CopyStatus = CopyToMode(Mode, ReturnLength, &Needed, sizeof(Needed));
        Status = NT_SUCCESS(CopyStatus) ? Status : CopyStatus;
    }
    if (Answer != NULL) {
        ExFreePoolWithTag(Answer, TAG_SE);
    }
    ObfDereferenceObject(Token);
    return Status;
}

/* For drivers.  Numbers come back in the pointer itself, as on NT; everything else in pool for the caller to free. */
NTSTATUS NTAPI SeQueryInformationToken(PACCESS_TOKEN Token, TOKEN_INFORMATION_CLASS Class, PVOID *Information)
{
    ULONG Value, Length;

    if (SepQueryNumber(Token, Class, &Value)) {
        *(PULONG)Information = Value;
        return STATUS_SUCCESS;
    }
    return SepQueryToken(Token, Class, NULL, MAXULONG, Information, &Length);
}
