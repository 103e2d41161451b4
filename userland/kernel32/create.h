/* SPDX-License-Identifier: MIT */
/*
 * create.h - what the steps of CreateProcess hand on to each other.
 *
 * One BASE_CREATE lives on the caller's stack for one call.  Every step fills the fields named after it, and BaseCreateCleanup frees
 * whatever is not null: so a step may fail at any point and need not undo what the steps before it did.
 */
#ifndef NASCENT_K32_CREATE_H
#define NASCENT_K32_CREATE_H

#include "k32.h"

/* What UpdateProcThreadAttribute collected. Opaque to programs; the layout is kernel32's own. */
typedef struct _BASE_ATTRIBUTE
{
    DWORD_PTR Attribute;
    SIZE_T Size;
    PVOID Value;
} BASE_ATTRIBUTE;

struct _PROC_THREAD_ATTRIBUTE_LIST
{
    DWORD Present; /* bit n: attribute number n is there */
    DWORD Capacity;
    DWORD Count;
    DWORD Reserved;
    PVOID Extended;
    BASE_ATTRIBUTE Entry[];
};
static_assert(offsetof(struct _PROC_THREAD_ATTRIBUTE_LIST, Entry) == 0x18, "as programs size it on x64 Windows");

#define BASE_MAX_NATIVE_ATTRIBUTES 13

typedef struct _BASE_CREATE
{
    /* the caller's arguments */
    LPCWSTR ApplicationName;
    LPCWSTR CommandLine;
    const SECURITY_ATTRIBUTES *ProcessSecurity;
    const SECURITY_ATTRIBUTES *ThreadSecurity;
    BOOL InheritHandles;
    DWORD Flags;
    LPCVOID CallerEnvironment;
    LPCWSTR CallerDirectory;
    const STARTUPINFOW *Startup;
    HANDLE Token;

    /* step: image */
    LPWSTR Image;             /* full DOS path, heap */
    LPWSTR OwnCommandLine;    /* heap; CommandLine points to it then */
    UNICODE_STRING NativeImage;

    /* step: attributes */
    BOOL HasParentProcess;
    HANDLE ParentProcess;
    const HANDLE *HandleList;
    SIZE_T HandleListSize;
    const HANDLE *JobList;
    SIZE_T JobListSize;
    const DWORD *ChildPolicy;
    const GROUP_AFFINITY *Affinity;
    const PROCESSOR_NUMBER *IdealProcessor;

    /* step: parameters */
    LPWSTR OwnEnvironment;
    LPWSTR Directory;
    NPROCESS_PARAMETERS *Parameters;

    /* step: native */
    HANDLE Process;
    HANDLE Thread;
    CLIENT_ID ClientId;
    SECTION_IMAGE_INFORMATION ImageInformation;
    NTSTATUS Status;          /* of NtCreateUserProcess */
} BASE_CREATE;

/* Each returns FALSE with the last error set. */
BOOL BaseCheckCreation(BASE_CREATE *Create);      /* createprocess.c */
BOOL BaseFindImage(BASE_CREATE *Create);          /* cpimage.c */
BOOL BaseBatchFile(BASE_CREATE *Create);          /* cpimage.c: replaces image and command line by cmd.exe's */
BOOL BaseReadAttributes(BASE_CREATE *Create);     /* cpattributes.c */
BOOL BaseMakeParameters(BASE_CREATE *Create);     /* cpparameters.c */
BOOL BaseDuplicatesStandardHandles(const BASE_CREATE *Create); /* cpparameters.c: the kernel is to give the child copies */
BOOL BaseCreateNative(BASE_CREATE *Create);       /* cpnative.c */
BOOL BaseCheckSubsystem(BASE_CREATE *Create);     /* cpnative.c */
BOOL BaseFailImage(BASE_CREATE *Create);          /* cpnative.c: last error for a status of the image */
BOOL BaseIsShortage(DWORD Error);                 /* searchpath.c */
UCHAR BasePriorityClass(DWORD Flags);             /* createprocess.c: native class for creation flags, 0 = none asked for */

#endif
