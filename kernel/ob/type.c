/* SPDX-License-Identifier: MIT */
/*
 * type.c - object types: themselves objects, of the type "Type", listed in \ObjectTypes.
 *
 * A type is named in an object's header by its index in ObTypeIndexTable; indices begin at 2, as NT's (0 marks a freed header, 1 is reserved).
 * Types live for ever.  The first three (Type, Directory, SymbolicLink) are made before there is a namespace; ObpPublishTypes enters
 * them later.  Windows Internals, 7th ed., part 2, chapter 8 "Type objects".
 */
#include "obp.h"

POBJECT_TYPE ObTypeIndexTable[OB_MAXIMUM_TYPES];
POBJECT_TYPE ObpTypeObjectType;
static volatile LONG ObpNextTypeIndex = OB_FIRST_TYPE_INDEX;

/* The pool tag of a type's objects: the first four letters of its name. */
static ULONG ObpTypeKey(const UNICODE_STRING *Name)
{
    ULONG Key = 0;

    for (ULONG i = 0; i < 4; i++) {
        UCHAR Letter = i < Name->Length / sizeof(WCHAR) ? (UCHAR)Name->Buffer[i] : ' ';

        Key |= (ULONG)Letter << (8 * i);
    }
    return Key;
}

static void ObpFillType(POBJECT_TYPE Type, const UNICODE_STRING *Name, const OBJECT_TYPE_INITIALIZER *Initializer, UCHAR Index)
{
    RtlZeroMemory(Type, sizeof(*Type));
    InitializeListHead(&Type->TypeList);
    ExInitializePushLock_(&Type->TypeLock);
    Type->Name = *Name;
    Type->Index = Index;
    Type->Key = ObpTypeKey(Name);
    Type->TypeInfo = *Initializer;
    Type->TypeInfo.Length = sizeof(Type->TypeInfo);
    if (Type->TypeInfo.SecurityProcedure == NULL) {
        Type->TypeInfo.SecurityProcedure = SeDefaultObjectMethod;
    }
    if (Type->TypeInfo.WaitObjectFlagOffset >= 0) {
        Type->TypeInfo.ValidAccessMask |= SYNCHRONIZE;
    }
}

/* Enters Type as \ObjectTypes\Name.  The directory's lock orders against ObpPublishTypes. */
static NTSTATUS ObpEnterType(POBJECT_TYPE Type)
{
    OBJECT_HEADER_NAME_INFO *NameInfo = OBJECT_HEADER_TO_NAME_INFO(OBJECT_TO_OBJECT_HEADER(Type));
    NTSTATUS Status = STATUS_SUCCESS;

    ExAcquirePushLockExclusive_(&ObpTypeDirectoryObject->Lock);
    if (NameInfo->Directory == NULL) {
        if (ObpLookupDirectoryEntry(ObpTypeDirectoryObject, &Type->Name, FALSE) != NULL) {
            Status = STATUS_OBJECT_NAME_COLLISION;
        } else {
            Status = ObpInsertDirectoryEntry(ObpTypeDirectoryObject, Type, &Type->Name);
        }
    }
    ExReleasePushLockExclusive_(&ObpTypeDirectoryObject->Lock);
    return Status;
}

NTSTATUS ObCreateObjectType(const UNICODE_STRING *Name, const OBJECT_TYPE_INITIALIZER *Initializer, PSECURITY_DESCRIPTOR Descriptor,
                            POBJECT_TYPE *Type)
{
    UNICODE_STRING Copy;
    OBJECT_HEADER *Header;
    POBJECT_TYPE New;
    NTSTATUS Status;
    LONG Index;

    PAGED_CODE();
    if (Name->Length == 0 || (Name->Length & 1) || Name->Buffer == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    for (USHORT i = 0; i < Name->Length / sizeof(WCHAR); i++) {
        if (Name->Buffer[i] == L'\\') {
            return STATUS_OBJECT_NAME_INVALID;
        }
    }
    Status = ObpCaptureObjectName(KernelMode, Name, NULL, 0, &Copy);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObpAllocateObject(ObpTypeObjectType, OBJ_PERMANENT, &Copy, sizeof(OBJECT_TYPE), &Header);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Copy.Buffer, TAG_OB_NAME);
        return Status;
    }
    Header->Flags &= ~OB_FLAG_NEW_OBJECT;
    Index = InterlockedIncrement(&ObpNextTypeIndex) - 1;
    if (Index >= OB_MAXIMUM_TYPES) {
        InterlockedDecrement(&ObpNextTypeIndex);
        ObpFreeObject(Header);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    New = (POBJECT_TYPE)Header->Body;
    ObpFillType(New, &OBJECT_HEADER_TO_NAME_INFO(Header)->Name, Initializer, (UCHAR)Index);
    if (ObpTypeObjectType == NULL) {
        ObpTypeObjectType = New; /* the type of all types is of its own type */
        Header->TypeIndex = (UCHAR)Index;
        New->TotalNumberOfObjects = 1;
    }
    ObTypeIndexTable[Index] = New;
    if (Descriptor != NULL) {
        Status = ObpSetObjectSecurityDescriptor(New, Descriptor);
    }
    if (NT_SUCCESS(Status) && ObpTypeDirectoryObject != NULL) {
        Status = ObpEnterType(New);
    }
    if (NT_SUCCESS(Status)) {
        *Type = New;
    }
    return Status;
}

void ObpCreateTypeType(void)
{
    static const OBJECT_TYPE_INITIALIZER Initializer = {
        .CaseInsensitive = TRUE,
        .MaintainTypeList = FALSE,
        .GenericMapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_EXECUTE, STANDARD_RIGHTS_ALL},
        .ValidAccessMask = STANDARD_RIGHTS_ALL,
        .PoolType = NonPagedPool,
        .WaitObjectFlagOffset = -1,
    };
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Type");
    POBJECT_TYPE Type;

    if (!NT_SUCCESS(ObCreateObjectType(&Name, &Initializer, NULL, &Type))) {
        KeBugCheckEx(0x5E /* OBJECT_INITIALIZATION_FAILED */, 1, 0, 0, 0);
    }
}

void ObpPublishTypes(void)
{
    for (LONG i = OB_FIRST_TYPE_INDEX; i < ObpNextTypeIndex; i++) {
        if (ObTypeIndexTable[i] != NULL && !NT_SUCCESS(ObpEnterType(ObTypeIndexTable[i]))) {
            KeBugCheckEx(0x5E, 2, i, 0, 0);
        }
    }
}

POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object)
{
    return ObpHeaderType(OBJECT_TO_OBJECT_HEADER(Object));
}

POBJECT_TYPE ObGetTypeByIndex(ULONG Index)
{
    return Index < OB_MAXIMUM_TYPES ? ObTypeIndexTable[Index] : NULL;
}
