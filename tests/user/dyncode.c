/* SPDX-License-Identifier: MIT */
/*
 * dyncode.c - code made at run time, as just-in-time compilers do: its unwind data given by RtlAddFunctionTable, by a callback, by a table that grows;
 * exceptions and RtlVirtualUnwind through it, in its prologue and its epilogue; data chained to another function's.
 */
#define _WIN32_WINNT 0x0A00
#include <string.h>
#include <windows.h>
#include "tap.h"
#include "try.h"

#define MARK 0x1234

/* int Thunk(FUNCTION *Function, void *Parameter) { return Function(Parameter); }, with MARK in rbx meanwhile */
static const UCHAR Code[] = {
    0x53,                               /* 00 push rbx */
    0x48, 0x83, 0xEC, 0x20,             /* 01 sub rsp, 32 */
    0x48, 0xC7, 0xC3, 0x34, 0x12, 0, 0, /* 05 mov rbx, 0x1234 */
    0x48, 0x89, 0xC8,                   /* 0C mov rax, rcx */
    0x48, 0x89, 0xD1,                   /* 0F mov rcx, rdx */
    0xFF, 0xD0,                         /* 12 call rax */
    0x90,                               /* 14 nop */
    0x48, 0x83, 0xC4, 0x20,             /* 15 add rsp, 32 */
    0x5B,                               /* 19 pop rbx */
    0xC3,                               /* 1A ret */
};
#define SPLIT 0x0C /* where the second half begins, for chained data */

/* Version 1, prologue of 5 bytes, two codes: at 5 allocate 32, at 1 push rbx. */
static const UCHAR Info[] = {0x01, 5, 2, 0, 5, 0x32, 1, 0x30};

static UCHAR *Memory; /* code at 0 and at 0x40, unwind data at 0x100, chained data at 0x180 */
static RUNTIME_FUNCTION Table[2];
static DWORD Seen;

__attribute__((used)) int Filter(EXCEPTION_POINTERS *Pointers, void *Frame)
{
    (void)Frame;
    Seen = Pointers->ExceptionRecord->ExceptionCode;
    return EXCEPTION_EXECUTE_HANDLER;
}

typedef int THUNK(FUNCTION *Function, void *Parameter);

static int Raise(void *Parameter)
{
    (void)Parameter;
    RaiseException(0xE0001234, 0, 0, NULL);
    return 0;
}

static int RaiseThroughThunk(void *Thunk)
{
    return ((THUNK *)Thunk)(Raise, NULL);
}

static BOOL Catches(int At)
{
    Seen = 0;
    return Try(RaiseThroughThunk, Memory + At) == -77 && Seen == 0xE0001234;
}

static PRUNTIME_FUNCTION Lookup(int At, BOOL *IsOurs)
{
    DWORD64 Base = 0;
    PRUNTIME_FUNCTION Found = RtlLookupFunctionEntry((DWORD64)(Memory + At), &Base, NULL);

    *IsOurs = Base == (DWORD64)Memory;
    return Found;
}

/* Up from inside the thunk's callee: through the callee, then through the thunk, which had MARK in rbx. */
static int Walk(void *Parameter)
{
    CONTEXT Context;
    DWORD64 Base, Frame;
    PVOID Data;
    int Good = 0;

    RtlCaptureContext(&Context);
    for (int Up = 0; Up < 2; Up++) {
        PRUNTIME_FUNCTION Function = RtlLookupFunctionEntry(Context.Rip, &Base, NULL);
        if (Function == NULL) {
            return -1;
        }
        DWORD64 Rbx = Context.Rbx;
        RtlVirtualUnwind(UNW_FLAG_NHANDLER, Base, Context.Rip, Function, &Context, &Data, &Frame, NULL);
        Good += Up == 0 ? Context.Rip == (DWORD64)Parameter + 0x14 && Context.Rbx == MARK : Base == (DWORD64)Memory && Rbx == MARK && Context.Rbx != MARK;
    }
    return Good;
}

static void Tables(void)
{
    BOOL Ours;

    Ok(Lookup(0x14, &Ours) == NULL, "nobody knows the code yet");
    Ok(RtlAddFunctionTable(Table, 2, (DWORD64)Memory), "RtlAddFunctionTable");
    Ok(Lookup(0, &Ours) == &Table[0] && Ours, "the first byte of a function");
    Ok(Lookup(0x1A, &Ours) == &Table[0] && Ours, "the last");
    Ok(Lookup(0x1B, &Ours) == NULL, "not the one behind");
    Ok(Lookup(0x40, &Ours) == &Table[1] && Ours, "another function");
    Ok(Catches(0) && Catches(0x40), "exceptions pass");
    Is((unsigned)((THUNK *)(PVOID)Memory)(Walk, Memory), 2, "and RtlVirtualUnwind");
    PVOID Module = NULL;
    Ok(RtlPcToFileHeader(Memory, &Module) == NULL && Module == NULL, "it belongs to no module");
    Ok(RtlDeleteFunctionTable(Table), "RtlDeleteFunctionTable");
    Ok(Lookup(0, &Ours) == NULL, "forgotten");
    Ok(!RtlDeleteFunctionTable(Table), "once");
}

static int Calls;
static PVOID CallContext;
static DWORD64 CallPc;

static PRUNTIME_FUNCTION CALLBACK OnLookup(DWORD64 Pc, PVOID Context)
{
    Calls++;
    CallPc = Pc;
    CallContext = Context;
    return Pc < (DWORD64)Memory + 0x40 ? &Table[0] : NULL;
}

static void Callbacks(void)
{
    DWORD64 Identifier = (DWORD64)Memory | 3;
    BOOL Ours;

    Ok(!RtlInstallFunctionTableCallback((DWORD64)Memory, (DWORD64)Memory, 0x100, OnLookup, &Calls, NULL), "an identifier has its low bits set");
    Ok(RtlInstallFunctionTableCallback(Identifier, (DWORD64)Memory, 0x100, OnLookup, &Calls, NULL), "RtlInstallFunctionTableCallback");
    Ok(Lookup(5, &Ours) == &Table[0] && Ours && Calls == 1, "is asked");
    Ok(CallPc == (DWORD64)Memory + 5 && CallContext == &Calls, "for that address, with its context");
    Ok(Lookup(0x40, &Ours) == NULL && Calls == 2, "may know nothing");
    Ok(Lookup(0x100, &Ours) == NULL && Calls == 2, "is not asked beyond its range");
    Ok(Catches(0), "exceptions pass");
    Ok(RtlDeleteFunctionTable((PVOID)Identifier), "deleted by its identifier");
    Calls = 0;
    Ok(Lookup(5, &Ours) == NULL && Calls == 0, "asked no more");
}

static void Growing(void)
{
    HMODULE Ntdll = GetModuleHandleA("ntdll");
    DWORD(NTAPI * Add)(PVOID *, PRUNTIME_FUNCTION, DWORD, DWORD, ULONG_PTR, ULONG_PTR) = (void *)GetProcAddress(Ntdll, "RtlAddGrowableFunctionTable");
    VOID(NTAPI * Grow)(PVOID, DWORD) = (void *)GetProcAddress(Ntdll, "RtlGrowFunctionTable");
    VOID(NTAPI * Delete)(PVOID) = (void *)GetProcAddress(Ntdll, "RtlDeleteGrowableFunctionTable");
    PVOID Handle = NULL;
    BOOL Ours;

    Is(Add(&Handle, Table, 1, 2, (ULONG_PTR)Memory, (ULONG_PTR)Memory + 0x100), 0, "RtlAddGrowableFunctionTable");
    Ok(Lookup(0, &Ours) == &Table[0] && Ours && Lookup(0x40, &Ours) == NULL, "one function");
    Grow(Handle, 2);
    Ok(Lookup(0x40, &Ours) == &Table[1] && Ours && Catches(0x40), "then two");
    Delete(Handle);
    Ok(Lookup(0, &Ours) == NULL, "then none");
}

/* The second half of the function is an entry of its own, which has no codes and is chained to the first half's. */
static void Chained(void)
{
    RUNTIME_FUNCTION Halves[2] = {{0, SPLIT, 0x100}, {SPLIT, sizeof(Code), 0x180}};
    UCHAR Chain[4 + sizeof(RUNTIME_FUNCTION)] = {UNW_FLAG_CHAININFO << 3 | 1, 0, 0, 0};
    BOOL Ours;

    memcpy(Chain + 4, &Halves[0], sizeof(Halves[0]));
    memcpy(Memory + 0x180, Chain, sizeof(Chain));
    RtlAddFunctionTable(Halves, 2, (DWORD64)Memory);
    Ok(Lookup(0x12, &Ours) == &Halves[1], "the call is in the second half");
    Is((unsigned)((THUNK *)(PVOID)Memory)(Walk, Memory), 2, "what the first half did is undone");
    Ok(Catches(0), "exceptions pass");
    RtlDeleteFunctionTable(Halves);
}

/* A stack that says which word is which; where it is in prologue and epilogue tells how much there is to undo. */
static void Positions(void)
{
    static const struct { int At, Words; const char *What; } Points[] = {
        {0x00, 0, "before the push"}, {0x01, 1, "before the allocation"}, {0x05, 5, "behind the prologue"}, {0x14, 5, "in the body"},
        {0x15, 5, "at the epilogue"}, {0x19, 1, "before its pop"}, {0x1A, 0, "at its return"},
    };
    DWORD64 Stack[16], Frame;
    PVOID Data;

    for (int i = 0; i < 7; i++) {
        CONTEXT Context = {.Rip = (DWORD64)Memory + (DWORD64)Points[i].At, .Rsp = (DWORD64)Stack, .Rbx = 1};
        for (int j = 0; j < 16; j++) {
            Stack[j] = 0x1000 + (DWORD64)j;
        }
        PEXCEPTION_ROUTINE Handler = RtlVirtualUnwind(UNW_FLAG_EHANDLER, (DWORD64)Memory, Context.Rip, &Table[0], &Context, &Data, &Frame, NULL);
        Ok(Handler == NULL && Context.Rip == 0x1000 + (DWORD64)Points[i].Words && Context.Rsp == (DWORD64)(Stack + Points[i].Words + 1) &&
           Context.Rbx == (Points[i].Words == 0 ? 1 : 0x1000 + (DWORD64)Points[i].Words - 1), "%s", Points[i].What);
    }
}

/* A frame as the processor pushes one: the instruction and the stack pointer are taken from it, the flags are not. */
static void MachineFrame(void)
{
    static const UCHAR MachineInfo[] = {1, 0, 1, 0, 0, 10 /* UWOP_PUSH_MACHFRAME */, 0, 0};
    RUNTIME_FUNCTION Function = {0, sizeof(Code), 0x1C0};
    DWORD64 Stack[5] = {0x1111, 0x33, 0x5B40A518, 0x7777000, 0x2B}, Frame;
    CONTEXT Context = {.Rip = (DWORD64)Memory + 0x10, .Rsp = (DWORD64)Stack, .EFlags = 0x246};
    PVOID Data;

    memcpy(Memory + 0x1C0, MachineInfo, sizeof(MachineInfo));
    RtlVirtualUnwind(UNW_FLAG_NHANDLER, (DWORD64)Memory, Context.Rip, &Function, &Context, &Data, &Frame, NULL);
    Ok(Context.Rip == 0x1111 && Context.Rsp == 0x7777000, "a machine frame says where its code was, and its stack");
    Is(Context.EFlags, 0x246, "with which flags to go on it does not say");
}

int main(void)
{
    DWORD Old;

    Memory = VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    memcpy(Memory, Code, sizeof(Code));
    memcpy(Memory + 0x40, Code, sizeof(Code));
    memcpy(Memory + 0x100, Info, sizeof(Info));
    Table[0] = (RUNTIME_FUNCTION){0, sizeof(Code), 0x100};
    Table[1] = (RUNTIME_FUNCTION){0x40, 0x40 + sizeof(Code), 0x100};
    Ok(VirtualProtect(Memory, 0x1000, PAGE_EXECUTE_READWRITE, &Old), "memory for code");
    Tables();
    Callbacks();
    Growing();
    Chained();
    Positions();
    MachineFrame();
    return Done();
}
