/* SPDX-License-Identifier: MIT */
/*
 * divide.c - which of two things a divide error (#DE) is.
 *
 * The processor has one exception for a divisor of zero and for a quotient that does not fit; NT has two codes.  So the instruction is
 * read: F6 and F7, /6 (DIV) and /7 (IDIV), and its operand, a register or memory.  What cannot be read back counts as a division by zero.
 */
#include "archp.h"
#include "ki.h"

typedef struct _DIVIDE
{
    const KTRAP_FRAME *Frame;
    const UCHAR *Code; /* behind the opcode: ModRM */
    SIZE_T Length;     /* bytes that could be read from there */
    ULONG Skipped;     /* bytes before it */
    UCHAR Rex;
    ULONG Size;        /* of the operand */
} DIVIDE;

static ULONG64 RegisterOf(const KTRAP_FRAME *Frame, ULONG Number)
{
    const ULONG64 Registers[16] = { Frame->Rax, Frame->Rcx, Frame->Rdx, Frame->Rbx, Frame->Rsp, Frame->Rbp, Frame->Rsi, Frame->Rdi,
                                    Frame->R8, Frame->R9, Frame->R10, Frame->R11, Frame->R12, Frame->R13, Frame->R14, Frame->R15 };

    return Registers[Number];
}

static ULONG64 RegisterOperand(const DIVIDE *Divide)
{
    ULONG Number = (Divide->Code[0] & 7) | (Divide->Rex & 1) << 3;

    if (Divide->Size == 1 && Divide->Rex == 0 && Number >= 4) {
        return RegisterOf(Divide->Frame, Number - 4) >> 8 & 0xFF; /* AH CH DH BH */
    }
    ULONG64 Value = RegisterOf(Divide->Frame, Number);
    return Divide->Size == 8 ? Value : Value & ((1ULL << Divide->Size * 8) - 1);
}

static LONG Displacement(const UCHAR *Bytes, ULONG Size)
{
    LONG Value = 0;

    if (Size == 1) {
        Value = (signed char)Bytes[0];
    } else if (Size == 4) {
        RtlCopyMemory(&Value, Bytes, 4);
    }
    return Value;
}

/* FALSE: the instruction was cut short, or reaches through FS or GS. */
static BOOLEAN AddressOf(const DIVIDE *Divide, ULONG64 *Address)
{
    ULONG Mod = Divide->Code[0] >> 6, Base = Divide->Code[0] & 7, At = 1, Size = Mod == 1 ? 1 : Mod == 2 ? 4 : 0;
    BOOLEAN RipRelative = FALSE, NoBase = FALSE;

    *Address = 0;
    if (Divide->Length < 7) {
        return FALSE;
    }
    if (Base == 4) {
        UCHAR Sib = Divide->Code[At++];
        ULONG Index = (Sib >> 3 & 7) | (Divide->Rex & 2) << 2;
        if (Index != 4) {
            *Address += RegisterOf(Divide->Frame, Index) << (Sib >> 6);
        }
        Base = Sib & 7;
        NoBase = Base == 5 && Mod == 0;
    } else {
        RipRelative = Base == 5 && Mod == 0;
    }
    if (RipRelative || NoBase) {
        Size = 4;
    } else {
        *Address += RegisterOf(Divide->Frame, Base | (Divide->Rex & 1) << 3);
    }
    *Address += (ULONG64)(LONG64)Displacement(Divide->Code + At, Size);
    if (RipRelative) {
        *Address += Divide->Frame->Rip + Divide->Skipped + At + Size;
    }
    return TRUE;
}

static ULONG64 Operand(const DIVIDE *Divide)
{
    ULONG64 Address, Value = 0;

    if (Divide->Code[0] >> 6 == 3) {
        return RegisterOperand(Divide);
    }
    if (!AddressOf(Divide, &Address) || !NT_SUCCESS(KiCopyFromUser(&Value, (PVOID)Address, Divide->Size))) {
        return 0;
    }
    return Value;
}

NTSTATUS KiDivideStatus(const KTRAP_FRAME *Frame)
{
    UCHAR Code[24] = { 0 };
    DIVIDE Divide = { .Frame = Frame };
    SIZE_T Length = 0;
    ULONG At = 0;
    BOOLEAN Short = FALSE, Segment = FALSE;

    if (!NT_SUCCESS(KiCopyFromUserPartial(Code, (PVOID)Frame->Rip, 16, &Length)) && Length == 0) {
        return STATUS_INTEGER_DIVIDE_BY_ZERO;
    }
    for (; At < Length; At++) {
        UCHAR Byte = Code[At];
        if (Byte == 0x66) {
            Short = TRUE;
        } else if (Byte == 0x64 || Byte == 0x65) {
            Segment = TRUE;
        } else if (Byte != 0x67 && Byte != 0xF2 && Byte != 0xF3 && Byte != 0x2E && Byte != 0x36 && Byte != 0x3E && Byte != 0x26) {
            break;
        }
    }
    if ((Code[At] & 0xF0) == 0x40) {
        Divide.Rex = Code[At++];
    }
    if (At + 2 > Length || (Code[At] & 0xFE) != 0xF6 || (Code[At + 1] >> 3 & 6) != 6 || Segment) {
        return STATUS_INTEGER_DIVIDE_BY_ZERO;
    }
    Divide.Size = Code[At] == 0xF6 ? 1 : (Divide.Rex & 8) ? 8 : Short ? 2 : 4;
    Divide.Code = Code + At + 1;
    Divide.Skipped = At + 1;
    Divide.Length = sizeof(Code) - At - 1;
    return Operand(&Divide) != 0 ? STATUS_INTEGER_OVERFLOW : STATUS_INTEGER_DIVIDE_BY_ZERO;
}
