/* SPDX-License-Identifier: MIT */
/*
 * ansi.c - the one way between the A and the W forms, and the allocator that goes with it.
 *
 * Strings are converted into heap blocks, never into fixed buffers, so that an A call accepts what its W form accepts.  File names
 * follow SetFileApisToOEM; everything else is in the ANSI code page.
 */
#include "k32.h"

static LONG FileApisOem;

VOID WINAPI SetFileApisToOEM(void)
{
    FileApisOem = 1;
}

VOID WINAPI SetFileApisToANSI(void)
{
    FileApisOem = 0;
}

BOOL WINAPI AreFileApisANSI(void)
{
    return !FileApisOem;
}

PVOID BaseAllocate(SIZE_T Size)
{
    PVOID Block = RtlAllocateHeap(BasePeb()->ProcessHeap, 0, Size);

    if (Block == NULL) {
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    }
    return Block;
}

void BaseFree(PVOID Block)
{
    if (Block != NULL) {
        RtlFreeHeap(BasePeb()->ProcessHeap, 0, Block);
    }
}

/* No code page here turns one byte into more than one character, so Length + 1 characters always hold the result. */
BOOL BaseBytesToWide(UINT CodePage, LPCSTR Source, SIZE_T Length, LPWSTR *Wide, SIZE_T *WideLength)
{
    int Got = 0;

    *Wide = BaseAllocate((Length + 1) * sizeof(WCHAR));
    if (*Wide == NULL) {
        return FALSE;
    }
    if (Length != 0) {
        Got = MultiByteToWideChar(CodePage, 0, Source, (int)Length, *Wide, (int)Length + 1);
        if (Got == 0) {
            BaseFree(*Wide);
            *Wide = NULL;
            return FALSE;
        }
    }
    (*Wide)[Got] = 0;
    if (WideLength != NULL) {
        *WideLength = (SIZE_T)Got;
    }
    return TRUE;
}

static BOOL ToWide(UINT CodePage, LPCSTR Source, LPWSTR *Wide)
{
    *Wide = NULL;
    return Source == NULL || BaseBytesToWide(CodePage, Source, strlen(Source), Wide, NULL);
}

BOOL BaseToWide(LPCSTR Source, LPWSTR *Wide)
{
    return ToWide(CP_ACP, Source, Wide);
}

BOOL BaseFileToWide(LPCSTR Source, LPWSTR *Wide)
{
    return ToWide(FileApisOem ? CP_OEMCP : CP_ACP, Source, Wide);
}

static DWORD ToAnsi(UINT CodePage, LPCWSTR Source, SIZE_T Length, LPSTR Target, DWORD Size)
{
    int Need = Length == 0 ? 0 : WideCharToMultiByte(CodePage, 0, Source, (int)Length, NULL, 0, NULL, NULL);

    if ((DWORD)Need >= Size || Target == NULL) {
        return (DWORD)Need + 1;
    }
    if (Length != 0) {
        WideCharToMultiByte(CodePage, 0, Source, (int)Length, Target, (int)Size, NULL, NULL);
    }
    Target[Need] = 0;
    return (DWORD)Need;
}

DWORD BaseToAnsi(LPCWSTR Source, SIZE_T Length, LPSTR Target, DWORD Size)
{
    return ToAnsi(CP_ACP, Source, Length, Target, Size);
}

DWORD BaseFileToAnsi(LPCWSTR Source, SIZE_T Length, LPSTR Target, DWORD Size)
{
    return ToAnsi(FileApisOem ? CP_OEMCP : CP_ACP, Source, Length, Target, Size);
}
