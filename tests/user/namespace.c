/* SPDX-License-Identifier: MIT */
/*
 * namespace.c - private namespaces: boundaries, prefixes, who may create and open, how one ends.
 */
#define _WIN32_WINNT 0x0A00
#include "child.h"
#include "tap.h"
#include <sddl.h>

static PSID World, Nobody, Medium, System;

static HANDLE Boundary(const char *Name, PSID First, PSID Second)
{
    HANDLE Result = CreateBoundaryDescriptorA(Name, 0);

    if (First != NULL) {
        AddSIDToBoundaryDescriptor(&Result, First);
    }
    if (Second != NULL) {
        AddSIDToBoundaryDescriptor(&Result, Second);
    }
    return Result;
}

static PSID Sid(const char *Text)
{
    PSID Result = NULL;

    ConvertStringSidToSidA(Text, &Result);
    return Result;
}

/* Another process: opens the namespace under a prefix of its own and signals the event in it. */
static int Child(void)
{
    HANDLE Edge = Boundary("edge", World, NULL), Space = OpenPrivateNamespaceA(Edge, "theirs"), Event;

    if (Space == NULL) {
        return 100 + (int)GetLastError();
    }
    Event = OpenEventA(EVENT_MODIFY_STATE, FALSE, "theirs\\event");
    return Event != NULL && SetEvent(Event) && ClosePrivateNamespace(Space, 0) ? 1 : 2;
}

static void Descriptors(void)
{
    HANDLE Edge;

    SetLastError(0);
    Ok(CreateBoundaryDescriptorA(NULL, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "a boundary has a name");
    Ok(CreateBoundaryDescriptorA("", 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "of some characters");
    Edge = CreateBoundaryDescriptorA("edge", 0);
    Ok(Edge != NULL, "a boundary");
    Ok(AddSIDToBoundaryDescriptor(&Edge, World), "with a SID");
    Ok(AddIntegrityLabelToBoundaryDescriptor(&Edge, Medium), "and an integrity label");
    Ok(!AddIntegrityLabelToBoundaryDescriptor(&Edge, World) && GetLastError() == ERROR_INVALID_PARAMETER, "which must be one");
    DeleteBoundaryDescriptor(Edge);
}

static void Life(void)
{
    HANDLE Edge = Boundary("edge", World, NULL), Space, Event, Again, Other;

    Ok(OpenPrivateNamespaceA(Edge, "ours") == NULL && GetLastError() == ERROR_FILE_NOT_FOUND, "nobody has created it yet");
    Ok(CreateEventA(NULL, TRUE, FALSE, "ours\\event") == NULL && GetLastError() == ERROR_PATH_NOT_FOUND, "a prefix that means nothing");
    Ok(CreatePrivateNamespaceA(NULL, NULL, "ours") == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "no boundary");
    Ok(CreatePrivateNamespaceA(NULL, Edge, "") == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "no prefix");
    Space = CreatePrivateNamespaceA(NULL, Edge, "ours");
    Ok(Space != NULL, "a namespace");
    SetLastError(0);
    Ok(CreatePrivateNamespaceA(NULL, Edge, "twice") == NULL && GetLastError() == ERROR_ALREADY_EXISTS, "it is there already");
    Event = CreateEventA(NULL, TRUE, FALSE, "ours\\event");
    Ok(Event != NULL && GetLastError() == ERROR_SUCCESS, "an event in it");
    Ok(OpenEventA(SYNCHRONIZE, FALSE, "event") == NULL && GetLastError() == ERROR_FILE_NOT_FOUND, "which is not where all the others are");
    Ok(OpenEventA(SYNCHRONIZE, FALSE, "Local\\event") == NULL && GetLastError() == ERROR_FILE_NOT_FOUND, "nor there");
    Again = CreateMutexA(NULL, FALSE, "OURS\\event");
    Ok(Again == NULL && GetLastError() == ERROR_INVALID_HANDLE, "its name is taken there");
    Again = OpenEventA(EVENT_ALL_ACCESS, FALSE, "ours\\event");
    Ok(Again != NULL && SetEvent(Again) && WaitForSingleObject(Event, 0) == WAIT_OBJECT_0, "opened by it");
    CloseHandle(Again);
    ResetEvent(Event);
    Is(RunSelf(FALSE, 0, NULL, "open"), 1, "another process opens it under a prefix of its own");
    Is(WaitForSingleObject(Event, 0), WAIT_OBJECT_0, "and is in the same one");
    Other = CreateMutexA(NULL, FALSE, "ours\\mutex");
    Ok(Other != NULL && CloseHandle(Other), "a mutex");
    Other = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, "ours\\section");
    Ok(Other != NULL && CloseHandle(Other), "a section");
    Ok(!ClosePrivateNamespace(Space, 4) && GetLastError() == ERROR_INVALID_PARAMETER, "no such flag");
    Ok(ClosePrivateNamespace(Space, 0), "closed");
    Ok(!ClosePrivateNamespace(Space, 0) && GetLastError() == ERROR_INVALID_HANDLE, "once");
    Ok(SetEvent(Event), "the event stays");
    Ok(OpenEventA(SYNCHRONIZE, FALSE, "ours\\event") == NULL && GetLastError() == ERROR_PATH_NOT_FOUND, "without a name");
    Ok(OpenPrivateNamespaceA(Edge, "ours") == NULL && GetLastError() == ERROR_FILE_NOT_FOUND, "the namespace went with its last handle");
    CloseHandle(Event);

    Space = CreatePrivateNamespaceA(NULL, Edge, "ours");
    Other = OpenPrivateNamespaceA(Edge, "mine");
    Ok(Space != NULL && Other != NULL, "created again, and opened");
    Event = CreateEventA(NULL, TRUE, FALSE, "ours\\event");
    Ok(ClosePrivateNamespace(Space, PRIVATE_NAMESPACE_FLAG_DESTROY), "destroyed");
    Ok(OpenPrivateNamespaceA(Edge, "ours") == NULL && GetLastError() == ERROR_FILE_NOT_FOUND, "nobody finds it");
    Again = OpenEventA(SYNCHRONIZE, FALSE, "mine\\event");
    Ok(Again != NULL, "who has it open goes on");
    CloseHandle(Again);
    CloseHandle(Event);
    Space = CreatePrivateNamespaceA(NULL, Edge, "ours");
    Ok(Space != NULL, "a new one can be made meanwhile");
    ClosePrivateNamespace(Space, 0);
    ClosePrivateNamespace(Other, 0);
    DeleteBoundaryDescriptor(Edge);
}

static void Boundaries(void)
{
    HANDLE Plain = Boundary("edge2", NULL, NULL), Everybody = Boundary("edge2", World, NULL), Two = Boundary("edge2", World, System);
    HANDLE Turned = Boundary("edge2", System, World), Outside = Boundary("edge2", Nobody, NULL), High = Boundary("edge2", NULL, NULL);
    HANDLE First, Second, Third;

    First = CreatePrivateNamespaceA(NULL, Plain, "first");
    Second = CreatePrivateNamespaceA(NULL, Everybody, "second");
    Ok(First != NULL && Second != NULL, "two boundaries of one name are two namespaces");
    Ok(CreatePrivateNamespaceA(NULL, Outside, "third") == NULL && GetLastError() == ERROR_ACCESS_DENIED, "who lacks a SID is outside");
    Third = CreatePrivateNamespaceA(NULL, Two, "third");
    if (Third != NULL) { /* who runs as SYSTEM */
        Ok(CreatePrivateNamespaceA(NULL, Turned, "fourth") == NULL && GetLastError() == ERROR_ALREADY_EXISTS, "the order of SIDs does not count");
        ClosePrivateNamespace(Third, 0);
    } else {
        Is(GetLastError(), ERROR_ACCESS_DENIED, "all of them are needed");
    }
    AddIntegrityLabelToBoundaryDescriptor(&High, Medium);
    Third = CreatePrivateNamespaceA(NULL, High, "high");
    Ok(Third != NULL, "a process of at least that integrity");
    ClosePrivateNamespace(First, 0);
    ClosePrivateNamespace(Second, 0);
    ClosePrivateNamespace(Third, 0);
    DeleteBoundaryDescriptor(Plain);
    DeleteBoundaryDescriptor(Everybody);
    DeleteBoundaryDescriptor(Two);
    DeleteBoundaryDescriptor(Turned);
    DeleteBoundaryDescriptor(Outside);
    DeleteBoundaryDescriptor(High);
}

static void Secured(void)
{
    SECURITY_ATTRIBUTES Security = {.nLength = sizeof(Security)};
    HANDLE Edge = Boundary("edge3", World, NULL), Space;

    ConvertStringSecurityDescriptorToSecurityDescriptorA("D:(D;;GA;;;WD)", 1, &Security.lpSecurityDescriptor, NULL);
    Space = CreatePrivateNamespaceA(&Security, Edge, "closed");
    Ok(Space != NULL, "one that nobody may open");
    Ok(OpenPrivateNamespaceA(Edge, "open") == NULL && GetLastError() == ERROR_ACCESS_DENIED, "not even its creator");
    ClosePrivateNamespace(Space, 0);
    LocalFree(Security.lpSecurityDescriptor);
    DeleteBoundaryDescriptor(Edge);
}

int main(int Count, char **Arguments)
{
    World = Sid("S-1-1-0");
    Nobody = Sid("S-1-5-21-1-2-3-4");
    Medium = Sid("S-1-16-8192");
    System = Sid("S-1-5-18");
    if (Count > 1 && strcmp(Arguments[1], "child") == 0) {
        return Child();
    }
    Descriptors();
    Life();
    Boundaries();
    Secured();
    return Done();
}
