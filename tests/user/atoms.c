/* SPDX-License-Identifier: MIT */
/*
 * atoms.c - the table of a process: counted names, found without case, integer atoms, errors.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>
#include "tap.h"

int main(void)
{
    char Name[300], Long[300];
    WCHAR Wide[20];

    ATOM First = AddAtomA("Nascent"), Again = AddAtomA("NASCENT");
    Ok(First >= 0xC000, "a name's atom");
    Is(Again, First, "case makes no difference");
    Is(FindAtomW(L"nascent"), First, "found, wide");
    Is(GetAtomNameA(First, Name, sizeof(Name)), 7, "its name's length");
    Ok(strcmp(Name, "Nascent") == 0, "as it was added first");
    Is(GetAtomNameW(First, Wide, 4), 3, "a short buffer gets what fits");
    Ok(wcscmp(Wide, L"Nas") == 0 && GetLastError() == ERROR_MORE_DATA, "and a zero, and ERROR_MORE_DATA");
    Is(DeleteAtom(First), 0, "one reference less");
    Is(FindAtomA("Nascent"), First, "still there");
    Is(DeleteAtom(First), 0, "the last reference");
    Is(FindAtomA("Nascent"), 0, "gone");
    Is(GetLastError(), ERROR_FILE_NOT_FOUND, "not found");
    Is(DeleteAtom(First), First, "deleting it once more fails");
    Is(GetLastError(), ERROR_INVALID_HANDLE, "with its error");
    Is(GetAtomNameA(First, Name, sizeof(Name)), 0, "no name any more");
    Is(GetLastError(), ERROR_INVALID_HANDLE, "with its error");

    Is(AddAtomA("#1234"), 1234, "an integer atom by its name");
    Is(AddAtomW((LPCWSTR)(ULONG_PTR)77), 77, "an integer atom by its number");
    Is(GetAtomNameA(1234, Name, sizeof(Name)), 5, "has a name");
    Ok(strcmp(Name, "#1234") == 0, "of its number");
    Is(DeleteAtom(1234), 0, "is never deleted");
    Is(FindAtomA("#49151"), 0xBFFF, "the largest integer atom");
    Is(AddAtomA("#49152"), 0, "one more is too large");
    Is(GetLastError(), ERROR_INVALID_PARAMETER, "with its error");

    memset(Long, 'a', 255);
    Long[255] = 0;
    ATOM Longest = AddAtomA(Long);
    Ok(Longest >= 0xC000, "255 characters");
    Is(GetAtomNameA(Longest, Name, sizeof(Name)), 255, "come back whole");
    strcat(Long, "a");
    Is(AddAtomA(Long), 0, "256 do not");
    Is(GetLastError(), ERROR_INVALID_PARAMETER, "with their error");

    int Different = 0;
    ATOM Atoms[500];
    for (int i = 0; i < 500; i++) {
        sprintf(Name, "atom %d", i);
        Atoms[i] = AddAtomA(Name);
        Different += Atoms[i] >= 0xC000;
    }
    for (int i = 0; i < 500; i++) {
        sprintf(Long, "ATOM %d", i);
        Different += FindAtomA(Long) == Atoms[i] && DeleteAtom(Atoms[i]) == 0;
    }
    Is(Different, 1000, "five hundred names are kept apart");
    return Done();
}
