/* SPDX-License-Identifier: MIT */
/*
 * object.c - making an object: capture what the creator asks for, lay out headers and body.
 *
 * ObCreateObject captures the caller's OBJECT_ATTRIBUTES once and keeps them in the header (ObjectCreateInfo) until ObInsertObject
 * uses them.  Between the two only the creator knows the object.  Windows Internals, 7th ed., part 2, chapter 8 "Object structure".
 */
#include "obp.h"

/* Distance from the header down to an optional header, by the mask of it and all those that lie between. */
#define C (UCHAR) sizeof(OBJECT_HEADER_CREATOR_INFO)
#define N (UCHAR) sizeof(OBJECT_HEADER_NAME_INFO)
#define H (UCHAR) sizeof(OBJECT_HEADER_HANDLE_INFO)
#define Q 0x20
#define P (UCHAR) sizeof(OBJECT_HEADER_PROCESS_INFO)
#define FOUR(base) (base), (base) + C, (base) + N, (base) + C + N
const UCHAR ObpInfoMaskToOffset[32] = {
    FOUR(0), FOUR(H), FOUR(Q), FOUR(Q + H), FOUR(P), FOUR(P + H), FOUR(P + Q), FOUR(P + Q + H),
};
#undef C
#undef N
#undef H
#undef Q
#undef P

static NPAGED_LOOKASIDE_LIST ObpCreateInfoLookaside; /* every creation takes one block and soon gives it back */

void ObpInitializeCreateInfo(void)
{
    ExInitializeNPagedLookasideList(&ObpCreateInfoLookaside, NULL, NULL, 0, sizeof(OBJECT_CREATE_INFORMATION), TAG_OB_INFO, 0);
}

#define OBJ_VALID_CREATE_ATTRIBUTES                                                                                                 \
    (OBJ_INHERIT | OBJ_PERMANENT | OBJ_EXCLUSIVE | OBJ_CASE_INSENSITIVE | OBJ_OPENIF | OBJ_OPENLINK | OBJ_KERNEL_HANDLE |           \
     OBJ_FORCE_ACCESS_CHECK | 0x800 /* OBJ_IGNORE_IMPERSONATED_DEVICEMAP */ | 0x1000 /* OBJ_DONT_REPARSE */)

NTSTATUS ObpCaptureObjectName(KPROCESSOR_MODE Mode, const UNICODE_STRING *Source, PWCH Room, ULONG RoomBytes, UNICODE_STRING *Name)
{
    UNICODE_STRING Header;
    NTSTATUS Status;
    PWCH Buffer;

    *Name = (UNICODE_STRING){0};
    if (Mode != KernelMode && ((ULONG_PTR)Source & 3) != 0) {
        return STATUS_DATATYPE_MISALIGNMENT;
    }
    Status = CopyFromMode(Mode, &Header, Source, sizeof(Header));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Header.Length & 1) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    if (Header.Length == 0) {
        return STATUS_SUCCESS;
    }
    if (Mode != KernelMode && ((ULONG_PTR)Header.Buffer & 1) != 0) {
        return STATUS_DATATYPE_MISALIGNMENT;
    }
    Buffer = Header.Length <= RoomBytes ? Room : ExAllocatePoolWithTag(PagedPool, Header.Length, TAG_OB_NAME);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = CopyFromMode(Mode, Buffer, Header.Buffer, Header.Length);
    if (!NT_SUCCESS(Status)) {
        if (Buffer != Room) {
            ExFreePoolWithTag(Buffer, TAG_OB_NAME);
        }
        return Status;
    }
    Name->Buffer = Buffer;
    Name->Length = Name->MaximumLength = Header.Length;
    return STATUS_SUCCESS;
}

ULONG ObpSanitizeHandleAttributes(ULONG Attributes, KPROCESSOR_MODE Mode)
{
    return Mode == KernelMode ? Attributes : Attributes & ~(ULONG)OBJ_KERNEL_HANDLE;
}

static NTSTATUS ObpCaptureQos(KPROCESSOR_MODE Mode, const VOID *Source, OBP_CAPTURED_ATTRIBUTES *Captured)
{
    NTSTATUS Status;

    if (Source == NULL) {
        return STATUS_SUCCESS;
    }
    Status = CopyFromMode(Mode, &Captured->QosStorage, Source, sizeof(Captured->QosStorage));
    if (NT_SUCCESS(Status)) {
        Captured->Qos = &Captured->QosStorage;
    }
    return Status;
}

NTSTATUS ObpCaptureObjectAttributes(KPROCESSOR_MODE Mode, const OBJECT_ATTRIBUTES *Source, BOOLEAN WithSecurity, PWCH NameRoom, ULONG RoomBytes,
                                    OBP_CAPTURED_ATTRIBUTES *Captured)
{
    OBJECT_ATTRIBUTES Copy;
    NTSTATUS Status;

    *Captured = (OBP_CAPTURED_ATTRIBUTES){.NameRoom = NameRoom};
    if (Source == NULL) {
        return STATUS_SUCCESS;
    }
    Status = CopyFromMode(Mode, &Copy, Source, sizeof(Copy));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Copy.Length != sizeof(Copy) || (Copy.Attributes & ~(ULONG)OBJ_VALID_CREATE_ATTRIBUTES)) {
        return STATUS_INVALID_PARAMETER;
    }
    Captured->Attributes = ObpSanitizeHandleAttributes(Copy.Attributes, Mode);
    Captured->RootDirectory = Copy.RootDirectory;
    if (WithSecurity && Copy.SecurityDescriptor != NULL) {
        Status = SeCaptureSecurityDescriptor_(Copy.SecurityDescriptor, Mode, &Captured->SecurityDescriptor);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObpCaptureQos(Mode, Copy.SecurityQualityOfService, Captured);
    }
    if (NT_SUCCESS(Status) && Copy.ObjectName != NULL) {
        Status = ObpCaptureObjectName(Mode, Copy.ObjectName, NameRoom, RoomBytes, &Captured->Name);
    }
    /* A directory handle without a name is allowed only where the type makes sense of it: the lookup decides. */
    if (!NT_SUCCESS(Status)) {
        ObpReleaseObjectAttributes(Captured);
    }
    return Status;
}

void ObpReleaseObjectAttributes(OBP_CAPTURED_ATTRIBUTES *Captured)
{
    if (Captured->SecurityDescriptor != NULL) {
        SeReleaseCapturedSecurityDescriptor_(Captured->SecurityDescriptor);
        Captured->SecurityDescriptor = NULL;
    }
    if (Captured->Name.Buffer != Captured->NameRoom && Captured->Name.Buffer != NULL) {
        ExFreePoolWithTag(Captured->Name.Buffer, TAG_OB_NAME);
    }
    Captured->Name = (UNICODE_STRING){0};
}

static UCHAR ObpChooseInfoMask(POBJECT_TYPE Type, ULONG Attributes, const UNICODE_STRING *Name)
{
    UCHAR Mask = 0;

    if (Name != NULL && Name->Buffer != NULL) {
        Mask |= OB_INFO_NAME;
    }
    if (Type != NULL && Type->TypeInfo.MaintainHandleCount) {
        Mask |= OB_INFO_HANDLE;
    }
    if (Type != NULL && Type->TypeInfo.MaintainTypeList) {
        Mask |= OB_INFO_CREATOR;
    }
    if (Attributes & OBJ_EXCLUSIVE) {
        Mask |= OB_INFO_PROCESS;
    }
    return Mask;
}

static void ObpCountNewObject(POBJECT_TYPE Type)
{
    ULONG Total = (ULONG)InterlockedIncrement((volatile LONG *)&Type->TotalNumberOfObjects);

    if (Total > Type->HighWaterNumberOfObjects) {
        Type->HighWaterNumberOfObjects = Total;
    }
}

/* The name's buffer goes over to the object on success.  PointerCount 1, flagged new; the body is not zeroed. */
NTSTATUS ObpAllocateObject(POBJECT_TYPE Type, ULONG Attributes, const UNICODE_STRING *Name, SIZE_T BodySize, OBJECT_HEADER **Result)
{
    UCHAR Mask = ObpChooseInfoMask(Type, Attributes, Name);
    SIZE_T Front = ObpInfoMaskToOffset[Mask];
    POOL_TYPE Pool = Type != NULL ? Type->TypeInfo.PoolType : NonPagedPool;
    PUCHAR Block = ExAllocatePoolWithTag(Pool, Front + sizeof(OBJECT_HEADER) + BodySize, Type != NULL ? Type->Key : POOL_TAG('T', 'y', 'p', 'e'));
    OBJECT_HEADER *Header;

    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Block, Front + sizeof(OBJECT_HEADER));
    Header = (OBJECT_HEADER *)(Block + Front);
    Header->PointerCount = 1;
    Header->InfoMask = Mask;
    Header->TypeIndex = Type != NULL ? Type->Index : 0;
    Header->Flags = OB_FLAG_NEW_OBJECT | OB_FLAG_SINGLE_PROCESS;
    if (Attributes & OBJ_PERMANENT) {
        Header->Flags |= OB_FLAG_PERMANENT_OBJECT;
    }
    if (Attributes & OBJ_EXCLUSIVE) {
        Header->Flags |= OB_FLAG_EXCLUSIVE_OBJECT;
    }
    if (Mask & OB_INFO_NAME) {
        OBJECT_HEADER_TO_NAME_INFO(Header)->Name = *Name;
    }
    if (Mask & OB_INFO_CREATOR) {
        OBJECT_HEADER_CREATOR_INFO *Creator = OBJECT_HEADER_TO_CREATOR_INFO(Header);

        Creator->CreatorUniqueProcess = PsCurrentProcess_()->UniqueProcessId;
        ExAcquirePushLockExclusive_(&Type->TypeLock);
        InsertTailList(&Type->TypeList, &Creator->TypeList);
        ExReleasePushLockExclusive_(&Type->TypeLock);
    }
    if (Type != NULL) {
        ObpCountNewObject(Type);
    }
    *Result = Header;
    return STATUS_SUCCESS;
}

void ObpFreeObjectCreateInformation(OBJECT_CREATE_INFORMATION *Info)
{
    if (Info->SecurityDescriptor != NULL) {
        SeReleaseCapturedSecurityDescriptor_(Info->SecurityDescriptor);
    }
    ExFreeToNPagedLookasideList(&ObpCreateInfoLookaside, Info);
}

/* Gives the memory back; whatever the body owned is gone already. */
void ObpFreeObject(OBJECT_HEADER *Header)
{
    POBJECT_TYPE Type = ObpHeaderType(Header);
    PUCHAR Block = (PUCHAR)Header - ObpInfoMaskToOffset[Header->InfoMask];
    OBJECT_HEADER_NAME_INFO *NameInfo = OBJECT_HEADER_TO_NAME_INFO(Header);
    OBJECT_HEADER_HANDLE_INFO *HandleInfo = OBJECT_HEADER_TO_HANDLE_INFO(Header);
    OBJECT_HEADER_CREATOR_INFO *Creator = OBJECT_HEADER_TO_CREATOR_INFO(Header);

    if (Header->Flags & OB_FLAG_NEW_OBJECT) {
        if (Header->ObjectCreateInfo != NULL) {
            ObpFreeObjectCreateInformation(Header->ObjectCreateInfo);
        }
    }
    if (NameInfo != NULL && NameInfo->Name.Buffer != NULL) {
        ASSERT(NameInfo->Directory == NULL);
        ExFreePoolWithTag(NameInfo->Name.Buffer, TAG_OB_NAME);
    }
    if (HandleInfo != NULL && (Header->Flags & OB_FLAG_SINGLE_PROCESS) == 0 && HandleInfo->Database != NULL) {
        ExFreePoolWithTag(HandleInfo->Database, TAG_OB_INFO);
    }
    if (Creator != NULL) {
        ExAcquirePushLockExclusive_(&Type->TypeLock);
        RemoveEntryList(&Creator->TypeList);
        ExReleasePushLockExclusive_(&Type->TypeLock);
    }
    if (Type != NULL) {
        InterlockedDecrement((volatile LONG *)&Type->TotalNumberOfObjects);
    }
    Header->TypeIndex = 0;
    ExFreePoolWithTag(Block, 0);
}

NTSTATUS ObCreateBareObject_(POBJECT_TYPE Type, KPROCESSOR_MODE OwnershipMode, SIZE_T BodySize, PVOID *Object)
{
    OBJECT_HEADER *Header;
    NTSTATUS Status = ObpAllocateObject(Type, 0, NULL, BodySize, &Header);

    PAGED_CODE();
    *Object = NULL;
    if (NT_SUCCESS(Status)) {
        if (OwnershipMode == KernelMode) {
            Header->Flags |= OB_FLAG_KERNEL_OBJECT;
        }
        *Object = Header->Body;
    }
    return Status;
}

NTSTATUS NTAPI ObCreateObject(KPROCESSOR_MODE ProbeMode, POBJECT_TYPE Type, POBJECT_ATTRIBUTES ObjectAttributes, KPROCESSOR_MODE OwnershipMode,
                              PVOID ParseContext, ULONG BodySize, ULONG PagedPoolCharge, ULONG NonPagedPoolCharge, PVOID *Object)
{
    OBP_CAPTURED_ATTRIBUTES Captured;
    OBJECT_CREATE_INFORMATION *Info;
    OBJECT_HEADER *Header;
    NTSTATUS Status;

    PAGED_CODE();
    *Object = NULL;
    Info = ExAllocateFromNPagedLookasideList(&ObpCreateInfoLookaside);
    if (Info == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = ObpCaptureObjectAttributes(ProbeMode, ObjectAttributes, TRUE, NULL, 0, &Captured);
    if (!NT_SUCCESS(Status)) {
        goto FreeInfo;
    }
    if (Type->TypeInfo.InvalidAttributes & Captured.Attributes) {
        Status = STATUS_INVALID_PARAMETER;
        goto Release;
    }
    Status = ObpAllocateObject(Type, Captured.Attributes, &Captured.Name, BodySize, &Header);
    if (!NT_SUCCESS(Status)) {
        goto Release;
    }
    if (OwnershipMode == KernelMode) {
        Header->Flags |= OB_FLAG_KERNEL_OBJECT;
    }
    Info->Attributes = Captured.Attributes;
    Info->RootDirectory = Captured.RootDirectory;
    Info->ProbeMode = ProbeMode;
    Info->ParseContext = ParseContext;
    Info->SecurityDescriptor = Captured.SecurityDescriptor;
    Info->QosStorage = Captured.QosStorage;
    Info->Qos = Captured.Qos != NULL ? &Info->QosStorage : NULL;
    Header->ObjectCreateInfo = Info;
    /* A permanent object asked for by user mode needs a privilege. */
    if ((Header->Flags & OB_FLAG_PERMANENT_OBJECT) && ProbeMode != KernelMode &&
        !SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_CREATE_PERMANENT_PRIVILEGE), ProbeMode)) {
        ObpFreeObject(Header);
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    *Object = Header->Body;
    return STATUS_SUCCESS;
Release:
    ObpReleaseObjectAttributes(&Captured);
FreeInfo:
    ExFreeToNPagedLookasideList(&ObpCreateInfoLookaside, Info);
    return Status;
}
