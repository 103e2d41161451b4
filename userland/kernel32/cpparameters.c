/* SPDX-License-Identifier: MIT */
/*
 * cpparameters.c - the process parameters of a child: directory, environment, window and console settings, standard handles.
 *
 * The kernel copies the finished block into the child's address space, so everything that the child's start-up code will find has to be
 * in it now.  Standard handles: with STARTF_USESTDHANDLES the caller's three; otherwise ours, if the child shares our console.  (R. Prichard, "Console
 * Handles and Standard Handles", has the rules of Windows 8 and later, found by experiment.)
 */
#include "create.h"

/* Bytes of an environment block with its final zero; 0 if it is empty: then it is one zero, which is also a valid block. */
static SIZE_T WideBlockLength(LPCWSTR Block)
{
    SIZE_T Length = 0;

    while (Block[Length] != 0) {
        Length += wcslen(Block + Length) + 1;
    }
    return Length + 1;
}

static SIZE_T AnsiBlockLength(LPCSTR Block)
{
    SIZE_T Length = 0;

    while (Block[Length] != 0) {
        Length += strlen(Block + Length) + 1;
    }
    return Length + 1;
}

/* Leaves the environment for RtlCreateProcessParametersEx in *Environment; null means ours. */
static BOOL ChildEnvironment(BASE_CREATE *Create, LPCWSTR *Environment)
{
    *Environment = Create->CallerEnvironment;
    if (Create->CallerEnvironment == NULL || (Create->Flags & CREATE_UNICODE_ENVIRONMENT)) {
        return TRUE;
    }
    if (Create->OwnEnvironment == NULL) {
        LPCSTR Block = Create->CallerEnvironment;
        if (!BaseBytesToWide(CP_ACP, Block, AnsiBlockLength(Block), &Create->OwnEnvironment, NULL)) {
            return FALSE;
        }
    }
    *Environment = Create->OwnEnvironment;
    return TRUE;
}

/* A directory that is not there is found out before anything is made. */
static BOOL ChildDirectory(BASE_CREATE *Create)
{
    if (Create->CallerDirectory == NULL || Create->Directory != NULL) {
        return TRUE;
    }
    DWORD Attributes = GetFileAttributesW(Create->CallerDirectory);
    if (Attributes == INVALID_FILE_ATTRIBUTES || !(Attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        return BaseFail(ERROR_DIRECTORY);
    }
    DWORD Size = GetFullPathNameW(Create->CallerDirectory, 0, NULL, NULL);
    Create->Directory = Size == 0 ? NULL : BaseAllocate(((SIZE_T)Size + 2) * sizeof(WCHAR));
    if (Create->Directory == NULL) {
        return FALSE;
    }
    DWORD Length = GetFullPathNameW(Create->CallerDirectory, Size + 1, Create->Directory, NULL);
    if (Length != 0 && Create->Directory[Length - 1] != L'\\') {
        Create->Directory[Length] = L'\\';
        Create->Directory[Length + 1] = 0;
    }
    return Length != 0;
}

static void WindowSettings(NPROCESS_PARAMETERS *Parameters, const STARTUPINFOW *Startup)
{
    Parameters->StartingX = Startup->dwX;
    Parameters->StartingY = Startup->dwY;
    Parameters->CountX = Startup->dwXSize;
    Parameters->CountY = Startup->dwYSize;
    Parameters->CountCharsX = Startup->dwXCountChars;
    Parameters->CountCharsY = Startup->dwYCountChars;
    Parameters->FillAttribute = Startup->dwFillAttribute;
    Parameters->WindowFlags = Startup->dwFlags;
    Parameters->ShowWindowFlags = Startup->wShowWindow;
}

/* Whether the child lives on our console; set by its parameters and nothing else. */
static BOOL SharesConsole(const BASE_CREATE *Create)
{
    return !(Create->Flags & (DETACHED_PROCESS | CREATE_NEW_CONSOLE | CREATE_NO_WINDOW));
}

static void ConsoleSettings(NPROCESS_PARAMETERS *Parameters, const BASE_CREATE *Create)
{
    const NPROCESS_PARAMETERS *Own = BaseParameters();

    if (Create->Flags & DETACHED_PROCESS) {
        Parameters->ConsoleHandle = CONSOLE_HANDLE_NONE;
    } else if (Create->Flags & CREATE_NEW_CONSOLE) {
        Parameters->ConsoleHandle = CONSOLE_HANDLE_NEW;
    } else if (Create->Flags & CREATE_NO_WINDOW) {
        Parameters->ConsoleHandle = CONSOLE_HANDLE_NO_WINDOW;
    } else if (Own->ConsoleHandle == NULL || Own->ConsoleHandle == CONSOLE_HANDLE_NONE) {
        Parameters->ConsoleHandle = CONSOLE_HANDLE_NEW; /* a console program whose creator has none begins one */
    } else {
        Parameters->ConsoleHandle = Own->ConsoleHandle;
    }
    if (Create->Flags & CREATE_NEW_CONSOLE) { /* of a new group, too, which hears of Ctrl+C */
        Parameters->ConsoleFlags = 0;
        Parameters->ProcessGroupId = 0;
    } else if (Create->Flags & CREATE_NEW_PROCESS_GROUP) {
        Parameters->ConsoleFlags = 1; /* Ctrl+C is off until the child turns it on */
        Parameters->ProcessGroupId = 0; /* the child's own id, which it puts here when it starts (console.c) */
    } else {
        Parameters->ConsoleFlags = Own->ConsoleFlags;
        Parameters->ProcessGroupId = Own->ProcessGroupId;
    }
}

/*
 * The values only: which of them the kernel duplicates is BaseDuplicatesStandardHandles' answer.  Those that STARTF_USESTDHANDLES gives count only with
 * inheritance, and are not looked at: one that is not inheritable is then a number without meaning in the child, as on Windows.
 */
static void StandardHandles(NPROCESS_PARAMETERS *Parameters, const BASE_CREATE *Create)
{
    const NPROCESS_PARAMETERS *Own = BaseParameters();

    if (Create->Startup->dwFlags & STARTF_USESTDHANDLES) {
        if (Create->InheritHandles) {
            Parameters->StandardInput = Create->Startup->hStdInput;
            Parameters->StandardOutput = Create->Startup->hStdOutput;
            Parameters->StandardError = Create->Startup->hStdError;
        }
    } else if (SharesConsole(Create)) {
        Parameters->StandardInput = Own->StandardInput;
        Parameters->StandardOutput = Own->StandardOutput;
        Parameters->StandardError = Own->StandardError;
    }
}

/* Inherited handles have the same values; any others must be duplicated to mean anything. */
BOOL BaseDuplicatesStandardHandles(const BASE_CREATE *Create)
{
    return !(Create->Startup->dwFlags & STARTF_USESTDHANDLES) && SharesConsole(Create) && (!Create->InheritHandles || Create->HandleList != NULL);
}

BOOL BaseMakeParameters(BASE_CREATE *Create)
{
    UNICODE_STRING Image, CommandLine, Directory, Title, Desktop, Shell, Runtime = {0};
    const STARTUPINFOW *Startup = Create->Startup;
    LPCWSTR Environment;

    if (!ChildDirectory(Create) || !ChildEnvironment(Create, &Environment)) {
        return FALSE;
    }
    RtlInitUnicodeString(&Image, Create->Image);
    RtlInitUnicodeString(&CommandLine, Create->CommandLine);
    RtlInitUnicodeString(&Directory, Create->Directory);
    RtlInitUnicodeString(&Title, Startup->lpTitle != NULL ? Startup->lpTitle : Create->Image);
    RtlInitUnicodeString(&Desktop, Startup->lpDesktop != NULL ? Startup->lpDesktop : L"WinSta0\\Default");
    RtlInitUnicodeString(&Shell, Startup->lpReserved != NULL ? Startup->lpReserved : L"");
    if (Startup->lpReserved2 != NULL && Startup->cbReserved2 != 0) {
        Runtime.Buffer = (PWSTR)Startup->lpReserved2;
        Runtime.Length = Runtime.MaximumLength = Startup->cbReserved2;
    }
    NTSTATUS Status = RtlCreateProcessParametersEx((PVOID)&Create->Parameters, &Image, NULL, Create->Directory != NULL ? &Directory : NULL,
                                                   &CommandLine, (PVOID)Environment, &Title, &Desktop, &Shell, &Runtime,
                                                   RTL_USER_PROC_PARAMS_NORMALIZED);
    if (!NT_SUCCESS(Status)) {
        Create->Parameters = NULL;
        return BaseResult(Status);
    }
    if (Environment != NULL) {
        Create->Parameters->EnvironmentSize = WideBlockLength(Environment) * sizeof(WCHAR);
    }
    WindowSettings(Create->Parameters, Startup);
    ConsoleSettings(Create->Parameters, Create);
    StandardHandles(Create->Parameters, Create);
    return TRUE;
}
