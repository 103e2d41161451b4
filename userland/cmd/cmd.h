/* SPDX-License-Identifier: MIT */
/*
 * cmd.h - the command processor's parts and what passes between them.
 *
 * A line goes through four steps, each with a file of its own:
 *      expand.c  %VAR% is replaced                                       text  -> text
 *      lex.c     quotes, ^, operators, redirections                      text  -> tokens
 *      parse.c   ( ) | && || &                                           tokens -> tree
 *      exec.c    redirections are made, commands are run                 tree  -> errorlevel
 * Memory of a line comes from an arena and is given back when the line is done.  The program needs kernel32 and ntdll only, so that there
 * is a prompt also when no C run-time library can be loaded.
 */
#ifndef NASCENT_CMD_H
#define NASCENT_CMD_H

#define WIN32_LEAN_AND_MEAN
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "ntapi.h"

#ifndef COUNT_OF
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#endif

#define CMD_MAX_LINE 8192 /* characters of a line, the zero included */
#define CMD_NOT_FOUND 9009 /* errorlevel of a command that is not there */

/* ---- memory.c ------------------------------------------------------------------------------------------------------------------- */

typedef struct _ARENA_BLOCK ARENA_BLOCK;
typedef struct _ARENA_MARK
{
    ARENA_BLOCK *Block;
    SIZE_T Used;
} ARENA_MARK;

PVOID CmdAllocate(SIZE_T Size); /* zeroed; ends the program if there is no memory */
LPWSTR CmdCopy(LPCWSTR Text, SIZE_T Length);
ARENA_MARK CmdMark(void);
void CmdRelease(ARENA_MARK Mark);

typedef struct _TEXT
{
    LPWSTR Buffer; /* always zero-terminated once something was added */
    SIZE_T Length, Capacity;
} TEXT;

void TextAdd(TEXT *Text, LPCWSTR Part, SIZE_T Length);
void TextAddString(TEXT *Text, LPCWSTR Part);
void TextAddCharacter(TEXT *Text, WCHAR Character);

/* ---- output.c ------------------------------------------------------------------------------------------------------------------- */

void Print(LPCWSTR Format, ...);
void PrintError(LPCWSTR Format, ...);
void PrintText(LPCWSTR Text, SIZE_T Length);
void PrintSystemError(DWORD Error, LPCWSTR Name); /* the system's text, on standard error */
UINT OutputCodePage(void);

/* ---- state (cmd.c) -------------------------------------------------------------------------------------------------------------- */

typedef struct _CMD_STATE
{
    DWORD ErrorLevel;
    BOOL Exit;         /* leave after this line */
    BOOL EchoOff;
    BOOL NotStarted;   /* the last program could not be started */
    NTSTATUS StartStatus;
} CMD_STATE;

extern CMD_STATE Cmd;
void RunLine(LPCWSTR Line);
BOOL ReadLine(HANDLE Input, BOOL Console, TEXT *Line); /* input.c; FALSE at the end of the input */
void ShowPrompt(void);

/* ---- expand.c, lex.c, parse.c ---------------------------------------------------------------------------------------------------- */

LPWSTR ExpandPercents(LPCWSTR Line);

typedef enum _TOKEN_KIND
{
    TokenEnd, TokenWord, TokenRedirect, TokenPipe, TokenAnd, TokenOr, TokenSequence, TokenOpen, TokenClose, TokenBad
} TOKEN_KIND;

/* A word keeps its quotes; Before is the white space in front of it, which belongs to a command's arguments. */
typedef struct _TOKEN
{
    TOKEN_KIND Kind;
    LPWSTR Text;
    LPWSTR Before;
    int Handle;    /* redirect: 0, 1, 2 */
    int ToHandle;  /* redirect: the n of ">&n", -1: a file */
    BOOL Append, Input;
} TOKEN;

typedef struct _LEXER
{
    LPCWSTR Position;
    BOOL InCommand; /* inside a simple command: parentheses are text there */
} LEXER;

TOKEN NextToken(LEXER *Lexer);

typedef struct _REDIRECT
{
    struct _REDIRECT *Next;
    int Handle, ToHandle;
    BOOL Append, Input;
    LPWSTR File;
} REDIRECT;

typedef enum _NODE_KIND { NodeCommand, NodeGroup, NodePipe, NodeAnd, NodeOr, NodeSequence } NODE_KIND;

typedef struct _NODE
{
    NODE_KIND Kind;
    struct _NODE *Left, *Right;
    REDIRECT *Redirects;
    LPWSTR Name;      /* command: the first word, quotes kept */
    LPWSTR Arguments; /* command: everything after it, as typed */
    BOOL Quiet;       /* '@' in front */
} NODE;

/* Null with an error printed, or null for an empty line (*Empty). */
NODE *ParseLine(LPCWSTR Line, BOOL *Empty);
LPWSTR NodeText(const NODE *Node); /* the command line again, for a child cmd */

/* ---- exec.c, run.c --------------------------------------------------------------------------------------------------------------- */

void Execute(const NODE *Node);
typedef void (*BUILTIN)(LPCWSTR Arguments);
BUILTIN FindBuiltin(LPCWSTR Name, LPCWSTR *Rest); /* Rest: what of Name belongs to the arguments ("cd..") */
BOOL FindProgram(LPCWSTR Name, LPWSTR Path, DWORD Size);
BOOL StartProgram(LPCWSTR Path, LPCWSTR Name, LPCWSTR Arguments, DWORD Flags, LPCWSTR Directory, PROCESS_INFORMATION *Process);
void RunProgram(LPCWSTR Name, LPCWSTR Arguments);

/* ---- words.c: arguments of built-in commands ------------------------------------------------------------------------------------- */

LPCWSTR SkipBlanks(LPCWSTR Text);
/* The next word, without quotes; null at the end. */
LPWSTR NextWord(LPCWSTR *Text);
LPWSTR TrimRight(LPCWSTR Text);
LPWSTR Unquote(LPCWSTR Text);
BOOL IsSwitch(LPCWSTR Word, WCHAR Letter);

/* ---- the built-in commands -------------------------------------------------------------------------------------------------------- */

void DoCd(LPCWSTR Arguments);
void DoCls(LPCWSTR Arguments);
void DoDir(LPCWSTR Arguments);
void DoEcho(LPCWSTR Arguments);
void DoExit(LPCWSTR Arguments);
void DoHelp(LPCWSTR Arguments);
void DoPath(LPCWSTR Arguments);
void DoPause(LPCWSTR Arguments);
void DoPrompt(LPCWSTR Arguments);
void DoRem(LPCWSTR Arguments);
void DoSet(LPCWSTR Arguments);
void DoShutdown(LPCWSTR Arguments);
void DoStart(LPCWSTR Arguments);
void DoTitle(LPCWSTR Arguments);
void DoType(LPCWSTR Arguments);
void DoVer(LPCWSTR Arguments);
void DoVol(LPCWSTR Arguments);

#endif
