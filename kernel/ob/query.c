/* SPDX-License-Identifier: MIT */
/*
 * query.c - NtQueryObject, NtSetInformationObject, NtCompareObjects.
 *
 * Answers are built in kernel memory and copied out once; addresses in them are the caller's.
 */
#include "obp.h"
#include "rtl.h"

typedef struct _OBJECT_TYPE_INFORMATION
{
    UNICODE_STRING TypeName;
    ULONG TotalNumberOfObjects, TotalNumberOfHandles;
    ULONG TotalPagedPoolUsage, TotalNonPagedPoolUsage, TotalNamePoolUsage, TotalHandleTableUsage;
    ULONG HighWaterNumberOfObjects, HighWaterNumberOfHandles;
    ULONG HighWaterPagedPoolUsage, HighWaterNonPagedPoolUsage, HighWaterNamePoolUsage, HighWaterHandleTableUsage;
    ULONG InvalidAttributes;
    GENERIC_MAPPING GenericMapping;
    ULONG ValidAccessMask;
    BOOLEAN SecurityRequired, MaintainHandleCount;
    UCHAR TypeIndex, ReservedByte;
    ULONG PoolType, DefaultPagedPoolCharge, DefaultNonPagedPoolCharge;
} OBJECT_TYPE_INFORMATION;
static_assert(sizeof(OBJECT_TYPE_INFORMATION) == 0x68 && offsetof(OBJECT_TYPE_INFORMATION, TypeIndex) == 0x5A, "OBJECT_TYPE_INFORMATION");

typedef struct _OBJECT_HANDLE_FLAG_INFORMATION
{
    BOOLEAN Inherit, ProtectFromClose;
} OBJECT_HANDLE_FLAG_INFORMATION;

#ifndef STATUS_NOT_SAME_OBJECT
#define STATUS_NOT_SAME_OBJECT ((NTSTATUS)0xC00001AC)
#endif

static_assert(sizeof(OBJECT_BASIC_INFORMATION) == 56, "OBJECT_BASIC_INFORMATION");

/* Length of what ObjectTypeInformation says of Type. */
static ULONG ObpTypeInformationSize(POBJECT_TYPE Type)
{
    return (sizeof(OBJECT_TYPE_INFORMATION) + Type->Name.Length + sizeof(WCHAR) + 7) & ~7u;
}

static void ObpFillTypeInformation(POBJECT_TYPE Type, OBJECT_TYPE_INFORMATION *Information, OBJECT_TYPE_INFORMATION *UserAddress)
{
    RtlZeroMemory(Information, ObpTypeInformationSize(Type));
    Information->TypeName.Length = Type->Name.Length;
    Information->TypeName.MaximumLength = (USHORT)(Type->Name.Length + sizeof(WCHAR));
    Information->TypeName.Buffer = (PWCH)(UserAddress + 1);
    RtlCopyMemory(Information + 1, Type->Name.Buffer, Type->Name.Length);
    Information->TotalNumberOfObjects = Type->TotalNumberOfObjects;
    Information->TotalNumberOfHandles = Type->TotalNumberOfHandles;
    Information->HighWaterNumberOfObjects = Type->HighWaterNumberOfObjects;
    Information->HighWaterNumberOfHandles = Type->HighWaterNumberOfHandles;
    Information->InvalidAttributes = Type->TypeInfo.InvalidAttributes;
    Information->GenericMapping = Type->TypeInfo.GenericMapping;
    Information->ValidAccessMask = Type->TypeInfo.ValidAccessMask;
    Information->SecurityRequired = Type->TypeInfo.SecurityRequired;
    Information->MaintainHandleCount = Type->TypeInfo.MaintainHandleCount;
    Information->TypeIndex = Type->Index;
    Information->PoolType = Type->TypeInfo.PoolType;
    Information->DefaultPagedPoolCharge = Type->TypeInfo.DefaultPagedPoolCharge;
    Information->DefaultNonPagedPoolCharge = Type->TypeInfo.DefaultNonPagedPoolCharge;
}

static NTSTATUS ObpQueryBasic(PVOID Object, POBJECT_HANDLE_INFORMATION Handle, OBJECT_BASIC_INFORMATION *Information)
{
    OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(Object);
    PSECURITY_DESCRIPTOR Descriptor = ObpReferenceSecurityDescriptor(Object);
    OBJECT_HEADER_NAME_INFO *NameInfo = OBJECT_HEADER_TO_NAME_INFO(Header);
    ULONG NameSize = 0;

    RtlZeroMemory(Information, sizeof(*Information));
    Information->Attributes = Handle->HandleAttributes & OBJ_INHERIT;
    if (Header->Flags & OB_FLAG_PERMANENT_OBJECT) {
        Information->Attributes |= OBJ_PERMANENT;
    }
    if (Header->Flags & OB_FLAG_EXCLUSIVE_OBJECT) {
        Information->Attributes |= OBJ_EXCLUSIVE;
    }
    Information->GrantedAccess = Handle->GrantedAccess;
    Information->HandleCount = (ULONG)Header->HandleCount;
    Information->PointerCount = (ULONG)Header->PointerCount - 1; /* ours */
    Information->PagedPoolCharge = ObpHeaderType(Header)->TypeInfo.DefaultPagedPoolCharge;
    Information->NonPagedPoolCharge = ObpHeaderType(Header)->TypeInfo.DefaultNonPagedPoolCharge;
    if (NameInfo != NULL && NameInfo->Directory != NULL) {
        ObQueryNameString(Object, NULL, 0, &NameSize);
    }
    Information->NameInfoSize = NameSize;
    Information->TypeInfoSize = ObpTypeInformationSize(ObpHeaderType(Header));
    if (Descriptor != NULL) {
        Information->SecurityDescriptorSize = RtlLengthSecurityDescriptor(Descriptor);
        ObDereferenceSecurityDescriptor(Descriptor, 1);
    }
    return STATUS_SUCCESS;
}

/* The name is built by kernel routines at Buffer and shall lie at UserBuffer. */
static NTSTATUS ObpQueryName(PVOID Object, KPROCESSOR_MODE Mode, PVOID UserBuffer, ULONG Length, PULONG Needed)
{
    POBJECT_NAME_INFORMATION Information = ObQueryNameInfo_(Object);
    NTSTATUS Status = STATUS_SUCCESS;

    if (Information == NULL) {
        /* Files of devices that cannot tell a name answer so; ask again for the reason. */
        OBJECT_NAME_INFORMATION Empty;

        Status = ObQueryNameString(Object, &Empty, sizeof(Empty), Needed);
        return NT_SUCCESS(Status) || Status == STATUS_INFO_LENGTH_MISMATCH ? STATUS_INSUFFICIENT_RESOURCES : Status;
    }
    *Needed = sizeof(*Information) + (Information->Name.Length != 0 ? Information->Name.Length + sizeof(WCHAR) : 0);
    if (Length < sizeof(*Information)) {
        Status = STATUS_INFO_LENGTH_MISMATCH;
    } else if (Length < *Needed) {
        Status = STATUS_BUFFER_OVERFLOW;
    } else {
        OBJECT_NAME_INFORMATION Head = *Information;

        if (Head.Name.Length != 0) {
            Head.Name.MaximumLength = (USHORT)(Head.Name.Length + sizeof(WCHAR));
            Head.Name.Buffer = (PWCH)((POBJECT_NAME_INFORMATION)UserBuffer + 1);
            Status = CopyToMode(Mode, Head.Name.Buffer, Information->Name.Buffer, Head.Name.MaximumLength);
        } else {
            RtlZeroMemory(&Head, sizeof(Head));
        }
        if (NT_SUCCESS(Status)) {
            Status = CopyToMode(Mode, UserBuffer, &Head, sizeof(Head));
        }
    }
    ExFreePool(Information);
    return Status;
}

static NTSTATUS ObpQueryTypeClass(POBJECT_TYPE Type, KPROCESSOR_MODE Mode, PVOID UserBuffer, ULONG Length, PULONG Needed)
{
    OBJECT_TYPE_INFORMATION *Information;
    NTSTATUS Status;

    *Needed = ObpTypeInformationSize(Type);
    if (Length < *Needed) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Information = ExAllocatePoolWithTag(PagedPool, *Needed, TAG_OB_INFO);
    if (Information == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ObpFillTypeInformation(Type, Information, UserBuffer);
    Status = CopyToMode(Mode, UserBuffer, Information, *Needed);
    ExFreePoolWithTag(Information, TAG_OB_INFO);
    return Status;
}

/* All types: a count, padded to 8 bytes, then the records. */
static NTSTATUS ObpQueryAllTypes(KPROCESSOR_MODE Mode, PUCHAR UserBuffer, ULONG Length, PULONG Needed)
{
    ULONG64 Count = 0;
    ULONG Offset = sizeof(Count), Size;
    NTSTATUS Status = STATUS_SUCCESS;
    POBJECT_TYPE Type;

    *Needed = sizeof(Count);
    for (ULONG i = OB_FIRST_TYPE_INDEX; (Type = ObGetTypeByIndex(i)) != NULL; i++) {
        *Needed += ObpTypeInformationSize(Type);
        Count++;
    }
    if (Length < *Needed) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = CopyToMode(Mode, UserBuffer, &Count, sizeof(Count));
    for (ULONG i = OB_FIRST_TYPE_INDEX; NT_SUCCESS(Status) && i < OB_FIRST_TYPE_INDEX + Count; i++) {
        Status = ObpQueryTypeClass(ObGetTypeByIndex(i), Mode, UserBuffer + Offset, Length - Offset, &Size);
        Offset += Size;
    }
    return Status;
}

NTSTATUS NTAPI NtQueryObject(HANDLE Handle, OBJECT_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    OBJECT_HANDLE_INFORMATION HandleInformation;
    PVOID Object = NULL;
    ULONG Needed = 0;
    NTSTATUS Status;

    PAGED_CODE();
    Status = KiProbeForWrite(Mode, Buffer, Length, 1);
    if (NT_SUCCESS(Status) && Class != ObjectTypesInformation) {
        Status = ObReferenceObjectByHandle(Handle, 0, NULL, Mode, &Object, &HandleInformation);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    switch ((int)Class) {
    case ObjectBasicInformation: {
        OBJECT_BASIC_INFORMATION Basic;

        Needed = sizeof(Basic);
        Status = Length != sizeof(Basic) ? STATUS_INFO_LENGTH_MISMATCH : ObpQueryBasic(Object, &HandleInformation, &Basic);
        if (NT_SUCCESS(Status)) {
            Status = CopyToMode(Mode, Buffer, &Basic, sizeof(Basic));
        }
        break;
    }
    case ObjectNameInformation:
        Status = ObpQueryName(Object, Mode, Buffer, Length, &Needed);
        break;
    case ObjectTypeInformation:
        Status = ObpQueryTypeClass(ObGetObjectType(Object), Mode, Buffer, Length, &Needed);
        break;
    case ObjectTypesInformation:
        Status = ObpQueryAllTypes(Mode, Buffer, Length, &Needed);
        break;
    case ObjectHandleFlagInformation: {
        OBJECT_HANDLE_FLAG_INFORMATION Flags = {(HandleInformation.HandleAttributes & OBJ_INHERIT) != 0,
                                                (HandleInformation.HandleAttributes & OB_PROTECT_CLOSE) != 0};

        Needed = sizeof(Flags);
        Status = Length < sizeof(Flags) ? STATUS_INFO_LENGTH_MISMATCH : CopyToMode(Mode, Buffer, &Flags, sizeof(Flags));
        break;
    }
    default:
        Status = STATUS_INVALID_INFO_CLASS;
        break;
    }
    if (Object != NULL) {
        ObfDereferenceObject(Object);
    }
    if (ReturnLength != NULL && Status != STATUS_INVALID_INFO_CLASS) {
        NTSTATUS CopyStatus = CopyToMode(Mode, ReturnLength, &Needed, sizeof(Needed));

        Status = NT_SUCCESS(CopyStatus) ? Status : CopyStatus;
    }
    return Status;
}

NTSTATUS NTAPI NtSetInformationObject(HANDLE Handle, OBJECT_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    OBJECT_HANDLE_FLAG_INFORMATION Flags;
    PHANDLE_TABLE_ENTRY Entry;
    PHANDLE_TABLE Table;
    NTSTATUS Status;

    PAGED_CODE();
    if (Class != ObjectHandleFlagInformation) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Length != sizeof(Flags)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = CopyFromMode(Mode, &Flags, Buffer, sizeof(Flags));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Table = ObpTableForHandle(&Handle, Mode);
    Entry = Table != NULL ? ExMapHandleToPointer(Table, Handle) : NULL;
    if (Entry == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    if (Flags.Inherit && (ObGetObjectType(ObpEntryBody(Entry))->TypeInfo.InvalidAttributes & OBJ_INHERIT)) {
        Status = STATUS_INVALID_PARAMETER;
    } else {
        Entry->Attributes = (Entry->Attributes & ~(ULONG)(OBJ_INHERIT | OB_PROTECT_CLOSE)) | (Flags.Inherit ? OBJ_INHERIT : 0) |
                            (Flags.ProtectFromClose ? OB_PROTECT_CLOSE : 0);
    }
    ExUnlockHandleTableEntry(Table, Entry);
    return Status;
}

NTSTATUS NTAPI NtCompareObjects(HANDLE First, HANDLE Second)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PVOID FirstObject, SecondObject;
    NTSTATUS Status = ObReferenceObjectByHandle(First, 0, NULL, Mode, &FirstObject, NULL);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(Second, 0, NULL, Mode, &SecondObject, NULL);
    if (NT_SUCCESS(Status)) {
        Status = FirstObject == SecondObject ? STATUS_SUCCESS : STATUS_NOT_SAME_OBJECT;
        ObfDereferenceObject(SecondObject);
    }
    ObfDereferenceObject(FirstObject);
    return Status;
}
