/* SPDX-License-Identifier: MIT */
/*
 * memory.c - the arena that a line's memory comes from, and a text that grows.
 */
#include "cmd.h"

#define BLOCK_SIZE 16384u

struct _ARENA_BLOCK
{
    ARENA_BLOCK *Previous;
    SIZE_T Size, Used;
    DECLSPEC_ALIGN(16) UCHAR Data[];
};

static ARENA_BLOCK *Current;

PVOID CmdAllocate(SIZE_T Size)
{
    Size = (Size + 15) & ~(SIZE_T)15;
    if (Current == NULL || Current->Size - Current->Used < Size) {
        SIZE_T Data = Size > BLOCK_SIZE ? Size : BLOCK_SIZE;
        ARENA_BLOCK *Block = HeapAlloc(GetProcessHeap(), 0, sizeof(*Block) + Data);
        if (Block == NULL) {
            PrintError(L"Not enough memory resources are available to process this command.\r\n");
            ExitProcess(1);
        }
        Block->Previous = Current;
        Block->Size = Data;
        Block->Used = 0;
        Current = Block;
    }
    PVOID Result = Current->Data + Current->Used;
    Current->Used += Size;
    memset(Result, 0, Size);
    return Result;
}

LPWSTR CmdCopy(LPCWSTR Text, SIZE_T Length)
{
    LPWSTR Copy = CmdAllocate((Length + 1) * sizeof(WCHAR));

    memcpy(Copy, Text, Length * sizeof(WCHAR));
    return Copy;
}

ARENA_MARK CmdMark(void)
{
    return (ARENA_MARK){Current, Current != NULL ? Current->Used : 0};
}

void CmdRelease(ARENA_MARK Mark)
{
    while (Current != Mark.Block) {
        ARENA_BLOCK *Block = Current;
        Current = Block->Previous;
        HeapFree(GetProcessHeap(), 0, Block);
    }
    if (Current != NULL) {
        Current->Used = Mark.Used;
    }
}

void TextAdd(TEXT *Text, LPCWSTR Part, SIZE_T Length)
{
    if (Text->Length + Length + 1 > Text->Capacity) {
        SIZE_T Capacity = (Text->Length + Length + 1) * 2 + 32;
        LPWSTR Buffer = CmdAllocate(Capacity * sizeof(WCHAR));
        if (Text->Buffer != NULL) {
            memcpy(Buffer, Text->Buffer, Text->Length * sizeof(WCHAR));
        }
        Text->Buffer = Buffer;
        Text->Capacity = Capacity;
    }
    memcpy(Text->Buffer + Text->Length, Part, Length * sizeof(WCHAR));
    Text->Length += Length;
    Text->Buffer[Text->Length] = 0;
}

void TextAddString(TEXT *Text, LPCWSTR Part)
{
    TextAdd(Text, Part, wcslen(Part));
}

void TextAddCharacter(TEXT *Text, WCHAR Character)
{
    TextAdd(Text, &Character, 1);
}
