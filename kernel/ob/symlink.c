/* SPDX-License-Identifier: MIT */
/*
 * symlink.c - symbolic links: an object whose parse procedure puts its target in place of what was parsed so far.
 *
 * The link's own name is reached by asking for an object of type SymbolicLink with nothing behind the link's name.
 *
 * A target that names a device is remembered.  TargetDirectory, where the device's name lies, is set once and referenced; the other two are written and
 * read with it locked, shared, and Target is not referenced: while the generation is the same the directory has not changed, so its entry holds the device.
 */
#include "obp.h"

typedef struct _OBJECT_SYMBOLIC_LINK
{
    LARGE_INTEGER CreationTime;
    UNICODE_STRING LinkTarget; /* pool; constant */
    POBJECT_DIRECTORY volatile TargetDirectory; /* interlocked; NULL: nothing is remembered yet */
    PVOID Target;
    volatile LONG64 Generation;
} OBJECT_SYMBOLIC_LINK;

POBJECT_TYPE ObpSymbolicLinkObjectType;

void ObpDeleteSymbolicLink(PVOID Object)
{
    OBJECT_SYMBOLIC_LINK *Link = Object;

    if (Link->LinkTarget.Buffer != NULL) {
        ExFreePoolWithTag(Link->LinkTarget.Buffer, TAG_OB_NAME);
    }
    if (Link->TargetDirectory != NULL) {
        ObfDereferenceObject(Link->TargetDirectory);
    }
}

void ObpRememberTarget(PVOID Object, POBJECT_DIRECTORY Directory, PVOID Target, LONG64 Generation)
{
    OBJECT_SYMBOLIC_LINK *Link = Object;
    POBJECT_DIRECTORY Before = InterlockedCompareExchangePointer((PVOID volatile *)&Link->TargetDirectory, Directory, NULL);

    if (Before == NULL) {
        ObfReferenceObject(Directory);
    } else if (Before != Directory) {
        return; /* a directory on the way was replaced: this link walks from now on */
    }
    Link->Target = Target;
    __atomic_store_n(&Link->Generation, Generation, __ATOMIC_RELEASE);
}

PVOID ObpReferenceRememberedTarget(PVOID Object)
{
    OBJECT_SYMBOLIC_LINK *Link = Object;
    POBJECT_DIRECTORY Directory = Link->TargetDirectory;
    PVOID Target = NULL;

    if (Directory == NULL || Link->Generation != ObpPathGeneration) {
        return NULL;
    }
    ExAcquirePushLockShared_(&Directory->Lock);
    if (LIKELY(__atomic_load_n(&Link->Generation, __ATOMIC_ACQUIRE) == ObpPathGeneration)) {
        Target = Link->Target;
        ObfReferenceObject(Target);
    }
    ExReleasePushLockShared_(&Directory->Lock);
    return Target;
}

NTSTATUS ObpParseSymbolicLink(PVOID ParseObject, PVOID ObjectType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode, ULONG Attributes,
                              PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID Context, PSECURITY_QUALITY_OF_SERVICE Qos,
                              PVOID *Object)
{
    OBJECT_SYMBOLIC_LINK *Link = ParseObject;
    UNICODE_STRING Rest = *RemainingName, New;
    ULONG Length;

    *Object = NULL;
    if (Rest.Length == 0 && ObjectType == ObpSymbolicLinkObjectType) {
        ObfReferenceObject(ParseObject);
        *Object = ParseObject;
        return STATUS_SUCCESS;
    }
    if (Rest.Length != 0 && Rest.Buffer[0] != L'\\') {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    /* A target that ends with a separator swallows the one that begins the rest. */
    if (Rest.Length != 0 && Link->LinkTarget.Length != 0 && Link->LinkTarget.Buffer[Link->LinkTarget.Length / sizeof(WCHAR) - 1] == L'\\') {
        Rest.Buffer++;
        Rest.Length -= sizeof(WCHAR);
    }
    Length = (ULONG)Link->LinkTarget.Length + Rest.Length;
    if (Length > 0xFFFC) {
        return STATUS_NAME_TOO_LONG;
    }
    if (Length == 0) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    New.Buffer = ExAllocatePoolWithTag(PagedPool, Length, TAG_OB_NAME);
    if (New.Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    New.Length = New.MaximumLength = (USHORT)Length;
    RtlCopyMemory(New.Buffer, Link->LinkTarget.Buffer, Link->LinkTarget.Length);
    RtlCopyMemory((PUCHAR)New.Buffer + Link->LinkTarget.Length, Rest.Buffer, Rest.Length);
    *CompleteName = New;
    return STATUS_REPARSE;
}

NTSTATUS NTAPI NtCreateSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                          PUNICODE_STRING LinkTarget)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    OBJECT_SYMBOLIC_LINK *Link;
    UNICODE_STRING Target;
    NTSTATUS Status;

    PAGED_CODE();
    Status = KiProbeForWrite(Mode, LinkHandle, sizeof(HANDLE), 1);
    if (NT_SUCCESS(Status)) {
        Status = ObpCaptureObjectName(Mode, LinkTarget, NULL, 0, &Target);
    }
    if (Status == STATUS_OBJECT_NAME_INVALID) {
        return STATUS_INVALID_PARAMETER; /* an odd length */
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObCreateObject(Mode, ObpSymbolicLinkObjectType, ObjectAttributes, Mode, NULL, sizeof(*Link), 0, 0, (PVOID *)&Link);
    if (!NT_SUCCESS(Status)) {
        if (Target.Buffer != NULL) {
            ExFreePoolWithTag(Target.Buffer, TAG_OB_NAME);
        }
        return Status;
    }
    RtlZeroMemory(Link, sizeof(*Link));
    Link->LinkTarget = Target;
    KeQuerySystemTime(&Link->CreationTime);
    return ObInsertObjectService(Link, DesiredAccess, LinkHandle, Mode);
}

NTSTATUS NTAPI NtOpenSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ObOpenObjectService(LinkHandle, DesiredAccess, ObjectAttributes, ObpSymbolicLinkObjectType);
}

NTSTATUS NTAPI NtQuerySymbolicLinkObject(HANDLE LinkHandle, PUNICODE_STRING LinkTarget, PULONG ReturnedLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    OBJECT_SYMBOLIC_LINK *Link;
    UNICODE_STRING Answer;
    ULONG Needed;
    NTSTATUS Status;

    PAGED_CODE();
    Status = CopyFromMode(Mode, &Answer, LinkTarget, sizeof(Answer));
    if (NT_SUCCESS(Status)) {
        Status = KiProbeForWrite(Mode, Answer.Buffer, Answer.MaximumLength, 1);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(LinkHandle, SYMBOLIC_LINK_QUERY, ObpSymbolicLinkObjectType, Mode, (PVOID *)&Link, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    /* With ReturnedLength the answer is the zero-terminated form's length, as on NT. */
    Needed = ReturnedLength != NULL ? (ULONG)Link->LinkTarget.Length + sizeof(WCHAR) : Link->LinkTarget.Length;
    if (Answer.MaximumLength < Needed) {
        Status = STATUS_BUFFER_TOO_SMALL;
    } else {
        static const WCHAR Zero;

        Answer.Length = Link->LinkTarget.Length;
        Status = CopyToMode(Mode, Answer.Buffer, Link->LinkTarget.Buffer, Answer.Length);
        if (NT_SUCCESS(Status) && (ULONG)Answer.Length + sizeof(WCHAR) <= Answer.MaximumLength) {
            Status = CopyToMode(Mode, Answer.Buffer + Answer.Length / sizeof(WCHAR), &Zero, sizeof(Zero));
        }
        if (NT_SUCCESS(Status)) {
            Status = CopyToMode(Mode, &LinkTarget->Length, &Answer.Length, sizeof(Answer.Length));
        }
    }
    if (ReturnedLength != NULL && (NT_SUCCESS(Status) || Status == STATUS_BUFFER_TOO_SMALL)) {
        NTSTATUS CopyStatus = CopyToMode(Mode, ReturnedLength, &Needed, sizeof(Needed));

        Status = NT_SUCCESS(CopyStatus) ? Status : CopyStatus;
    }
    ObfDereferenceObject(Link);
    return Status;
}
