/* SPDX-License-Identifier: MIT */
/*
 * k32.h - what the files of kernel32 share.
 *
 * kernel32 is the Win32 face of the native interface: each call captures its arguments, makes one or a few native calls of ntdll,
 * and turns the NTSTATUS into a last error.  Nothing here keeps state that ntdll or the kernel keeps already.  The A forms convert
 * through the two helpers of ansi.c and call the W form; there is no second implementation of anything.
 *
 * The library links with ntdll only and has no C run-time: memcpy, wcslen and the like are ntdll's.
 */
#ifndef NASCENT_K32_H
#define NASCENT_K32_H

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#define WIN32_NO_STATUS
#include <windows.h>
#include <winnls.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>
#include <stdint.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdarg.h>

#include <string.h>
#include <wchar.h>
#include <stdio.h>

#include "pebteb.h"
#include "ntapi.h"


#ifndef static_assert
#define static_assert _Static_assert
#endif

#define UNUSED(x) ((void)(x))
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define ROUND_UP(n, a) (((n) + (a) - 1) & ~((a) - 1))
#define MAX_LONG_PATH 32768u

/* Not NtCurrentTeb: gcc takes the inline of mingw's headers for an access to an array of no elements. */
static inline NTEB *BaseTeb(void)
{
    NTEB *Teb;

    __asm__("movq %%gs:0x30, %0" : "=r"(Teb));
    return Teb;
}

/* KUSER_SHARED_DATA, which mingw declares for drivers only: the fields kernel32 reads, by the published offsets. */
typedef struct _BASE_TIME
{
    ULONG Low;
    LONG High1;
    LONG High2;
} BASE_TIME;

typedef struct _BASE_SHARED_DATA
{
    ULONG TickCountLowDeprecated;
    ULONG TickCountMultiplier;
    volatile BASE_TIME InterruptTime;
    volatile BASE_TIME SystemTime;
    volatile BASE_TIME TimeZoneBias;
    USHORT ImageNumberLow;
    USHORT ImageNumberHigh;
    WCHAR NtSystemRoot[260];
    UCHAR Gap1[0x244 - 0x238];
    ULONG LargePageMinimum;
    UCHAR Gap6[0x274 - 0x248];
    BOOLEAN ProcessorFeatures[64];
    UCHAR Gap2[0x2D4 - 0x2B4];
    UCHAR KdDebuggerEnabled;
    UCHAR Gap3[0x2E8 - 0x2D5];
    ULONG NumberOfPhysicalPages;
    UCHAR Gap4[0x320 - 0x2EC];
    volatile ULONGLONG TickCountQuad;
    UCHAR Gap5[0x3C0 - 0x328];
    ULONG ActiveProcessorCount;
} BASE_SHARED_DATA;
static_assert(offsetof(BASE_SHARED_DATA, SystemTime) == 0x14 && offsetof(BASE_SHARED_DATA, NtSystemRoot) == 0x30, "shared data");
static_assert(offsetof(BASE_SHARED_DATA, LargePageMinimum) == 0x244, "shared data");
static_assert(offsetof(BASE_SHARED_DATA, ProcessorFeatures) == 0x274 && offsetof(BASE_SHARED_DATA, TickCountQuad) == 0x320, "shared data");
static_assert(offsetof(BASE_SHARED_DATA, ActiveProcessorCount) == 0x3C0, "shared data");
#define SHARED_DATA ((const BASE_SHARED_DATA *)0x7FFE0000)

/* Aligned, because the kernel wants every information buffer aligned like a ULONG. */
typedef struct _PROCESS_PRIORITY_CLASS
{
    DECLSPEC_ALIGN(4) BOOLEAN Foreground;
    UCHAR PriorityClass;
} PROCESS_PRIORITY_CLASS;

static inline NPEB *BasePeb(void)
{
    return BaseTeb()->ProcessEnvironmentBlock;
}

static inline NPROCESS_PARAMETERS *BaseParameters(void)
{
    return BasePeb()->ProcessParameters;
}

/* GetLastError is a forwarder of ours, so there is no such function to link with. */
#define GetLastError() (BaseTeb()->LastErrorValue)

/* error.c: the last error from a status; BaseResult also says whether the call succeeded. */
DWORD BaseSetLastNTError(NTSTATUS Status);
BOOL BaseResult(NTSTATUS Status);
BOOL BaseFail(DWORD Error);                /* sets it, returns FALSE */
BOOL BaseNotSupported(const char *Name);   /* the honest failure: ERROR_CALL_NOT_IMPLEMENTED, and one line in the kernel's log */

/* ansi.c: a null source gives a null result and success. Free with BaseFree, which keeps the last error. */
BOOL BaseToWide(LPCSTR Source, LPWSTR *Wide);
BOOL BaseFileToWide(LPCSTR Source, LPWSTR *Wide);
BOOL BaseBytesToWide(UINT CodePage, LPCSTR Source, SIZE_T Length, LPWSTR *Wide, SIZE_T *WideLength);
/* Result of the "length, or size needed with the zero" family. Size counts bytes; Length counts Source without a zero. */
DWORD BaseToAnsi(LPCWSTR Source, SIZE_T Length, LPSTR Target, DWORD Size);
DWORD BaseFileToAnsi(LPCWSTR Source, SIZE_T Length, LPSTR Target, DWORD Size);
PVOID BaseAllocate(SIZE_T Size);           /* sets ERROR_NOT_ENOUGH_MEMORY */
void BaseFree(PVOID Block);

/* ansi.c: a file's name of an A call.  What is short and plain stays in Inline.  Free with BaseFreeFileName, which keeps the last error. */
typedef struct _BASE_FILE_NAME
{
    LPWSTR Text; /* null for a null source */
    WCHAR Inline[MAX_PATH];
} BASE_FILE_NAME;
BOOL BaseMakeFileName(LPCSTR Source, BASE_FILE_NAME *Name);
void BaseFreeFileName(BASE_FILE_NAME *Name);

/* path.c: a DOS path as native object attributes.  The name lies in Inline or on the heap: free with BaseFreePath. */
typedef struct _BASE_PATH
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    WCHAR Inline[MAX_PATH];
} BASE_PATH;
NTSTATUS BaseOpenPath(LPCWSTR FileName, BASE_PATH *Path);
void BaseFreePath(BASE_PATH *Path);
DWORD BaseReturnString(const UNICODE_STRING *Source, LPWSTR Target, DWORD Size);

/* sync.c: the name of an object in the session's directory, and the access attributes of a SECURITY_ATTRIBUTES. */
typedef struct _BASE_OBJECT
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
} BASE_OBJECT;
NTSTATUS BaseObjectAttributes(BASE_OBJECT *Object, LPCWSTR Name, const SECURITY_ATTRIBUTES *Security, ULONG Extra);
/* namespace.c: if Name begins with a private namespace's prefix, what follows it, and *Directory is the namespace; else Name. */
LPCWSTR BasePrivateName(LPCWSTR Name, PHANDLE Directory);
BOOL BaseNameToWide(LPCSTR Name, LPWSTR *Wide); /* for the A calls, whose names have a limit */
HANDLE BaseCreated(NTSTATUS Status, HANDLE Handle); /* null on failure; ERROR_ALREADY_EXISTS or 0 on success */
PLARGE_INTEGER BaseTimeout(PLARGE_INTEGER Time, DWORD Milliseconds);

/* volume.c: where the link \??\NAME leads; NAME of at most 70 characters.  Not terminated. */
NTSTATUS BaseQueryLink(LPCWSTR Name, PUNICODE_STRING Target);

/* console.c */
BOOL BaseIsConsoleHandle(HANDLE Handle);
HANDLE BaseStandardHandle(HANDLE Handle); /* for STD_*_HANDLE the handle it stands for, where one reads, writes or waits; another as it is */
void BaseInitializeConsole(void);
BOOL BaseIsConsoleName(LPCWSTR Name, BOOL *Output);
HANDLE BaseOpenConsole(BOOL Output, DWORD Access, BOOL Inherit, DWORD Share);

/* startup.c */
__attribute__((noreturn)) void WINAPI BaseThreadInitThunk(ULONG Reason, LPTHREAD_START_ROUTINE Start, PVOID Parameter);

/* messages.c: the English text of a Win32 error, null if there is none. */
LPCSTR BaseSystemMessage(DWORD Code);

/* resource.c: the name of a resource (a string, "#123" or a number) as ntdll takes it; *Own is to be freed. */
BOOL BaseResourceName(LPCWSTR Name, ULONG_PTR *Value, LPWSTR *Own);
BOOL BaseResourceNameToWide(LPCSTR Name, LPWSTR *Wide);
void BaseFreeResourceName(LPWSTR Wide);

#endif
