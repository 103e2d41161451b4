/* SPDX-License-Identifier: MIT */
/*
 * env.c - the environment: NAME=value strings, sorted by name without regard to case, ended by an empty string.
 *
 * A name may begin with '=' (the drives' directories, "=C:=C:\x") and contains no other '='.  The process's block hangs on the process
 * parameters; the one the process was born with lies in the parameters' own memory, every later one on the heap.  Functions given a null
 * environment take the process's, under the PEB lock; another one is the caller's to guard.
 */
#include "ntdllp.h"

static PWSTR BornWith; /* the block that is not the heap's; PEB lock */

static PWSTR *CurrentBlock(void)
{
    return &Peb()->ProcessParameters->Environment;
}

static bool IsFromHeap(PWSTR Block)
{
    if (BornWith == NULL)
        BornWith = *CurrentBlock();
    return Block != NULL && Block != BornWith;
}

/* Characters of the whole block, with the empty string at its end. */
static SIZE_T BlockLength(PCWSTR Block)
{
    PCWSTR At = Block;

    while (*At != 0)
        At += wcslen(At) + 1;
    return (SIZE_T)(At - Block) + 1;
}

static int CompareNames(PCWSTR Left, SIZE_T LeftLength, PCWSTR Right, SIZE_T RightLength)
{
    SIZE_T Length = LeftLength < RightLength ? LeftLength : RightLength;

    for (SIZE_T Index = 0; Index < Length; Index++) {
        WCHAR A = Left[Index], B = Right[Index];
        if (A != B) {
            A = RtlUpcaseUnicodeChar(A);
            B = RtlUpcaseUnicodeChar(B);
            if (A != B)
                return A < B ? -1 : 1;
        }
    }
    return LeftLength == RightLength ? 0 : LeftLength < RightLength ? -1 : 1;
}

static SIZE_T NameLength(PCWSTR String)
{
    SIZE_T Length = String[0] == '=' ? 1 : 0;

    while (String[Length] != 0 && String[Length] != '=')
        Length++;
    return Length;
}

/* The string of that name; if there is none NULL, and *Place is where it belongs. */
static PWSTR Find(PWSTR Block, PCWSTR Name, SIZE_T Length, PWSTR *Place)
{
    PWSTR Before = NULL, At;

    for (At = Block; *At != 0; At += wcslen(At) + 1) {
        SIZE_T ThisLength = NameLength(At);
        int Order = CompareNames(Name, Length, At, ThisLength);
        if (Order == 0)
            return At;
        if (Order < 0 && Before == NULL)
            Before = At; /* go on: a block a program composed need not be sorted */
    }
    if (Place != NULL)
        *Place = Before != NULL ? Before : At;
    return NULL;
}

/* ---- reading --------------------------------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI RtlQueryEnvironmentVariable(PWSTR Environment, PCWSTR Name, SIZE_T Length, PWSTR Value, SIZE_T ValueLength,
                                           PSIZE_T ReturnLength)
{
    NTSTATUS Status = STATUS_VARIABLE_NOT_FOUND;
    bool Own = Environment == NULL;

    if (ReturnLength != NULL)
        *ReturnLength = 0;
    if (Own)
        RtlAcquirePebLock();
    PWSTR Block = Own ? *CurrentBlock() : Environment;
    PWSTR String = Block != NULL ? Find(Block, Name, Length, NULL) : NULL;
    if (String != NULL && String[Length] == '=') {
        PWSTR From = String + Length + 1;
        SIZE_T Size = wcslen(From);
        if (Size < ValueLength) {
            memcpy(Value, From, (Size + 1) * sizeof(WCHAR));
            Status = STATUS_SUCCESS;
        } else {
            Size++;
            Status = STATUS_BUFFER_TOO_SMALL;
        }
        if (ReturnLength != NULL)
            *ReturnLength = Size;
    }
    if (Own)
        RtlReleasePebLock();
    return Status;
}

NTSTATUS NTAPI RtlQueryEnvironmentVariable_U(PWSTR Environment, PCUNICODE_STRING Name, PUNICODE_STRING Value)
{
    NTSTATUS Status = STATUS_VARIABLE_NOT_FOUND;
    SIZE_T Length = Name->Length / sizeof(WCHAR);
    bool Own = Environment == NULL;

    if (Own)
        RtlAcquirePebLock();
    PWSTR Block = Own ? *CurrentBlock() : Environment;
    PWSTR String = Block != NULL ? Find(Block, Name->Buffer, Length, NULL) : NULL;
    if (String != NULL && String[Length] == '=') {
        PWSTR From = String + Length + 1;
        SIZE_T Bytes = wcslen(From) * sizeof(WCHAR);
        Value->Length = (USHORT)(Bytes > 0xFFFE ? 0xFFFE : Bytes);
        Status = STATUS_BUFFER_TOO_SMALL;
        if (Bytes <= Value->MaximumLength) {
            memcpy(Value->Buffer, From, Bytes);
            if (Bytes + sizeof(WCHAR) <= Value->MaximumLength)
                Value->Buffer[Bytes / sizeof(WCHAR)] = 0;
            Status = STATUS_SUCCESS;
        }
    }
    if (Own)
        RtlReleasePebLock();
    return Status;
}

/* ---- writing --------------------------------------------------------------------------------------------------------------------------------- */

/* Of the current block: children are given so much of it (params.c). */
static void NoteLength(SIZE_T Characters)
{
    Peb()->ProcessParameters->EnvironmentSize = Characters * sizeof(WCHAR);
}

/* A block with Remove characters at Place replaced by Insert free ones; the old block is freed if it was the heap's. */
static PWSTR Reshape(PWSTR *Environment, PWSTR Place, SIZE_T Remove, SIZE_T Insert)
{
    SIZE_T Length = BlockLength(*Environment), Before = (SIZE_T)(Place - *Environment), After = Length - Before - Remove;
    bool Own = Environment == CurrentBlock();

    if (Insert <= Remove && (!Own || IsFromHeap(*Environment))) { /* it fits where it is */
        memmove(Place + Insert, Place + Remove, After * sizeof(WCHAR));
        if (Own)
            NoteLength(Before + Insert + After);
        return Place;
    }
    PWSTR New = Allocate((Length - Remove + Insert) * sizeof(WCHAR));
    if (New == NULL)
        return NULL;
    memcpy(New, *Environment, Before * sizeof(WCHAR));
    memcpy(New + Before + Insert, Place + Remove, After * sizeof(WCHAR));
    if (!Own || IsFromHeap(*Environment))
        Free(*Environment);
    *Environment = New;
    if (Own)
        NoteLength(Before + Insert + After);
    return New + Before;
}

static NTSTATUS Set(PWSTR *Environment, PCWSTR Name, SIZE_T Length, PCWSTR Value, SIZE_T ValueLength)
{
    static WCHAR Empty[1];
    PWSTR Place;

    if (*Environment == NULL) {
        if (Value == NULL)
            return STATUS_VARIABLE_NOT_FOUND;
        if ((*Environment = Allocate(sizeof Empty)) == NULL)
            return STATUS_NO_MEMORY;
        **Environment = 0;
    }
    PWSTR Old = Find(*Environment, Name, Length, &Place);
    if (Old == NULL && Value == NULL)
        return STATUS_VARIABLE_NOT_FOUND;
    SIZE_T Remove = Old != NULL ? wcslen(Old) + 1 : 0, Insert = Value != NULL ? Length + ValueLength + 2 : 0;
    Place = Reshape(Environment, Old != NULL ? Old : Place, Remove, Insert);
    if (Place == NULL)
        return STATUS_NO_MEMORY;
    if (Value != NULL) {
        memcpy(Place, Name, Length * sizeof(WCHAR));
        Place[Length] = '=';
        memcpy(Place + Length + 1, Value, ValueLength * sizeof(WCHAR));
        Place[Length + 1 + ValueLength] = 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetEnvironmentVar(PWSTR *Environment, PCWSTR Name, SIZE_T Length, PCWSTR Value, SIZE_T ValueLength)
{
    if (Length == 0)
        return STATUS_INVALID_PARAMETER;
    for (SIZE_T Index = 1; Index < Length; Index++) { /* the first may be '=' */
        if (Name[Index] == '=')
            return STATUS_INVALID_PARAMETER;
    }
    if (Environment != NULL)
        return Set(Environment, Name, Length, Value, ValueLength);
    RtlAcquirePebLock();
    IsFromHeap(NULL); /* remember the first block before it goes */
    NTSTATUS Status = Set(CurrentBlock(), Name, Length, Value, ValueLength);
    RtlReleasePebLock();
    return Status;
}

NTSTATUS NTAPI RtlSetEnvironmentVariable(PWSTR *Environment, PUNICODE_STRING Name, PUNICODE_STRING Value)
{
    bool Delete = Value == NULL || Value->Buffer == NULL;

    return RtlSetEnvironmentVar(Environment, Name->Buffer, Name->Length / sizeof(WCHAR), Delete ? NULL : Value->Buffer,
                                Delete ? 0 : Value->Length / sizeof(WCHAR));
}

/* ---- whole blocks ------------------------------------------------------------------------------------------------------------------------------ */

/* Flags 1: translate from ANSI, which no caller of ours needs. */
NTSTATUS NTAPI RtlCreateEnvironmentEx(PVOID Source, PWSTR *Environment, ULONG Flags)
{
    NTSTATUS Status = STATUS_SUCCESS;
    bool Own = Source == NULL;

    if (Flags != 0)
        return STATUS_INVALID_PARAMETER;
    if (Own)
        RtlAcquirePebLock();
    PWSTR From = Own ? *CurrentBlock() : Source;
    SIZE_T Bytes = (From != NULL ? BlockLength(From) : 2) * sizeof(WCHAR);
    PWSTR New = Allocate(Bytes);
    if (New == NULL)
        Status = STATUS_NO_MEMORY;
    else if (From != NULL)
        memcpy(New, From, Bytes);
    else
        memset(New, 0, Bytes);
    if (Own)
        RtlReleasePebLock();
    *Environment = New;
    return Status;
}

NTSTATUS NTAPI RtlCreateEnvironment(BOOLEAN Inherit, PWSTR *Environment)
{
    static WCHAR Empty[2];

    return RtlCreateEnvironmentEx(Inherit ? NULL : Empty, Environment, 0);
}

NTSTATUS NTAPI RtlDestroyEnvironment(PWSTR Environment)
{
    RtlAcquirePebLock();
    bool Heap = IsFromHeap(Environment);
    RtlReleasePebLock();
    if (Heap)
        Free(Environment);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetCurrentEnvironment(PWSTR New, PWSTR *Old)
{
    RtlAcquirePebLock();
    IsFromHeap(NULL);
    PWSTR Previous = *CurrentBlock();
    *CurrentBlock() = New;
    NoteLength(BlockLength(New));
    RtlReleasePebLock();
    if (Old != NULL)
        *Old = Previous;
    else
        RtlDestroyEnvironment(Previous);
    return STATUS_SUCCESS;
}

/* ---- %NAME% -------------------------------------------------------------------------------------------------------------------------------------- */

typedef struct _EXPANSION
{
    PWSTR Target;
    SIZE_T Room, Length; /* characters; Length may exceed Room: then it is what is needed */
} EXPANSION;

static void Emit(EXPANSION *Out, PCWSTR Text, SIZE_T Length)
{
    if (Out->Length + Length <= Out->Room)
        memcpy(Out->Target + Out->Length, Text, Length * sizeof(WCHAR));
    Out->Length += Length;
}

static bool EmitVariable(EXPANSION *Out, PWSTR Block, PCWSTR Name, SIZE_T Length)
{
    PWSTR String = Block != NULL && Length != 0 ? Find(Block, Name, Length, NULL) : NULL;

    if (String == NULL || String[Length] != '=')
        return false;
    Emit(Out, String + Length + 1, wcslen(String + Length + 1));
    return true;
}

static void Expand(EXPANSION *Out, PWSTR Block, PCWSTR Source, SIZE_T Length)
{
    for (SIZE_T At = 0; At < Length;) {
        SIZE_T End = At + 1;
        if (Source[At] == '%') {
            while (End < Length && Source[End] != '%')
                End++;
            if (End < Length && EmitVariable(Out, Block, Source + At + 1, End - At - 1)) {
                At = End + 1;
                continue;
            }
        } else {
            while (End < Length && Source[End] != '%')
                End++;
        }
        Emit(Out, Source + At, End - At); /* text, or an unknown %NAME: its closing % may open the next */
        At = End;
    }
}

NTSTATUS NTAPI RtlExpandEnvironmentStrings(PWSTR Environment, PCWSTR Source, SIZE_T SourceLength, PWSTR Target, SIZE_T TargetLength,
                                           PSIZE_T ReturnLength)
{
    EXPANSION Out = {Target, TargetLength != 0 ? TargetLength - 1 : 0, 0};
    bool Own = Environment == NULL;

    if (Own)
        RtlAcquirePebLock();
    Expand(&Out, Own ? *CurrentBlock() : Environment, Source, SourceLength);
    if (Own)
        RtlReleasePebLock();
    if (ReturnLength != NULL)
        *ReturnLength = Out.Length + 1;
    if (TargetLength == 0 || Out.Length > Out.Room)
        return STATUS_BUFFER_TOO_SMALL;
    Target[Out.Length] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlExpandEnvironmentStrings_U(PWSTR Environment, PCUNICODE_STRING Source, PUNICODE_STRING Target, PULONG Needed)
{
    SIZE_T Length;
    NTSTATUS Status = RtlExpandEnvironmentStrings(Environment, Source->Buffer, Source->Length / sizeof(WCHAR), Target->Buffer,
                                                  Target->MaximumLength / sizeof(WCHAR), &Length);

    if (Needed != NULL)
        *Needed = (ULONG)(Length * sizeof(WCHAR));
    if (NT_SUCCESS(Status))
        Target->Length = (USHORT)((Length - 1) * sizeof(WCHAR));
    return Status;
}
