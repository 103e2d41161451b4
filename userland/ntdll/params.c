/* SPDX-License-Identifier: MIT */
/*
 * params.c - RTL_USER_PROCESS_PARAMETERS: one block that holds the structure, its strings, and the environment, movable between processes.
 *
 *      [structure][CurrentDirectory, MAX_PATH][DllPath][ImagePathName][CommandLine][WindowTitle][Desktop][Shell][RuntimeData] | [Environment]
 *
 * Length covers everything before the environment; EnvironmentSize the rest.  "Normalised" means that the pointers are addresses, else they are
 * offsets from the structure.  Strings are terminated, and begin at multiples of 8.
 */
#include "ntdllp.h"
#include "etw.h"

void RtlpTraceBirth(USHORT Stage, UCHAR Phase, NTSTATUS Status); /* ldrinit.c */

#define STRINGS 8

typedef struct _PARAMETER_STRING
{
    UNICODE_STRING *Target;
    const UNICODE_STRING *Source;
    ULONG Room; /* bytes */
} PARAMETER_STRING;

/* Own: the caller's parameters, which say how long its own block is. */
static SIZE_T EnvironmentBytes(PCWSTR Environment, PNPROCESS_PARAMETERS Own)
{
    PCWSTR At = Environment;
    SIZE_T Known = Own->EnvironmentSize / sizeof(WCHAR);

    if (Environment == NULL)
        return 0;
    if (Environment == Own->Environment && Known >= 2 && At[Known - 1] == 0 && At[Known - 2] == 0)
        return Own->EnvironmentSize;
    while (*At != 0)
        At += wcslen(At) + 1;
    return (SIZE_T)(At + 1 - Environment) * sizeof(WCHAR);
}

static UCHAR *PutString(UCHAR *At, const PARAMETER_STRING *String)
{
    UNICODE_STRING *Target = String->Target;

    if (String->Room == 0) {
        memset(Target, 0, sizeof *Target);
        return At;
    }
    Target->Buffer = (PWSTR)(PVOID)At;
    Target->Length = String->Source->Length;
    Target->MaximumLength = (USHORT)String->Room;
    memcpy(At, String->Source->Buffer, String->Source->Length);
    return At + ROUND_UP(String->Room, 8);
}

static ULONG RoomFor(const UNICODE_STRING *Source)
{
    if (Source == NULL || (Source->Length == 0 && Source->Buffer == NULL))
        return 0;
    return Source->Length >= 0xFFFE ? 0xFFFE : Source->Length + (ULONG)sizeof(WCHAR);
}

/* What the creator leaves out is taken from its own parameters. */
static void InheritDefaults(PNPROCESS_PARAMETERS Own, PNPROCESS_PARAMETERS New)
{
    New->ConsoleHandle = Own->ConsoleHandle;
    New->ProcessGroupId = Own->ProcessGroupId;
}

static PNPROCESS_PARAMETERS Build(PARAMETER_STRING *Strings, PVOID Environment, SIZE_T EnvironmentSize)
{
    SIZE_T Length = sizeof(NPROCESS_PARAMETERS);

    for (ULONG Index = 0; Index < STRINGS; Index++)
        Length += ROUND_UP(Strings[Index].Room, 8);
    PNPROCESS_PARAMETERS New = AllocateZero(Length + EnvironmentSize);
    if (New == NULL)
        return NULL;
    New->MaximumLength = New->Length = (ULONG)Length;
    New->Flags = RTL_USER_PROC_PARAMS_NORMALIZED;
    UCHAR *At = (UCHAR *)(New + 1);
    for (ULONG Index = 0; Index < STRINGS; Index++) {
        Strings[Index].Target = (UNICODE_STRING *)((UCHAR *)New + (ULONG_PTR)Strings[Index].Target);
        At = PutString(At, &Strings[Index]);
    }
    if (EnvironmentSize != 0) {
        New->Environment = (PWSTR)(PVOID)((UCHAR *)New + Length);
        New->EnvironmentSize = EnvironmentSize;
        memcpy(New->Environment, Environment, EnvironmentSize);
    }
    return New;
}

NTSTATUS NTAPI RtlCreateProcessParametersEx(PNPROCESS_PARAMETERS *Result, PUNICODE_STRING ImagePath, PUNICODE_STRING DllPath,
                                            PUNICODE_STRING CurrentDirectory, PUNICODE_STRING CommandLine, PVOID Environment,
                                            PUNICODE_STRING WindowTitle, PUNICODE_STRING Desktop, PUNICODE_STRING Shell,
                                            PUNICODE_STRING RuntimeData, ULONG Flags)
{
    static const UNICODE_STRING Empty = {0, 2, (PWSTR)L""};
    PNPROCESS_PARAMETERS Own = Peb()->ProcessParameters;

    RtlpTraceBirth(EtwBirthParameters, ETW_PHASE_BEGIN, STATUS_SUCCESS);
    RtlAcquirePebLock();
    if (CommandLine == NULL)
        CommandLine = ImagePath;
    if (Environment == NULL)
        Environment = Own->Environment;
    PARAMETER_STRING Strings[STRINGS] = {
        {(PVOID)offsetof(NPROCESS_PARAMETERS, CurrentDirectory), CurrentDirectory != NULL ? CurrentDirectory : &Own->CurrentDirectory.DosPath,
         MAX_PATH * sizeof(WCHAR)},
        {(PVOID)offsetof(NPROCESS_PARAMETERS, DllPath), DllPath != NULL ? DllPath : &Own->DllPath, 0},
        {(PVOID)offsetof(NPROCESS_PARAMETERS, ImagePathName), ImagePath, 0},
        {(PVOID)offsetof(NPROCESS_PARAMETERS, CommandLine), CommandLine, 0},
        {(PVOID)offsetof(NPROCESS_PARAMETERS, WindowTitle), WindowTitle != NULL ? WindowTitle : &Empty, 0},
        {(PVOID)offsetof(NPROCESS_PARAMETERS, DesktopInfo), Desktop != NULL ? Desktop : &Empty, 0},
        {(PVOID)offsetof(NPROCESS_PARAMETERS, ShellInfo), Shell != NULL ? Shell : &Empty, 0},
        {(PVOID)offsetof(NPROCESS_PARAMETERS, RuntimeData), RuntimeData, RuntimeData != NULL ? RuntimeData->Length : 0},
    };
    for (ULONG Index = 1; Index < STRINGS - 1; Index++)
        Strings[Index].Room = RoomFor(Strings[Index].Source);

    NTSTATUS Status = STATUS_INVALID_PARAMETER;
    *Result = NULL;
    if (Strings[0].Source->Length + 2 * sizeof(WCHAR) <= Strings[0].Room) {
        *Result = Build(Strings, Environment, EnvironmentBytes(Environment, Own));
        Status = *Result != NULL ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    }
    if (*Result != NULL)
        InheritDefaults(Own, *Result);
    RtlReleasePebLock();
    if (*Result != NULL && !(Flags & RTL_USER_PROC_PARAMS_NORMALIZED))
        RtlDeNormalizeProcessParams(*Result);
    RtlpTraceBirth(EtwBirthParameters, ETW_PHASE_END, Status);
    return Status;
}

NTSTATUS NTAPI RtlCreateProcessParameters(PNPROCESS_PARAMETERS *Result, PUNICODE_STRING ImagePath, PUNICODE_STRING DllPath,
                                          PUNICODE_STRING CurrentDirectory, PUNICODE_STRING CommandLine, PVOID Environment,
                                          PUNICODE_STRING WindowTitle, PUNICODE_STRING Desktop, PUNICODE_STRING Shell,
                                          PUNICODE_STRING RuntimeData)
{
    return RtlCreateProcessParametersEx(Result, ImagePath, DllPath, CurrentDirectory, CommandLine, Environment, WindowTitle, Desktop, Shell,
                                        RuntimeData, 0);
}

NTSTATUS NTAPI RtlDestroyProcessParameters(PNPROCESS_PARAMETERS Parameters)
{
    Free(Parameters);
    return STATUS_SUCCESS;
}

static void Shift(UNICODE_STRING *String, LONG_PTR Delta)
{
    if (String->Buffer != NULL)
        String->Buffer = (PWSTR)((LONG_PTR)String->Buffer + Delta);
}

static void ShiftAll(PNPROCESS_PARAMETERS Parameters, LONG_PTR Delta)
{
    Shift(&Parameters->CurrentDirectory.DosPath, Delta);
    Shift(&Parameters->DllPath, Delta);
    Shift(&Parameters->ImagePathName, Delta);
    Shift(&Parameters->CommandLine, Delta);
    Shift(&Parameters->WindowTitle, Delta);
    Shift(&Parameters->DesktopInfo, Delta);
    Shift(&Parameters->ShellInfo, Delta);
    Shift(&Parameters->RuntimeData, Delta);
    Shift(&Parameters->RedirectionDllName, Delta);
}

/* The environment's pointer is not shifted: its creator and the kernel keep it an address. */
PNPROCESS_PARAMETERS NTAPI RtlNormalizeProcessParams(PNPROCESS_PARAMETERS Parameters)
{
    if (Parameters != NULL && !(Parameters->Flags & RTL_USER_PROC_PARAMS_NORMALIZED)) {
        ShiftAll(Parameters, (LONG_PTR)Parameters);
        Parameters->Flags |= RTL_USER_PROC_PARAMS_NORMALIZED;
    }
    return Parameters;
}

PNPROCESS_PARAMETERS NTAPI RtlDeNormalizeProcessParams(PNPROCESS_PARAMETERS Parameters)
{
    if (Parameters != NULL && (Parameters->Flags & RTL_USER_PROC_PARAMS_NORMALIZED)) {
        ShiftAll(Parameters, -(LONG_PTR)Parameters);
        Parameters->Flags &= ~RTL_USER_PROC_PARAMS_NORMALIZED;
    }
    return Parameters;
}
