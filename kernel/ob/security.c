/* SPDX-License-Identifier: MIT */
/*
 * security.c - the descriptors of objects: one copy of equal ones, counted; their services.
 *
 * Most objects of a process have the same descriptor (made from the token's default DACL), so descriptors in object headers are entries of a
 * hashed cache, immutable and counted.  To change an object's security is to give it another entry.  A reader takes the header's lock shared for
 * the moment of taking a reference.  Lock order: header lock, then ObpSdLock.
 */
#include "obp.h"
#include "rtl.h"

#define SD_BUCKETS 257

typedef struct _SECURITY_DESCRIPTOR_ENTRY
{
    struct _SECURITY_DESCRIPTOR_ENTRY *Next; /* ObpSdLock */
    volatile LONG RefCount;                  /* raised from 0 never; lowered to 0 under ObpSdLock */
    ULONG Hash;
    ULONG Length;
    UCHAR Descriptor[] __attribute__((aligned(16)));
} SECURITY_DESCRIPTOR_ENTRY;

static SECURITY_DESCRIPTOR_ENTRY *ObpSdBuckets[SD_BUCKETS];
static EX_PUSH_LOCK_ ObpSdLock;

void ObpInitializeSecurityCache(void)
{
    ExInitializePushLock_(&ObpSdLock);
    ExInitializePushLock_(&ObpNameLock);
}

static ULONG ObpHashDescriptor(const VOID *Descriptor, ULONG Length)
{
    const ULONG *Words = Descriptor;
    ULONG Hash = Length;

    for (ULONG i = 0; i < Length / sizeof(ULONG); i++) {
        Hash = ((Hash << 5) | (Hash >> 27)) ^ Words[i];
    }
    return Hash * 0x9E3779B1u;
}

static SECURITY_DESCRIPTOR_ENTRY *ObpFindDescriptor(const VOID *Descriptor, ULONG Length, ULONG Hash)
{
    SECURITY_DESCRIPTOR_ENTRY *Entry = ObpSdBuckets[Hash % SD_BUCKETS];

    while (Entry != NULL && (Entry->Hash != Hash || Entry->Length != Length || !RtlEqualMemory(Entry->Descriptor, Descriptor, Length))) {
        Entry = Entry->Next;
    }
    return Entry;
}

/* The cache's copy of a self-relative descriptor, referenced; NULL: no memory. */
static PSECURITY_DESCRIPTOR ObpCacheDescriptor(PSECURITY_DESCRIPTOR Descriptor)
{
    ULONG Length = RtlLengthSecurityDescriptor(Descriptor), Hash = ObpHashDescriptor(Descriptor, Length);
    SECURITY_DESCRIPTOR_ENTRY *Entry, *New = NULL;

    ASSERT(((SECURITY_DESCRIPTOR *)Descriptor)->Control & SE_SELF_RELATIVE);
    for (;;) {
        ExAcquirePushLockExclusive_(&ObpSdLock);
        Entry = ObpFindDescriptor(Descriptor, Length, Hash);
        if (Entry != NULL) {
            InterlockedIncrement(&Entry->RefCount);
        } else if (New != NULL) {
            New->Next = ObpSdBuckets[Hash % SD_BUCKETS];
            ObpSdBuckets[Hash % SD_BUCKETS] = New;
            Entry = New;
            New = NULL;
        }
        ExReleasePushLockExclusive_(&ObpSdLock);
        if (Entry != NULL) {
            break;
        }
        New = ExAllocatePoolWithTag(PagedPool, sizeof(*New) + Length, TAG_OB_SECURITY);
        if (New == NULL) {
            return NULL;
        }
        New->RefCount = 1;
        New->Hash = Hash;
        New->Length = Length;
        RtlCopyMemory(New->Descriptor, Descriptor, Length);
    }
    if (New != NULL) {
        ExFreePoolWithTag(New, TAG_OB_SECURITY);
    }
    return Entry->Descriptor;
}

VOID NTAPI ObDereferenceSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Count)
{
    SECURITY_DESCRIPTOR_ENTRY *Entry = CONTAINING_RECORD(Descriptor, SECURITY_DESCRIPTOR_ENTRY, Descriptor), **Link;
    LONG Seen = Entry->RefCount;

    while (Seen > (LONG)Count) {
        if (__atomic_compare_exchange_n(&Entry->RefCount, &Seen, Seen - (LONG)Count, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
            return;
        }
    }
    ExAcquirePushLockExclusive_(&ObpSdLock);
    if (InterlockedExchangeAdd(&Entry->RefCount, -(LONG)Count) == (LONG)Count) {
        for (Link = &ObpSdBuckets[Entry->Hash % SD_BUCKETS]; *Link != Entry; Link = &(*Link)->Next) {
            ASSERT(*Link != NULL);
        }
        *Link = Entry->Next;
    } else {
        Entry = NULL;
    }
    ExReleasePushLockExclusive_(&ObpSdLock);
    if (Entry != NULL) {
        ExFreePoolWithTag(Entry, TAG_OB_SECURITY);
    }
}

VOID NTAPI ObReferenceSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Count)
{
    InterlockedExchangeAdd(&CONTAINING_RECORD(Descriptor, SECURITY_DESCRIPTOR_ENTRY, Descriptor)->RefCount, (LONG)Count);
}

PSECURITY_DESCRIPTOR ObpReferenceSecurityDescriptor(PVOID Object)
{
    OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(Object);
    PSECURITY_DESCRIPTOR Descriptor;

    if (Header->SecurityDescriptor == NULL) {
        return NULL;
    }
    ExAcquirePushLockShared_(&Header->Lock);
    Descriptor = Header->SecurityDescriptor;
    if (Descriptor != NULL) {
        InterlockedIncrement(&CONTAINING_RECORD(Descriptor, SECURITY_DESCRIPTOR_ENTRY, Descriptor)->RefCount);
    }
    ExReleasePushLockShared_(&Header->Lock);
    return Descriptor;
}

NTSTATUS ObpSetObjectSecurityDescriptor(PVOID Object, PSECURITY_DESCRIPTOR Descriptor)
{
    OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(Object);
    PSECURITY_DESCRIPTOR New = NULL, Old;

    if (Descriptor != NULL && (New = ObpCacheDescriptor(Descriptor)) == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ExAcquirePushLockExclusive_(&Header->Lock);
    Old = Header->SecurityDescriptor;
    Header->SecurityDescriptor = New;
    ExReleasePushLockExclusive_(&Header->Lock);
    if (Old != NULL) {
        ObDereferenceSecurityDescriptor(Old, 1);
    }
    return STATUS_SUCCESS;
}

NTSTATUS ObpAssignSecurity(PVOID Object, PSECURITY_DESCRIPTOR Explicit, PVOID Parent, PACCESS_STATE AccessState)
{
    POBJECT_TYPE Type = ObGetObjectType(Object);
    PSECURITY_DESCRIPTOR ParentDescriptor = Parent != NULL ? ObpReferenceSecurityDescriptor(Parent) : NULL;
    PSECURITY_DESCRIPTOR Descriptor = NULL;
    SECURITY_INFORMATION None = 0;
    BOOLEAN Default = ParentDescriptor == NULL && Explicit == NULL && Type->TypeInfo.SecurityProcedure == SeDefaultObjectMethod;
    NTSTATUS Status;

    if (Default) {
        Descriptor = SepRecallDefaultDescriptor(&AccessState->SubjectSecurityContext, Type);
        if (Descriptor != NULL) {
            OBJECT_TO_OBJECT_HEADER(Object)->SecurityDescriptor = Descriptor; /* the object is new: nobody else reads it yet */
            return STATUS_SUCCESS;
        }
    }
    Status = SeAssignSecurity(ParentDescriptor, Explicit, &Descriptor, Type == ObpDirectoryObjectType, &AccessState->SubjectSecurityContext,
                              &Type->TypeInfo.GenericMapping, PagedPool);
    if (ParentDescriptor != NULL) {
        ObDereferenceSecurityDescriptor(ParentDescriptor, 1);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Type->TypeInfo.SecurityProcedure(Object, AssignSecurityDescriptor, &None, Descriptor, NULL, NULL, PagedPool,
                                              &Type->TypeInfo.GenericMapping);
    SeDeassignSecurity(&Descriptor);
    if (Default && NT_SUCCESS(Status)) {
        SepRememberDefaultDescriptor(&AccessState->SubjectSecurityContext, Type, OBJECT_TO_OBJECT_HEADER(Object)->SecurityDescriptor);
    }
    return Status;
}

NTSTATUS NTAPI ObGetObjectSecurity(PVOID Object, PSECURITY_DESCRIPTOR *SecurityDescriptor, PBOOLEAN MemoryAllocated)
{
    POBJECT_TYPE Type = ObGetObjectType(Object);
    SECURITY_INFORMATION All = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION;
    PSECURITY_DESCRIPTOR Buffer = NULL;
    ULONG Length = 0;
    NTSTATUS Status;

    *SecurityDescriptor = NULL;
    *MemoryAllocated = FALSE;
    if (Type->TypeInfo.SecurityProcedure == SeDefaultObjectMethod) {
        *SecurityDescriptor = ObpReferenceSecurityDescriptor(Object);
        return STATUS_SUCCESS;
    }
    Status = Type->TypeInfo.SecurityProcedure(Object, QuerySecurityDescriptor, &All, NULL, &Length, NULL, PagedPool, &Type->TypeInfo.GenericMapping);
    if (Status != STATUS_BUFFER_TOO_SMALL) {
        return Status;
    }
    Buffer = ExAllocatePoolWithTag(PagedPool, Length, TAG_OB_SECURITY);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = Type->TypeInfo.SecurityProcedure(Object, QuerySecurityDescriptor, &All, Buffer, &Length, NULL, PagedPool, &Type->TypeInfo.GenericMapping);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Buffer, TAG_OB_SECURITY);
        return Status;
    }
    *SecurityDescriptor = Buffer;
    *MemoryAllocated = TRUE;
    return STATUS_SUCCESS;
}

VOID NTAPI ObReleaseObjectSecurity(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN MemoryAllocated)
{
    if (SecurityDescriptor == NULL) {
        return;
    }
    if (MemoryAllocated) {
        ExFreePoolWithTag(SecurityDescriptor, TAG_OB_SECURITY);
    } else {
        ObDereferenceSecurityDescriptor(SecurityDescriptor, 1);
    }
}

/* ---- services ------------------------------------------------------------------------------------------------------------------- */

/* The rights on the handle that reading or writing these parts of a descriptor takes. */
static ACCESS_MASK ObpSecurityAccess(SECURITY_INFORMATION Information, BOOLEAN Set)
{
    ACCESS_MASK Access = 0;

    if (!Set) {
        if (Information & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)) {
            Access |= READ_CONTROL;
        }
    } else {
        if (Information & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)) {
            Access |= WRITE_OWNER;
        }
        if (Information & (DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION | UNPROTECTED_DACL_SECURITY_INFORMATION)) {
            Access |= WRITE_DAC;
        }
    }
    if (Information & SACL_SECURITY_INFORMATION) {
        Access |= ACCESS_SYSTEM_SECURITY;
    }
    return Access;
}

NTSTATUS NTAPI NtQuerySecurityObject(HANDLE Handle, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Length,
                                     PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PSECURITY_DESCRIPTOR Buffer = NULL;
    ULONG Needed = Length;
    POBJECT_TYPE Type;
    PVOID Object;
    NTSTATUS Status, CopyStatus;

    PAGED_CODE();
    Status = KiProbeForWrite(Mode, ReturnLength, sizeof(ULONG), 1);
    if (NT_SUCCESS(Status)) {
        Status = KiProbeForWrite(Mode, SecurityDescriptor, Length, 1);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(Handle, ObpSecurityAccess(Information, FALSE), NULL, Mode, &Object, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Length != 0) {
        Buffer = ExAllocatePoolWithTag(PagedPool, Length, TAG_OB_SECURITY);
        if (Buffer == NULL) {
            Status = STATUS_INSUFFICIENT_RESOURCES;
            goto Cleanup;
        }
    }
    Type = ObGetObjectType(Object);
    Status = Type->TypeInfo.SecurityProcedure(Object, QuerySecurityDescriptor, &Information, Buffer, &Needed,
                                              &OBJECT_TO_OBJECT_HEADER(Object)->SecurityDescriptor, PagedPool, &Type->TypeInfo.GenericMapping);
    if (NT_SUCCESS(Status)) {
        Status = CopyToMode(Mode, SecurityDescriptor, Buffer, Needed);
    }
    if (NT_SUCCESS(Status) || Status == STATUS_BUFFER_TOO_SMALL) {
        CopyStatus = CopyToMode(Mode, ReturnLength, &Needed, sizeof(Needed));
        Status = NT_SUCCESS(CopyStatus) ? Status : CopyStatus;
    }
Cleanup:
    if (Buffer != NULL) {
        ExFreePoolWithTag(Buffer, TAG_OB_SECURITY);
    }
    ObfDereferenceObject(Object);
    return Status;
}

NTSTATUS NTAPI NtSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    SECURITY_DESCRIPTOR_RELATIVE *Captured;
    POBJECT_TYPE Type;
    PVOID Object;
    NTSTATUS Status;

    PAGED_CODE();
    if (SecurityDescriptor == NULL) {
        return STATUS_ACCESS_VIOLATION;
    }
    Status = ObReferenceObjectByHandle(Handle, ObpSecurityAccess(Information, TRUE), NULL, Mode, &Object, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = SeCaptureSecurityDescriptor_(SecurityDescriptor, Mode, (PSECURITY_DESCRIPTOR *)&Captured);
    if (NT_SUCCESS(Status)) {
        if (((Information & OWNER_SECURITY_INFORMATION) && Captured->Owner == 0) ||
            ((Information & GROUP_SECURITY_INFORMATION) && Captured->Group == 0)) {
            Status = STATUS_INVALID_SECURITY_DESCR;
        } else {
            Type = ObGetObjectType(Object);
            Status = Type->TypeInfo.SecurityProcedure(Object, SetSecurityDescriptor, &Information, Captured, NULL,
                                                      &OBJECT_TO_OBJECT_HEADER(Object)->SecurityDescriptor, PagedPool,
                                                      &Type->TypeInfo.GenericMapping);
        }
        SeReleaseCapturedSecurityDescriptor_(Captured);
    }
    ObfDereferenceObject(Object);
    return Status;
}
