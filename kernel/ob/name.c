/* SPDX-License-Identifier: MIT */
/*
 * name.c - from a name to an object, and back.
 *
 * A name is walked component by component from the root (or a directory handle).  A component whose object's type has a parse procedure
 * hands over the rest of the name: devices parse file names, symbolic links put their target in place of what was parsed, and the walk begins again
 * (STATUS_REPARSE, at most 32 times).  \??\ is the DOS device directory, here \GLOBAL?? for everybody.
 *
 * In an insertion the last component, if nothing is there, gets the new object, and the walk returns with the directory still locked, so
 * that the object can be completed (its security descriptor) before anybody finds it.
 *
 * Parsing holds no lock: between components only a reference to the object found.  Windows Internals, 7th ed., part 2, chapter 8 "Object names".
 */
#include "obp.h"

#define OB_MAXIMUM_REPARSES 32

POBJECT_DIRECTORY ObpRootDirectoryObject, ObpGlobalDosDevices;

#define OBP_DOS_DEVICES_LENGTH 6 /* bytes of \?? */

/* ---- the walk ------------------------------------------------------------------------------------------------------------------- */
typedef struct _OBP_WALK
{
    OBP_LOOKUP *Lookup;
    UNICODE_STRING Complete;  /* the name being walked */
    UNICODE_STRING Remaining; /* its part not yet walked */
    PWCH OwnedBuffer;         /* Complete's buffer after a reparse: pool */
    ULONG Reparses;
    ULONG Attributes;
    PVOID Link;               /* the last link followed, referenced, or NULL */
    BOOLEAN InTarget;         /* its target is being walked, and may be worth remembering */
    USHORT BehindLink;        /* bytes of the name that followed the link's own */
    LONG64 Generation;        /* ObpPathGeneration when the walk of the link's target began */
} OBP_WALK;

/* Takes the next component off Remaining, which begins with it or with one separator. */
static NTSTATUS ObpNextComponent(OBP_WALK *Walk, UNICODE_STRING *Component)
{
    UNICODE_STRING *Rest = &Walk->Remaining;
    const WCHAR *At, *End;
    USHORT Length;

    if (Rest->Length != 0 && Rest->Buffer[0] == L'\\') {
        Rest->Buffer++;
        Rest->Length -= sizeof(WCHAR);
    }
    End = Rest->Buffer + Rest->Length / sizeof(WCHAR);
    for (At = Rest->Buffer; At < End && *At != L'\\'; At++) {
    }
    Length = (USHORT)((const UCHAR *)At - (const UCHAR *)Rest->Buffer);
    Component->Buffer = Rest->Buffer;
    Component->Length = Component->MaximumLength = Length;
    Rest->Buffer += Length / sizeof(WCHAR);
    Rest->Length -= Length;
    return Length == 0 ? STATUS_OBJECT_NAME_INVALID : STATUS_SUCCESS;
}

/* After a reparse: the new complete name, which must be absolute. */
static NTSTATUS ObpAcceptReparse(OBP_WALK *Walk, const UNICODE_STRING *New)
{
    if (Walk->OwnedBuffer != NULL) {
        ExFreePool(Walk->OwnedBuffer);
    }
    Walk->OwnedBuffer = New->Buffer;
    Walk->Complete = Walk->Remaining = *New;
    if (++Walk->Reparses > OB_MAXIMUM_REPARSES || New->Length == 0) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    return New->Buffer[0] == L'\\' ? STATUS_REPARSE : STATUS_OBJECT_PATH_SYNTAX_BAD;
}

/*
 * Hands Remaining to Object's parse procedure.  STATUS_SUCCESS: Lookup->Object is the result.  STATUS_REPARSE: begin again.
 */
static NTSTATUS ObpCallParse(OBP_WALK *Walk, PVOID Object)
{
    OBP_LOOKUP *Lookup = Walk->Lookup;
    POBJECT_TYPE Type = ObGetObjectType(Object);
    UNICODE_STRING Complete = Walk->Complete;
    PVOID Result = NULL;
    NTSTATUS Status;

    Status = Type->TypeInfo.ParseProcedure(Object, Lookup->Type, Lookup->AccessState, Lookup->Mode, Walk->Attributes, &Complete, &Walk->Remaining,
                                           Lookup->ParseContext, Lookup->Qos, &Result);
    if (Status == STATUS_REPARSE || Status == STATUS_REPARSE_OBJECT) {
        return ObpAcceptReparse(Walk, &Complete);
    }
    if (NT_SUCCESS(Status)) {
        if (Result == NULL) {
            return STATUS_OBJECT_NAME_NOT_FOUND;
        }
        Lookup->Object = Result;
    }
    return Status;
}

static inline OB_PARSE_METHOD ObpParseOf(PVOID Object, OBP_LOOKUP *Lookup)
{
    OB_PARSE_METHOD Parse = ObGetObjectType(Object)->TypeInfo.ParseProcedure;

    /* An insertion stops at what is there, unless that is a link on the way. */
    return Parse != NULL && (Lookup->InsertObject == NULL || Parse == ObpParseSymbolicLink) ? Parse : NULL;
}

/* The last component was not found in Directory, which is locked exclusively. */
static NTSTATUS ObpInsertLast(OBP_WALK *Walk, POBJECT_DIRECTORY Directory, const UNICODE_STRING *Component)
{
    OBP_LOOKUP *Lookup = Walk->Lookup;
    ACCESS_MASK Access = ObGetObjectType(Lookup->InsertObject) == ObpDirectoryObjectType ? DIRECTORY_CREATE_SUBDIRECTORY : DIRECTORY_CREATE_OBJECT;
    NTSTATUS Status;

    if (!ObpCheckDirectoryAccess(Directory, Access, Lookup->AccessState, Lookup->Mode, &Status)) {
        return Status;
    }
    Status = ObpInsertDirectoryEntry(Directory, Lookup->InsertObject, Component);
    if (NT_SUCCESS(Status)) {
        ObfReferenceObject(Lookup->InsertObject);
        ObpPinName(Lookup->InsertObject);
        Lookup->Pinned = TRUE;
        Lookup->Object = Lookup->InsertObject;
        ObfReferenceObject(Directory);
        Lookup->Parent = Directory;
    }
    return Status;
}

/* Found, in Directory, which is locked: if it is what the link that was followed last leads to, the link remembers it. */
static void ObpNoteFound(OBP_WALK *Walk, POBJECT_DIRECTORY Directory, PVOID Found)
{
    OB_PARSE_METHOD Parse = ObGetObjectType(Found)->TypeInfo.ParseProcedure;

    if (Walk->Remaining.Length <= Walk->BehindLink) {
        Walk->InTarget = FALSE;
        if (Walk->Remaining.Length == Walk->BehindLink && Parse != NULL && Parse != ObpParseSymbolicLink) {
            ObpRememberTarget(Walk->Link, Directory, Found, Walk->Generation);
        }
    }
}

/*
 * One directory: finds the next component.  STATUS_SUCCESS with *Next: what is there (referenced).  With *Next NULL the walk is over with
 * an insertion: Directory stays locked.
 */
static NTSTATUS ObpWalkDirectory(OBP_WALK *Walk, POBJECT_DIRECTORY Directory, PVOID *Next)
{
    OBP_LOOKUP *Lookup = Walk->Lookup;
    UNICODE_STRING Component;
    NTSTATUS Status = ObpNextComponent(Walk, &Component);
    BOOLEAN Last = Walk->Remaining.Length == 0, Insert = Last && Lookup->InsertObject != NULL;
    PVOID Found;

    *Next = NULL;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Lookup->AccessState != NULL && (Lookup->AccessState->Flags & TOKEN_HAS_TRAVERSE_PRIVILEGE) == 0 &&
        !ObpCheckDirectoryAccess(Directory, DIRECTORY_TRAVERSE, Lookup->AccessState, Lookup->Mode, &Status)) {
        return Status;
    }
    if (Insert) {
        ExAcquirePushLockExclusive_(&Directory->Lock);
    } else {
        ExAcquirePushLockShared_(&Directory->Lock);
    }
    if (UNLIKELY(Walk->InTarget)) {
        Directory->OnRememberedPath = TRUE; /* before the look-up: a change after it is counted */
    }
    Found = ObpLookupDirectoryEntry(Directory, &Component, (Walk->Attributes & OBJ_CASE_INSENSITIVE) != 0);
    if (Found != NULL) {
        ObfReferenceObject(Found);
        if (UNLIKELY(Walk->InTarget)) {
            ObpNoteFound(Walk, Directory, Found);
        }
        if (Last && ObpParseOf(Found, Lookup) == NULL) {
            ObpPinName(Found);
            Lookup->Pinned = TRUE;
        }
    } else if (Insert) {
        Status = ObpInsertLast(Walk, Directory, &Component);
        if (NT_SUCCESS(Status)) {
            return Status;
        }
    } else {
        Status = Last ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_NOT_FOUND;
    }
    if (Insert) {
        ExReleasePushLockExclusive_(&Directory->Lock);
    } else {
        ExReleasePushLockShared_(&Directory->Lock);
    }
    *Next = Found;
    return Status;
}

/* Whether the walk may take a short cut: it need not look for the case of names, makes nothing, and is checked nowhere on the way. */
static BOOLEAN ObpMayUseRemembered(const OBP_WALK *Walk)
{
    const OBP_LOOKUP *Lookup = Walk->Lookup;

    return (Walk->Attributes & OBJ_CASE_INSENSITIVE) != 0 && Lookup->InsertObject == NULL && Lookup->Type != ObpSymbolicLinkObjectType &&
           (Lookup->AccessState == NULL || (Lookup->AccessState->Flags & TOKEN_HAS_TRAVERSE_PRIVILEGE) != 0) &&
           (Walk->Remaining.Length == 0 || Walk->Remaining.Buffer[0] == L'\\');
}

/* Object is a link, and its reference is taken over.  STATUS_SUCCESS: *Next is the device it leads to; else as ObpCallParse. */
static NTSTATUS ObpFollowLink(OBP_WALK *Walk, PVOID Object, PVOID *Next)
{
    BOOLEAN Remember = ObpMayUseRemembered(Walk);
    USHORT Behind = Walk->Remaining.Length;
    NTSTATUS Status;

    *Next = Remember ? ObpReferenceRememberedTarget(Object) : NULL;
    Status = *Next != NULL ? STATUS_SUCCESS : ObpCallParse(Walk, Object);
    if (Walk->Link != NULL) {
        ObfDereferenceObject(Walk->Link);
        Walk->Link = NULL;
    }
    Walk->InTarget = Status == STATUS_REPARSE && Remember;
    if (Walk->InTarget) {
        Walk->Generation = ObpPathGeneration;
        Walk->BehindLink = Behind;
        Walk->Link = Object;
    } else {
        ObfDereferenceObject(Object);
    }
    return Status;
}

/* From Object (referenced; the reference is taken over) along Remaining. */
static NTSTATUS ObpWalkFrom(OBP_WALK *Walk, PVOID Object)
{
    OBP_LOOKUP *Lookup = Walk->Lookup;
    NTSTATUS Status;
    PVOID Next;

    for (;;) {
        OB_PARSE_METHOD Parse = ObpParseOf(Object, Lookup);

        if (Parse == ObpParseSymbolicLink) {
            Status = ObpFollowLink(Walk, Object, &Next);
            if (Next == NULL) {
                return Status;
            }
            Object = Next;
            continue;
        }
        if (Parse != NULL) {
            Status = ObpCallParse(Walk, Object);
            break;
        }
        if (Walk->Remaining.Length == 0) {
            Lookup->Object = Object;
            return STATUS_SUCCESS;
        }
        if (ObGetObjectType(Object) != ObpDirectoryObjectType) {
            Status = STATUS_OBJECT_TYPE_MISMATCH;
            break;
        }
        Status = ObpWalkDirectory(Walk, Object, &Next);
        if (Next == NULL) {
            break;
        }
        ObfDereferenceObject(Object);
        Object = Next;
    }
    ObfDereferenceObject(Object);
    return Status;
}

/* The directory an absolute name begins in; Remaining is moved behind a \??. */
static NTSTATUS ObpBeginAbsolute(OBP_WALK *Walk, PVOID *Start)
{
    UNICODE_STRING *Rest = &Walk->Remaining;

    if (Rest->Length == 0 || Rest->Buffer[0] != L'\\') {
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    }
    *Start = ObpRootDirectoryObject;
    if (Rest->Length == sizeof(WCHAR)) {
        Rest->Length = 0;
    } else if (ObpGlobalDosDevices != NULL && Rest->Length >= OBP_DOS_DEVICES_LENGTH && Rest->Buffer[1] == L'?' && Rest->Buffer[2] == L'?' &&
               (Rest->Length == OBP_DOS_DEVICES_LENGTH || Rest->Buffer[3] == L'\\')) {
        *Start = ObpGlobalDosDevices;
        Rest->Buffer += OBP_DOS_DEVICES_LENGTH / sizeof(WCHAR);
        Rest->Length -= OBP_DOS_DEVICES_LENGTH;
    }
    ObfReferenceObject(*Start);
    return STATUS_SUCCESS;
}

static NTSTATUS ObpBeginRelative(OBP_WALK *Walk, PVOID *Start)
{
    OBP_LOOKUP *Lookup = Walk->Lookup;
    NTSTATUS Status = ObReferenceObjectByHandle(Lookup->RootDirectory, 0, NULL, Lookup->Mode, Start, NULL);
    POBJECT_TYPE Type;

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Type = ObGetObjectType(*Start);
    if (Type == ObpDirectoryObjectType && Walk->Remaining.Length != 0 && Walk->Remaining.Buffer[0] == L'\\') {
        Status = STATUS_OBJECT_PATH_SYNTAX_BAD;
    } else if (Type != ObpDirectoryObjectType && Type->TypeInfo.ParseProcedure == NULL) {
        Status = STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(*Start);
    }
    return Status;
}

NTSTATUS ObpLookupObjectName(OBP_LOOKUP *Lookup)
{
    OBP_WALK Walk = {.Lookup = Lookup, .Complete = *Lookup->Name, .Remaining = *Lookup->Name, .Attributes = Lookup->Attributes};
    PVOID Start;
    NTSTATUS Status;

    PAGED_CODE();
    Lookup->Object = NULL;
    Lookup->Parent = NULL;
    Lookup->Pinned = FALSE;
    if (Lookup->Type == NULL || Lookup->Type->TypeInfo.CaseInsensitive) {
        Walk.Attributes |= OBJ_CASE_INSENSITIVE;
    }
    Status = Lookup->RootDirectory != NULL ? ObpBeginRelative(&Walk, &Start) : ObpBeginAbsolute(&Walk, &Start);
    if (NT_SUCCESS(Status)) {
        Status = ObpWalkFrom(&Walk, Start);
    }
    while (Status == STATUS_REPARSE) {
        Status = ObpBeginAbsolute(&Walk, &Start);
        if (NT_SUCCESS(Status)) {
            Status = ObpWalkFrom(&Walk, Start);
        }
    }
    if (NT_SUCCESS(Status) && Lookup->Parent == NULL && Lookup->Type != NULL && ObGetObjectType(Lookup->Object) != Lookup->Type) {
        ObpFinishLookup(Lookup);
        ObfDereferenceObject(Lookup->Object);
        Lookup->Object = NULL;
        Status = STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (Walk.OwnedBuffer != NULL) {
        ExFreePool(Walk.OwnedBuffer);
    }
    if (Walk.Link != NULL) {
        ObfDereferenceObject(Walk.Link);
    }
    return Status;
}

void ObpFinishLookup(OBP_LOOKUP *Lookup)
{
    if (Lookup->Pinned) {
        Lookup->Pinned = FALSE;
        ObpUnpinName(Lookup->Object);
    }
}

/* ---- and back: an object's full name ----------------------------------------------------------------------------------------------- */

/* Length in bytes of Object's path; ObpNameLock held.  Objects whose directory is not under the root any more end with "...". */
static ULONG ObpPathLength(OBJECT_HEADER_NAME_INFO *Info)
{
    ULONG Length = 0;

    while (Info != NULL) {
        Length += sizeof(WCHAR) + Info->Name.Length;
        if (Info->Directory == ObpRootDirectoryObject) {
            return Length;
        }
        if (Info->Directory == NULL) {
            break;
        }
        Info = OBJECT_HEADER_TO_NAME_INFO(OBJECT_TO_OBJECT_HEADER(Info->Directory));
    }
    return Length + 4 * sizeof(WCHAR); /* \... */
}

static void ObpBuildPath(OBJECT_HEADER_NAME_INFO *Info, PWCH Buffer, ULONG Length)
{
    PWCH End = Buffer + Length / sizeof(WCHAR);

    while (Info != NULL) {
        End -= Info->Name.Length / sizeof(WCHAR);
        RtlCopyMemory(End, Info->Name.Buffer, Info->Name.Length);
        *--End = L'\\';
        if (Info->Directory == ObpRootDirectoryObject) {
            return;
        }
        if (Info->Directory == NULL) {
            break;
        }
        Info = OBJECT_HEADER_TO_NAME_INFO(OBJECT_TO_OBJECT_HEADER(Info->Directory));
    }
    RtlCopyMemory(Buffer, L"\\...", 4 * sizeof(WCHAR));
}

static NTSTATUS ObpQueryPath(PVOID Object, POBJECT_NAME_INFORMATION Information, ULONG Length, PULONG ReturnLength)
{
    OBJECT_HEADER_NAME_INFO *Info = OBJECT_HEADER_TO_NAME_INFO(OBJECT_TO_OBJECT_HEADER(Object));
    BOOLEAN Root = Object == (PVOID)ObpRootDirectoryObject;
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG PathLength = 0;

    ExAcquirePushLockShared_(&ObpNameLock);
    if (Root) {
        PathLength = sizeof(WCHAR);
    } else if (Info != NULL && Info->Directory != NULL) {
        PathLength = ObpPathLength(Info);
    }
    *ReturnLength = sizeof(OBJECT_NAME_INFORMATION) + (PathLength != 0 ? PathLength + sizeof(WCHAR) : 0);
    if (PathLength > 0xFFFC) {
        Status = STATUS_NAME_TOO_LONG;
    } else if (Length < *ReturnLength) {
        Status = STATUS_INFO_LENGTH_MISMATCH;
    } else if (PathLength == 0) {
        RtlZeroMemory(Information, sizeof(*Information));
    } else {
        PWCH Buffer = (PWCH)(Information + 1);

        if (Root) {
            Buffer[0] = L'\\';
        } else {
            ObpBuildPath(Info, Buffer, PathLength);
        }
        Buffer[PathLength / sizeof(WCHAR)] = 0;
        Information->Name.Buffer = Buffer;
        Information->Name.Length = (USHORT)PathLength;
        Information->Name.MaximumLength = (USHORT)(PathLength + sizeof(WCHAR));
    }
    ExReleasePushLockShared_(&ObpNameLock);
    return Status;
}

NTSTATUS NTAPI ObQueryNameString(PVOID Object, POBJECT_NAME_INFORMATION Information, ULONG Length, PULONG ReturnLength)
{
    OB_QUERYNAME_METHOD Query = ObGetObjectType(Object)->TypeInfo.QueryNameProcedure;

    PAGED_CODE();
    if (Query != NULL) {
        OBJECT_HEADER_NAME_INFO *Info = OBJECT_HEADER_TO_NAME_INFO(OBJECT_TO_OBJECT_HEADER(Object));

        return Query(Object, Info != NULL && Info->Name.Length != 0, Information, Length, ReturnLength, KernelMode);
    }
    return ObpQueryPath(Object, Information, Length, ReturnLength);
}

/* The name in pool, or NULL; free with ExFreePool. */
POBJECT_NAME_INFORMATION ObQueryNameInfo_(PVOID Object)
{
    POBJECT_NAME_INFORMATION Information = NULL;
    ULONG Length = sizeof(OBJECT_NAME_INFORMATION) + 260 * sizeof(WCHAR), Needed;
    NTSTATUS Status = STATUS_INFO_LENGTH_MISMATCH;

    for (ULONG Try = 0; Try < 3 && (Status == STATUS_INFO_LENGTH_MISMATCH || Status == STATUS_BUFFER_OVERFLOW || Status == STATUS_BUFFER_TOO_SMALL);
         Try++) {
        if (Information != NULL) {
            ExFreePoolWithTag(Information, TAG_OB_NAME);
        }
        Information = ExAllocatePoolWithTag(PagedPool, Length, TAG_OB_NAME);
        if (Information == NULL) {
            return NULL;
        }
        Needed = Length;
        Status = ObQueryNameString(Object, Information, Length, &Needed);
        Length = Needed;
    }
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Information, TAG_OB_NAME);
        return NULL;
    }
    return Information;
}
