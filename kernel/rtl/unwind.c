/* SPDX-License-Identifier: MIT */
/*
 * unwind.c - one frame up: RtlLookupFunctionEntry and RtlVirtualUnwind.
 *
 * x64 has no frame pointers to follow.  Instead the compiler describes each function that changes the stack (Microsoft, "x64 exception handling"):
 *
 *      .pdata   RUNTIME_FUNCTION { begin, end, unwind info }, sorted; a function without one is a leaf: its return address is at [rsp]
 *      .xdata   UNWIND_INFO: version:3 flags:5 | prologue size | code count | frame register:4 frame offset:4 | codes[] | handler or chain
 *      code     offset in the prologue:8 | operation:4 | info:4, newest first; some take one or two further slots
 *
 * To unwind, the operations of the prologue that have run are undone.  An epilogue is not described; it is recognised by its instructions, and
 * what is left of it is simulated.  UNWIND_CHAINED splits a function in parts; PUSH_MACHFRAME marks where the processor pushed a frame.
 *
 * All reads of the stack go through a window [Low, High).  For exception dispatching that is the whole address space, as on NT; for back-traces of
 * possibly broken stacks it is the stack itself, and a read outside ends the walk instead of faulting.
 */
#include "rtlp.h"

enum {
    UnwindPushNonvol = 0,
    UnwindAllocLarge = 1,
    UnwindAllocSmall = 2,
    UnwindSetFrame = 3,
    UnwindSaveNonvol = 4,
    UnwindSaveNonvolFar = 5,
    UnwindEpilog = 6,
    UnwindSpare = 7,
    UnwindSaveXmm = 8,
    UnwindSaveXmmFar = 9,
    UnwindMachineFrame = 10,
};

enum { RegisterRsp = 4, MaximumChain = 32 };

typedef struct _UNWIND_CODE {
    UCHAR CodeOffset;
    UCHAR Operation : 4;
    UCHAR Info : 4;
} UNWIND_CODE;

typedef struct _UNWIND_INFO {
    UCHAR Version : 3;
    UCHAR Flags : 5;
    UCHAR SizeOfProlog;
    UCHAR CountOfCodes;
    UCHAR FrameRegister : 4;
    UCHAR FrameOffset : 4;
    UNWIND_CODE Code[]; /* then, 4-byte aligned: handler RVA and its data, or a RUNTIME_FUNCTION */
} UNWIND_INFO;

static_assert(sizeof(UNWIND_CODE) == 2, "UNWIND_CODE");
static_assert(offsetof(CONTEXT, Rax) == 0x78 && offsetof(CONTEXT, Rip) == 0xF8, "integer registers of CONTEXT lie in order");

/* One unwinding in progress. */
typedef struct _UNWIND_STATE {
    PCONTEXT Context;
    PKNONVOLATILE_CONTEXT_POINTERS Pointers; /* may be NULL */
    ULONG64 Low, High;                       /* what may be read of the stack */
    ULONG64 ImageBase;
    BOOLEAN ReturnAddress;                   /* Pc is where a call comes back to: certainly not amid an epilogue */
    BOOLEAN Failed;
    BOOLEAN MachineFrame;
} UNWIND_STATE;

static PULONG64 RegisterOf(PCONTEXT Context, ULONG Number)
{
    return &Context->Rax + Number;
}

static ULONG64 ReadStack(UNWIND_STATE *State, ULONG64 Address)
{
    if (Address < State->Low || Address > State->High - sizeof(ULONG64) || State->High - State->Low < sizeof(ULONG64)) {
        State->Failed = TRUE;
        return 0;
    }
    return *(volatile ULONG64 *)(ULONG_PTR)Address;
}

static void RestoreInteger(UNWIND_STATE *State, ULONG Number, ULONG64 Address)
{
    ULONG64 Value = ReadStack(State, Address);

    if (State->Failed)
        return;
    *RegisterOf(State->Context, Number) = Value;
    if (State->Pointers != NULL)
        State->Pointers->IntegerContext[Number] = (PULONG64)(ULONG_PTR)Address;
}

static void RestoreXmm(UNWIND_STATE *State, ULONG Number, ULONG64 Address)
{
    M128A Value;

    Value.Low = ReadStack(State, Address);
    Value.High = (LONGLONG)ReadStack(State, Address + 8);
    if (State->Failed)
        return;
    (&State->Context->Xmm0)[Number] = Value;
    if (State->Pointers != NULL)
        State->Pointers->FloatingContext[Number] = (PM128A)(ULONG_PTR)Address;
}

/*
 * The instruction and stack pointers only: the flags in the frame are none that a handler is to run with, and not every such frame has them
 * (RtlpConsolidateFrames, and programs' own).
 */
static void RestoreMachineFrame(UNWIND_STATE *State, BOOLEAN ErrorCode)
{
    PCONTEXT Context = State->Context;
    ULONG64 At = Context->Rsp + (ErrorCode ? 8 : 0);
    ULONG64 Rip = ReadStack(State, At), Rsp = ReadStack(State, At + 24);

    if (State->Failed)
        return;
    Context->Rip = Rip;
    Context->Rsp = Rsp;
    State->MachineFrame = TRUE;
}

/* Slots a code takes, itself included. */
static ULONG SlotsOf(UNWIND_CODE Code)
{
    switch (Code.Operation) {
    case UnwindAllocLarge: return Code.Info == 0 ? 2 : 3;
    case UnwindSaveNonvol:
    case UnwindSaveXmm:
    case UnwindEpilog: return 2;
    case UnwindSaveNonvolFar:
    case UnwindSaveXmmFar:
    case UnwindSpare: return 3;
    default: return 1;
    }
}

static ULONG Slot16(const UNWIND_CODE *Code)
{
    USHORT Value;
    memcpy(&Value, Code + 1, sizeof Value);
    return Value;
}

static ULONG Slot32(const UNWIND_CODE *Code)
{
    ULONG Value;
    memcpy(&Value, Code + 1, sizeof Value);
    return Value;
}

/* Frame: what the saved registers' offsets count from. */
static void UndoOperation(UNWIND_STATE *State, const UNWIND_INFO *Info, const UNWIND_CODE *Code, ULONG64 Frame)
{
    PCONTEXT Context = State->Context;

    switch (Code->Operation) {
    case UnwindPushNonvol:
        RestoreInteger(State, Code->Info, Context->Rsp);
        Context->Rsp += 8;
        break;
    case UnwindAllocLarge:
        Context->Rsp += Code->Info == 0 ? Slot16(Code) * 8ULL : Slot32(Code);
        break;
    case UnwindAllocSmall:
        Context->Rsp += Code->Info * 8ULL + 8;
        break;
    case UnwindSetFrame:
        Context->Rsp = *RegisterOf(Context, Info->FrameRegister) - Info->FrameOffset * 16ULL;
        break;
    case UnwindSaveNonvol:
        RestoreInteger(State, Code->Info, Frame + Slot16(Code) * 8ULL);
        break;
    case UnwindSaveNonvolFar:
        RestoreInteger(State, Code->Info, Frame + Slot32(Code));
        break;
    case UnwindSaveXmm:
        RestoreXmm(State, Code->Info, Frame + Slot16(Code) * 16ULL);
        break;
    case UnwindSaveXmmFar:
        RestoreXmm(State, Code->Info, Frame + Slot32(Code));
        break;
    case UnwindEpilog:
        break;
    case UnwindMachineFrame:
        RestoreMachineFrame(State, Code->Info);
        break;
    default:
        State->Failed = TRUE;
        break;
    }
}

/* The frame's base, from which locals and saved registers are reached: rsp, or the frame register once that is set up. */
static ULONG64 FrameBase(const UNWIND_STATE *State, const UNWIND_INFO *Info, ULONG Offset)
{
    BOOLEAN SetUp = Offset >= Info->SizeOfProlog;

    if (Info->FrameRegister == 0)
        return State->Context->Rsp;
    for (ULONG Index = 0; Index < Info->CountOfCodes && !SetUp; Index += SlotsOf(Info->Code[Index]))
        SetUp = Info->Code[Index].Operation == UnwindSetFrame && Info->Code[Index].CodeOffset <= Offset;
    return SetUp ? *RegisterOf(State->Context, Info->FrameRegister) - Info->FrameOffset * 16ULL : State->Context->Rsp;
}

static const VOID *AfterCodes(const UNWIND_INFO *Info)
{
    return Info->Code + ((Info->CountOfCodes + 1u) & ~1u);
}

/* Undoes the prologue up to Offset, then the whole of what it is chained to.  Returns the last UNWIND_INFO: the one with the handler. */
static const UNWIND_INFO *UndoPrologue(UNWIND_STATE *State, const UNWIND_INFO *Info, ULONG Offset)
{
    for (ULONG Depth = 0; Depth < MaximumChain; Depth++) {
        ULONG64 Frame = FrameBase(State, Info, Offset);
        for (ULONG Index = 0; Index < Info->CountOfCodes && !State->Failed; Index += SlotsOf(Info->Code[Index])) {
            if (Info->Code[Index].CodeOffset <= Offset)
                UndoOperation(State, Info, Info->Code + Index, Frame);
        }
        if (State->Failed || !(Info->Flags & UNW_FLAG_CHAININFO))
            return Info;
        RUNTIME_FUNCTION Primary;
        memcpy(&Primary, AfterCodes(Info), sizeof Primary);
        Info = (const UNWIND_INFO *)(ULONG_PTR)(State->ImageBase + Primary.UnwindData);
        Offset = MAXUCHAR;
    }
    State->Failed = TRUE;
    return Info;
}

/*
 * Whether Pc stands in an epilogue: [add rsp, n | lea rsp, [frame+n]] pop* (ret | rep ret | jmp out).  If so its rest is simulated.  The jump
 * counts only if it leaves the function, so that a branch inside is not taken for a tail call.
 */
typedef struct _EPILOGUE {
    const UCHAR *Code, *End; /* what is left of the function's bytes */
    ULONG64 Pc;              /* address of *Code */
} EPILOGUE;

static LONG Displacement(const UCHAR *Bytes, ULONG Size)
{
    LONG Value = (signed char)Bytes[0];
    if (Size == 4)
        memcpy(&Value, Bytes, 4);
    return Value;
}

static void Advance(EPILOGUE *At, ULONG Count)
{
    At->Code += Count;
    At->Pc += Count;
}

/* The instruction that frees the frame; TRUE unless bytes are missing. */
static void SkipDeallocation(EPILOGUE *At, const UNWIND_INFO *Info, PCONTEXT Context)
{
    const UCHAR *Code = At->Code;
    ULONG64 Left = (ULONG64)(At->End - Code);

    if (Left >= 4 && Code[0] == 0x48 && Code[1] == 0x83 && Code[2] == 0xC4) {
        Context->Rsp += (ULONG64)(LONG64)Displacement(Code + 3, 1);
        Advance(At, 4);
    } else if (Left >= 7 && Code[0] == 0x48 && Code[1] == 0x81 && Code[2] == 0xC4) {
        Context->Rsp += (ULONG64)(LONG64)Displacement(Code + 3, 4);
        Advance(At, 7);
    } else if (Left >= 4 && Info->FrameRegister != 0 && (Code[0] & 0xFE) == 0x48 && Code[1] == 0x8D &&
               (Code[2] & 0x3F) == (0x20 | (Info->FrameRegister & 7)) && (Code[0] & 1) == Info->FrameRegister >> 3) {
        ULONG Mod = Code[2] >> 6, Size = Mod == 1 ? 1 : 4;
        if ((Mod == 1 || Mod == 2) && Left >= 3 + Size) {
            Context->Rsp = *RegisterOf(Context, Info->FrameRegister) + (ULONG64)(LONG64)Displacement(Code + 3, Size);
            Advance(At, 3 + Size);
        }
    }
}

static BOOLEAN LeavesFunction(const EPILOGUE *At, ULONG64 Begin, ULONG64 End, BOOLEAN Chained)
{
    const UCHAR *Code = At->Code;
    ULONG64 Left = (ULONG64)(At->End - Code), Target;

    if (Left >= 1 && (Code[0] == 0xC3 || Code[0] == 0xC2))
        return TRUE;
    if (Left >= 2 && Code[0] == 0xF3 && Code[1] == 0xC3)
        return TRUE;
    if (Left >= 2 && Code[0] == 0xFF && Code[1] == 0x25)
        return TRUE;
    if (Left >= 3 && (Code[0] & 0xF8) == 0x48 && Code[1] == 0xFF && (Code[2] & 0x38) == 0x20)
        return TRUE;
    if (Left >= 2 && Code[0] == 0xEB)
        Target = At->Pc + 2 + (ULONG64)(LONG64)Displacement(Code + 1, 1);
    else if (Left >= 5 && Code[0] == 0xE9)
        Target = At->Pc + 5 + (ULONG64)(LONG64)Displacement(Code + 1, 4);
    else
        return FALSE;
    return Target < Begin || Target >= End || (Target == Begin && !Chained);
}

/* TRUE: the context has been unwound through the rest of an epilogue. */
static BOOLEAN UndoEpilogue(UNWIND_STATE *State, const UNWIND_INFO *Info, const RUNTIME_FUNCTION *Function, ULONG64 Pc)
{
    ULONG64 Begin = State->ImageBase + Function->BeginAddress, End = State->ImageBase + Function->EndAddress;
    EPILOGUE At = { (const UCHAR *)(ULONG_PTR)Pc, (const UCHAR *)(ULONG_PTR)End, Pc };
    ULONG Popped[16], Count = 0;
    CONTEXT *Context = State->Context;
    ULONG64 SavedRsp = Context->Rsp;

    SkipDeallocation(&At, Info, Context);
    for (; Count < RTLP_ARRAY_COUNT(Popped); Count++) {
        ULONG64 Left = (ULONG64)(At.End - At.Code);
        if (Left >= 1 && (At.Code[0] & 0xF8) == 0x58) {
            Popped[Count] = At.Code[0] & 7;
            Advance(&At, 1);
        } else if (Left >= 2 && At.Code[0] == 0x41 && (At.Code[1] & 0xF8) == 0x58) {
            Popped[Count] = 8u + (At.Code[1] & 7);
            Advance(&At, 2);
        } else {
            break;
        }
    }
    if (!LeavesFunction(&At, Begin, End, Info->Flags & UNW_FLAG_CHAININFO)) {
        Context->Rsp = SavedRsp;
        return FALSE;
    }
    for (ULONG Index = 0; Index < Count && !State->Failed; Index++) {
        RestoreInteger(State, Popped[Index], Context->Rsp);
        Context->Rsp += 8;
    }
    return TRUE;
}

static void PopReturnAddress(UNWIND_STATE *State)
{
    ULONG64 Rip = ReadStack(State, State->Context->Rsp);

    if (!State->Failed) {
        State->Context->Rip = Rip;
        State->Context->Rsp += 8;
    }
}

static PEXCEPTION_ROUTINE UnwindFrame(UNWIND_STATE *State, ULONG HandlerType, ULONG64 Pc, const RUNTIME_FUNCTION *Function,
                                      PVOID *HandlerData, PULONG64 EstablisherFrame)
{
    const UNWIND_INFO *Info = (const UNWIND_INFO *)(ULONG_PTR)(State->ImageBase + Function->UnwindData);
    ULONG64 PcOffset = Pc - (State->ImageBase + Function->BeginAddress);
    ULONG Offset = PcOffset < MAXUCHAR ? (ULONG)PcOffset : MAXUCHAR;
    BOOLEAN InPrologue = PcOffset < Info->SizeOfProlog;

    *EstablisherFrame = FrameBase(State, Info, Offset);
    if (!InPrologue && !State->ReturnAddress && UndoEpilogue(State, Info, Function, Pc)) {
        PopReturnAddress(State);
        return NULL;
    }
    Info = UndoPrologue(State, Info, Offset);
    if (!State->Failed && !State->MachineFrame)
        PopReturnAddress(State);
    if (State->Failed || InPrologue || !(Info->Flags & HandlerType & (UNW_FLAG_EHANDLER | UNW_FLAG_UHANDLER)))
        return NULL;
    ULONG Handler;
    memcpy(&Handler, AfterCodes(Info), sizeof Handler);
    *HandlerData = (PUCHAR)AfterCodes(Info) + sizeof Handler;
    return (PEXCEPTION_ROUTINE)(ULONG_PTR)(State->ImageBase + Handler);
}

PEXCEPTION_ROUTINE NTAPI RtlVirtualUnwind(ULONG HandlerType, ULONG64 ImageBase, ULONG64 ControlPc, PRUNTIME_FUNCTION FunctionEntry,
                                          PCONTEXT Context, PVOID *HandlerData, PULONG64 EstablisherFrame,
                                          PKNONVOLATILE_CONTEXT_POINTERS ContextPointers)
{
    UNWIND_STATE State = { Context, ContextPointers, 0, MAXULONG64, ImageBase, FALSE, FALSE, FALSE };

    return UnwindFrame(&State, HandlerType, ControlPc, FunctionEntry, HandlerData, EstablisherFrame);
}

PEXCEPTION_ROUTINE RtlpUnwindFrame(ULONG HandlerType, ULONG64 ImageBase, PRUNTIME_FUNCTION FunctionEntry, PCONTEXT Context, BOOLEAN *Exact,
                                   PVOID *HandlerData, PULONG64 EstablisherFrame)
{
    UNWIND_STATE State = { Context, NULL, 0, MAXULONG64, ImageBase, !*Exact, FALSE, FALSE };
    PEXCEPTION_ROUTINE Handler = UnwindFrame(&State, HandlerType, Context->Rip, FunctionEntry, HandlerData, EstablisherFrame);

    *Exact = State.MachineFrame;
    return Handler;
}

static PRUNTIME_FUNCTION SearchTable(PRUNTIME_FUNCTION Table, ULONG Count, ULONG64 Rva)
{
    ULONG Low = 0, High = Count;

    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;
        if (Rva < Table[Middle].BeginAddress)
            High = Middle;
        else if (Rva >= Table[Middle].EndAddress)
            Low = Middle + 1;
        else
            return &Table[Middle];
    }
    return NULL;
}

PRUNTIME_FUNCTION NTAPI RtlLookupFunctionEntry(ULONG64 ControlPc, PULONG64 ImageBase, PUNWIND_HISTORY_TABLE HistoryTable)
{
    PRUNTIME_FUNCTION Table, Function;
    ULONG Count;

    UNREFERENCED_PARAMETER(HistoryTable); /* a cache on NT; the loader's list is short enough here */
    if (!RtlpFindFunctionTable(ControlPc, ImageBase, &Table, &Count))
        return RtlpFindDynamicFunction(ControlPc, ImageBase);
    Function = SearchTable(Table, Count, ControlPc - *ImageBase);
    /* Bit 0: the entry refers to another one. */
    if (Function != NULL && (Function->UnwindData & 1))
        Function = (PRUNTIME_FUNCTION)(ULONG_PTR)(*ImageBase + (Function->UnwindData & ~1u));
    return Function;
}

BOOLEAN RtlUnwindFrameSafely(PCONTEXT Context, ULONG64 Low, ULONG64 High, BOOLEAN *HadMachineFrame)
{
    UNWIND_STATE State = { Context, NULL, Low, High, 0, !*HadMachineFrame, FALSE, FALSE };
    ULONG64 Frame;
    PVOID HandlerData;
    PRUNTIME_FUNCTION Table;
    ULONG Count;
    /* A return address may lie behind the last instruction of its function (a call that does not return). */
    ULONG64 Pc = *HadMachineFrame ? Context->Rip : Context->Rip - 1;

    *HadMachineFrame = FALSE;
    if (!RtlpFindFunctionTable(Pc, &State.ImageBase, &Table, &Count))
        return FALSE;
    PRUNTIME_FUNCTION Function = SearchTable(Table, Count, Pc - State.ImageBase);
    if (Function != NULL && (Function->UnwindData & 1))
        Function = (PRUNTIME_FUNCTION)(ULONG_PTR)(State.ImageBase + (Function->UnwindData & ~1u));
    if (Function == NULL)
        PopReturnAddress(&State);
    else
        UnwindFrame(&State, UNW_FLAG_NHANDLER, Pc, Function, &HandlerData, &Frame);
    *HadMachineFrame = State.MachineFrame;
    return !State.Failed;
}
