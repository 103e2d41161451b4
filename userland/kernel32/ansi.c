/* SPDX-License-Identifier: MIT */
/*
 * ansi.c - the one way between the A and the W forms, and the allocator that goes with it.
 *
 * Strings are converted into heap blocks, never into fixed buffers, so that an A call accepts what its W form accepts; a short file name of ASCII alone,
 * which is what nearly every program opens, needs no heap.  File names follow SetFileApisToOEM; everything else is in the ANSI code page.
 */
#include <emmintrin.h>
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

/* FALSE: there is more in it than ASCII, which is the same in every code page here. */
static BOOL WidenAscii(LPCSTR Source, SIZE_T Length, LPWSTR Target)
{
    SIZE_T At = 0;

    if (Length < 8) {
        for (; At < Length && Source[At] > 0; At++) {
            Target[At] = (WCHAR)Source[At];
        }
        return At == Length;
    }
    for (;;) {
        __m128i Eight = _mm_loadl_epi64((const __m128i *)(Source + At));
        if (_mm_movemask_epi8(Eight) != 0) {
            return FALSE;
        }
        _mm_storeu_si128((__m128i *)(Target + At), _mm_unpacklo_epi8(Eight, _mm_setzero_si128()));
        if (At + 8 == Length) {
            return TRUE;
        }
        At = min(At + 8, Length - 8); /* the last eight may overlap the ones before */
    }
}

BOOL BaseMakeFileName(LPCSTR Source, BASE_FILE_NAME *Name)
{
    SIZE_T Length = Source != NULL ? strlen(Source) : MAX_PATH;

    if (Length < MAX_PATH && WidenAscii(Source, Length, Name->Inline)) {
        Name->Inline[Length] = 0;
        Name->Text = Name->Inline;
        return TRUE;
    }
    return BaseFileToWide(Source, &Name->Text);
}

void BaseFreeFileName(BASE_FILE_NAME *Name)
{
    if (Name->Text != Name->Inline) {
        BaseFree(Name->Text);
    }
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
