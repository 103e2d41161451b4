/* SPDX-License-Identifier: MIT */
/*
 * npacl.c - the access list of a named pipe whose creator gave none: SYSTEM, administrators and the creator do everything, everybody
 * (anonymous callers too) reads.
 */
#include "ntdllp.h"

NTSYSAPI NTSTATUS NTAPI RtlCreateAcl(PACL Acl, ULONG Length, ULONG Revision);
NTSYSAPI NTSTATUS NTAPI RtlAddAccessAllowedAce(PACL Acl, ULONG Revision, ACCESS_MASK Access, PSID Sid);

NTSTATUS NTAPI RtlDefaultNpAcl(PACL *Acl)
{
    static const UCHAR System[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}, Anonymous[] = {1, 1, 0, 0, 0, 0, 0, 5, 7, 0, 0, 0};
    static const UCHAR Administrators[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0};
    static const UCHAR World[] = {1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0};
    union { TOKEN_OWNER Owner; UCHAR Bytes[128]; } Token;
    const struct { PSID Sid; ACCESS_MASK Access; } Entries[] = {
        {(PSID)System, GENERIC_ALL}, {(PSID)Administrators, GENERIC_ALL}, {NULL, GENERIC_ALL},
        {(PSID)World, GENERIC_READ}, {(PSID)Anonymous, GENERIC_READ},
    };
    ULONG Size = sizeof(ACL), Used;
    HANDLE Handle;

    *Acl = NULL;
    NTSTATUS Status = NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &Handle);
    if (Status == STATUS_NO_TOKEN) {
        Status = NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &Handle);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = NtQueryInformationToken(Handle, TokenOwner, &Token, sizeof(Token), &Used);
    NtClose(Handle);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    for (ULONG i = 0; i < sizeof(Entries) / sizeof(Entries[0]); i++) {
        Size += (ULONG)offsetof(ACCESS_ALLOWED_ACE, SidStart) + RtlLengthSid(Entries[i].Sid != NULL ? Entries[i].Sid : Token.Owner.Owner);
    }
    PACL Made = RtlAllocateHeap(NtCurrentNPeb()->ProcessHeap, 0, Size);
    if (Made == NULL) {
        return STATUS_NO_MEMORY;
    }
    Status = RtlCreateAcl(Made, Size, ACL_REVISION);
    for (ULONG i = 0; i < sizeof(Entries) / sizeof(Entries[0]) && NT_SUCCESS(Status); i++) {
        Status = RtlAddAccessAllowedAce(Made, ACL_REVISION, Entries[i].Access, Entries[i].Sid != NULL ? Entries[i].Sid : Token.Owner.Owner);
    }
    if (!NT_SUCCESS(Status)) {
        RtlFreeHeap(NtCurrentNPeb()->ProcessHeap, 0, Made);
        return Status;
    }
    *Acl = Made;
    return STATUS_SUCCESS;
}
