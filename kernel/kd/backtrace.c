/* SPDX-License-Identifier: MIT */
/*
 * backtrace.c - where the processor is and how it came there, by the images' own unwind tables.
 *
 * Works at any IRQL and on broken stacks: the unwinder reads nothing outside the stack's limits, names come from tables in the images.  A
 * return address names the call, one byte before it; the address after a machine frame is where the trap struck, exactly.
 */
#include "kdp.h"
#include "ksym.h"

/*
 * The stack that Rsp lies on: the thread's, or one of the emergency stacks (told apart by Rsp alone).  None if an NMI struck in user mode, or at the first
 * instructions of a system call: that stack may be anything, and not there.
 */
static void KdpStackLimits(PKTHREAD Thread, ULONG64 Rsp, ULONG64 *Low, ULONG64 *High)
{
    *Low = (ULONG64)Thread->StackLimit;
    *High = (ULONG64)Thread->StackBase;
    if (Rsp <= MM_USER_HIGHEST) {
        *Low = *High = 0;
        return;
    }
    if (Rsp < *Low && Rsp >= *Low - PAGE_SIZE) {
        return; /* overflow into the guard page: what lies above it can be read */
    }
    if (Rsp < *Low || Rsp >= *High) {
        *Low = Rsp & ~(ULONG64)(PAGE_SIZE - 1);
        *High = *Low + PAGE_SIZE;
    }
}

static void KdpContextFromFrame(const KTRAP_FRAME *Frame, PCONTEXT Context)
{
    Context->Rip = Frame->Rip;
    Context->Rsp = Frame->Rsp;
    Context->Rbx = Frame->Rbx;
    Context->Rbp = Frame->Rbp;
    Context->Rsi = Frame->Rsi;
    Context->Rdi = Frame->Rdi;
    Context->R12 = Frame->R12;
    Context->R13 = Frame->R13;
    Context->R14 = Frame->R14;
    Context->R15 = Frame->R15;
}

ULONG KdBacktrace(PKTRAP_FRAME TrapFrame, ULONG_PTR *Frames, ULONG Count)
{
    return KdBacktraceOf(KeGetCurrentThread(), TrapFrame, Frames, Count);
}

ULONG KdBacktraceOf(PKTHREAD Thread, PKTRAP_FRAME TrapFrame, ULONG_PTR *Frames, ULONG Count)
{
    CONTEXT Context __attribute__((aligned(16)));
    ULONG64 Low, High;
    BOOLEAN Exact = TrapFrame != NULL;
    ULONG Used = 0;

    __builtin_memset(&Context, 0, sizeof(Context));
    if (TrapFrame != NULL) {
        KdpContextFromFrame(TrapFrame, &Context);
    } else {
        KiCaptureContext(&Context);
    }
    KdpStackLimits(Thread, Context.Rsp, &Low, &High);
    while (Used < Count && Context.Rip != 0) {
        Frames[Used++] = Context.Rip - (Exact ? 0 : 1);
        if (Used == 1 && Exact && LdrFindModule((PVOID)Context.Rip) == NULL && Context.Rsp >= Low && Context.Rsp < High) {
            Context.Rip = *(ULONG64 *)Context.Rsp; /* a wild call: its return address is on top */
            Context.Rsp += sizeof(ULONG64);
            Exact = FALSE;
            continue;
        }
        if (Context.Rip <= MM_USER_HIGHEST || !RtlUnwindFrameSafely(&Context, Low, High, &Exact)) {
            break;
        }
        if (Context.Rsp < Low || Context.Rsp >= High) { /* a trap on an emergency stack leads back to the thread's */
            KdpStackLimits(Thread, Context.Rsp, &Low, &High);
        }
    }
    return Used;
}

/* ---- names ---------------------------------------------------------------------------------------------------------------------- */

static const KSYM_HEADER *KdpSymbols(const KLDR_DATA_TABLE_ENTRY *Module)
{
    PIMAGE_NT_HEADERS Headers = RtlImageNtHeader(Module->DllBase);
    PIMAGE_SECTION_HEADER Section = Headers != NULL ? IMAGE_FIRST_SECTION(Headers) : NULL;

    for (ULONG i = 0; Headers != NULL && i < Headers->FileHeader.NumberOfSections; i++, Section++) {
        const KSYM_HEADER *Header = (const KSYM_HEADER *)((ULONG_PTR)Module->DllBase + Section->VirtualAddress);
        if (__builtin_memcmp(Section->Name, KSYM_SECTION_NAME "\0", 6) == 0 &&
            Section->VirtualAddress + sizeof(*Header) <= Module->SizeOfImage && Header->Signature == KSYM_SIGNATURE &&
            Header->Version == KSYM_VERSION && Header->SectionBytes <= Module->SizeOfImage - Section->VirtualAddress) {
            return Header;
        }
    }
    return NULL;
}

/* Index of the last entry (an RVA first, Stride bytes each) not above Rva, or -1. */
static LONG KdpSearch(const UCHAR *Table, ULONG Count, ULONG Stride, ULONG Rva)
{
    ULONG Low = 0, High = Count;

    while (Low < High) {
        ULONG Middle = (Low + High) / 2;
        if (*(const ULONG *)(Table + (SIZE_T)Middle * Stride) <= Rva) {
            Low = Middle + 1;
        } else {
            High = Middle;
        }
    }
    return (LONG)Low - 1;
}

static BOOLEAN KdpTableFits(const KSYM_HEADER *Header, ULONG Offset, ULONG Count, ULONG Stride)
{
    return Offset <= Header->SectionBytes && (ULONG64)Count * Stride <= Header->SectionBytes - Offset;
}

static const char *KdpString(const KSYM_HEADER *Header, ULONG Offset)
{
    return Offset < Header->SectionBytes ? (const char *)Header + Offset : "?";
}

static ULONG KdpFormatSymbol(const KSYM_HEADER *Header, ULONG Rva, const char *Module, char *Buffer, SIZE_T Size)
{
    const KSYM_FUNCTION *Functions = (const KSYM_FUNCTION *)((ULONG_PTR)Header + Header->FunctionTable);
    const KSYM_LINE *Lines = (const KSYM_LINE *)((ULONG_PTR)Header + Header->LineTable);
    const ULONG *Files = (const ULONG *)((ULONG_PTR)Header + Header->FileTable);
    LONG Function, Line = -1;
    int Length;

    if (!KdpTableFits(Header, Header->FunctionTable, Header->FunctionCount, sizeof(*Functions))) {
        return 0;
    }
    Function = KdpSearch((const UCHAR *)Functions, Header->FunctionCount, sizeof(*Functions), Rva);
    if (Function < 0) {
        return 0;
    }
    if (KdpTableFits(Header, Header->LineTable, Header->LineCount, sizeof(*Lines)) &&
        KdpTableFits(Header, Header->FileTable, Header->FileCount, sizeof(*Files))) {
        Line = KdpSearch((const UCHAR *)Lines, Header->LineCount, sizeof(*Lines), Rva);
    }
    if (Line >= 0 && KSYM_LINE_NUMBER(Lines[Line].FileAndLine) != 0 && KSYM_LINE_FILE(Lines[Line].FileAndLine) < Header->FileCount) {
        Length = _snprintf(Buffer, Size, "%s+0x%x %s+0x%x (%s:%u)", Module, Rva, KdpString(Header, Functions[Function].Name),
                           Rva - Functions[Function].Rva, KdpString(Header, Files[KSYM_LINE_FILE(Lines[Line].FileAndLine)]),
                           KSYM_LINE_NUMBER(Lines[Line].FileAndLine));
    } else {
        Length = _snprintf(Buffer, Size, "%s+0x%x %s+0x%x", Module, Rva, KdpString(Header, Functions[Function].Name),
                           Rva - Functions[Function].Rva);
    }
    return Length > 0 ? (ULONG)Length : (ULONG)Size - 1;
}

ULONG KdFormatAddress(ULONG_PTR Address, char *Buffer, SIZE_T Size)
{
    PKLDR_DATA_TABLE_ENTRY Module = LdrFindModule((PVOID)Address);
    const KSYM_HEADER *Header;
    char Name[40];
    ULONG Rva, Length = 0;

    if (Module == NULL) {
        Length = (ULONG)_snprintf(Buffer, Size - 1, "0x%016I64x", (ULONG64)Address);
    } else {
        Rva = (ULONG)(Address - (ULONG_PTR)Module->DllBase);
        if (_snprintf(Name, sizeof(Name) - 1, "%wZ", &Module->BaseDllName) < 0) {
            Name[0] = '?';
        }
        Name[sizeof(Name) - 1] = 0;
        Header = KdpSymbols(Module);
        if (Header != NULL) {
            Length = KdpFormatSymbol(Header, Rva, Name, Buffer, Size - 1);
        }
        if (Length == 0) {
            Length = (ULONG)_snprintf(Buffer, Size - 1, "%s+0x%x", Name, Rva);
        }
    }
    if (Length > Size - 1) {
        Length = (ULONG)Size - 1;
    }
    Buffer[Length] = 0;
    return Length;
}

void KdPrintBacktrace(PKTRAP_FRAME TrapFrame)
{
    ULONG_PTR Frames[32];
    ULONG Count = KdBacktrace(TrapFrame, Frames, 32);
    char Name[160];

    for (ULONG i = 0; i < Count; i++) {
        KdFormatAddress(Frames[i], Name, sizeof(Name));
        KdPrint_("  #%02u 0x%016I64x %s\n", i, (ULONG64)Frames[i], Name);
    }
}
