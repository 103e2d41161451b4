/* SPDX-License-Identifier: MIT */
/*
 * crtstr.c - the C library's narrow strings and character classes, as ntoskrnl and ntdll export them ("C" locale, ASCII only).
 */
#include "rtlp.h"

typedef ULONG64 __attribute__((may_alias)) WORD8;

/* Eight characters a step once aligned (see wcslen). */
__attribute__((no_sanitize("address"))) size_t __cdecl strlen(const char *String)
{
    const char *At = String;

    for (; (ULONG_PTR)At % sizeof(WORD8) != 0; At++) {
        if (*At == 0)
            return (size_t)(At - String);
    }
    ULONG64 Word = *(const WORD8 *)At;
    while (((Word - 0x0101010101010101ULL) & ~Word & 0x8080808080808080ULL) == 0) {
        At += sizeof(WORD8);
        Word = *(const WORD8 *)At;
    }
    while (*At != 0)
        At++;
    return (size_t)(At - String);
}

size_t __cdecl strnlen(const char *String, size_t Maximum)
{
    size_t Length = 0;

    while (Length < Maximum && String[Length] != 0)
        Length++;
    return Length;
}

int __cdecl strcmp(const char *Left, const char *Right)
{
    while (*Left != 0 && *Left == *Right) {
        Left++;
        Right++;
    }
    return (UCHAR)*Left < (UCHAR)*Right ? -1 : (UCHAR)*Left > (UCHAR)*Right;
}

int __cdecl strncmp(const char *Left, const char *Right, size_t Count)
{
    for (; Count != 0; Count--, Left++, Right++) {
        if (*Left != *Right)
            return (UCHAR)*Left < (UCHAR)*Right ? -1 : 1;
        if (*Left == 0)
            break;
    }
    return 0;
}

int __cdecl _strnicmp(const char *Left, const char *Right, size_t Count)
{
    for (; Count != 0; Count--, Left++, Right++) {
        int First = tolower((UCHAR)*Left), Second = tolower((UCHAR)*Right);
        if (First != Second)
            return First < Second ? -1 : 1;
        if (First == 0)
            break;
    }
    return 0;
}

int __cdecl _stricmp(const char *Left, const char *Right)
{
    return _strnicmp(Left, Right, SIZE_MAX);
}

char *__cdecl strcpy(char *To, const char *From)
{
    memcpy(To, From, strlen(From) + 1);
    return To;
}

char *__cdecl strncpy(char *To, const char *From, size_t Count)
{
    size_t Length = strnlen(From, Count);

    memcpy(To, From, Length);
    memset(To + Length, 0, Count - Length);
    return To;
}

char *__cdecl strcat(char *To, const char *From)
{
    strcpy(To + strlen(To), From);
    return To;
}

char *__cdecl strncat(char *To, const char *From, size_t Count)
{
    size_t Length = strlen(To), Added = strnlen(From, Count);

    memcpy(To + Length, From, Added);
    To[Length + Added] = 0;
    return To;
}

char *__cdecl strchr(const char *String, int Character)
{
    for (;; String++) {
        if (*String == (char)Character)
            return (char *)String;
        if (*String == 0)
            return NULL;
    }
}

char *__cdecl strrchr(const char *String, int Character)
{
    const char *Found = NULL;

    for (;; String++) {
        if (*String == (char)Character)
            Found = String;
        if (*String == 0)
            return (char *)Found;
    }
}

char *__cdecl strstr(const char *String, const char *Sought)
{
    size_t Length = strlen(Sought);

    for (;; String++) {
        if (strncmp(String, Sought, Length) == 0)
            return (char *)String;
        if (*String == 0)
            return NULL;
    }
}

size_t __cdecl strspn(const char *String, const char *Set)
{
    size_t Length = 0;

    while (String[Length] != 0 && strchr(Set, String[Length]) != NULL)
        Length++;
    return Length;
}

size_t __cdecl strcspn(const char *String, const char *Set)
{
    size_t Length = 0;

    while (String[Length] != 0 && strchr(Set, String[Length]) == NULL)
        Length++;
    return Length;
}

char *__cdecl strpbrk(const char *String, const char *Set)
{
    String += strcspn(String, Set);
    return *String != 0 ? (char *)String : NULL;
}

int __cdecl isupper(int Character)
{
    return Character >= 'A' && Character <= 'Z';
}

int __cdecl islower(int Character)
{
    return Character >= 'a' && Character <= 'z';
}

int __cdecl isalpha(int Character)
{
    return isupper(Character) || islower(Character);
}

int __cdecl isdigit(int Character)
{
    return Character >= '0' && Character <= '9';
}

int __cdecl isxdigit(int Character)
{
    return isdigit(Character) || (Character >= 'A' && Character <= 'F') || (Character >= 'a' && Character <= 'f');
}

int __cdecl isalnum(int Character)
{
    return isalpha(Character) || isdigit(Character);
}

int __cdecl isspace(int Character)
{
    return Character == ' ' || (Character >= '\t' && Character <= '\r');
}

int __cdecl isprint(int Character)
{
    return Character >= ' ' && Character <= '~';
}

int __cdecl isgraph(int Character)
{
    return Character > ' ' && Character <= '~';
}

int __cdecl ispunct(int Character)
{
    return isgraph(Character) && !isalnum(Character);
}

int __cdecl iscntrl(int Character)
{
    return (Character >= 0 && Character < ' ') || Character == 0x7F;
}

int __cdecl toupper(int Character)
{
    return islower(Character) ? Character - 'a' + 'A' : Character;
}

int __cdecl tolower(int Character)
{
    return isupper(Character) ? Character - 'A' + 'a' : Character;
}

char *__cdecl _strupr(char *String)
{
    for (char *At = String; *At != 0; At++)
        *At = (char)toupper((UCHAR)*At);
    return String;
}

char *__cdecl _strlwr(char *String)
{
    for (char *At = String; *At != 0; At++)
        *At = (char)tolower((UCHAR)*At);
    return String;
}
