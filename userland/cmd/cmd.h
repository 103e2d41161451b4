/* SPDX-License-Identifier: MIT */
/*
 * cmd.h - the command processor's parts and what passes between them.
 *
 * A line goes through four steps, each with a file of its own:
 *      expand.c  %VAR% and %1 are replaced                               text  -> text
 *      lex.c     quotes, ^, operators, redirections                      text  -> tokens
 *      parse.c   ( ) | && || &, control.c: if and for                    tokens -> tree
 *      exec.c    redirections are made, commands are run                 tree  -> errorlevel
 *
 * The variables of a for (%a) and !VAR! are not replaced before the tree is run, each command anew: value.c.
 * A command line that leaves a group open goes on with the next line of the batch file, or with what is typed at "More? ".
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

typedef struct _BATCH BATCH;

typedef struct _CMD_STATE
{
    DWORD ErrorLevel;
    DWORD Last;        /* what the last command itself returned: && and || look at this; ErrorLevel survives an echo */
    BOOL Exit;         /* leave after this line */
    BOOL Unwind;       /* leave this line: goto, exit /b, the end of a batch file */
    BOOL EchoOff;
    BOOL Interactive;  /* lines come from the input, and may go on with another */
    BOOL Delayed;      /* !VAR! is replaced when a command runs */
    BOOL NotStarted;   /* the last program could not be started */
    NTSTATUS StartStatus;
    BATCH *Batch;      /* the batch file that runs, null at the prompt */
    LPWSTR For[128];   /* values of the variables of all for commands that run now */
} CMD_STATE;

extern CMD_STATE Cmd;
void RunLine(LPCWSTR Line);
LPWSTR MoreLine(void); /* the line after this one, %VAR% replaced; null: there is none */
BOOL ReadLine(HANDLE Input, BOOL Console, TEXT *Line); /* input.c; FALSE at the end of the input */
void ShowPrompt(void);

/* ---- expand.c, value.c ------------------------------------------------------------------------------------------------------------ */

/* What a batch file's %1 and a for's %a can be asked for: %~dpnx1. Letters of "fdpnxsatz" in Modifiers, without the '~'. */
LPWSTR ModifyPath(LPCWSTR Value, LPCWSTR Modifiers, SIZE_T Count);
LPWSTR VariableValue(LPCWSTR Text, SIZE_T Length); /* NAME, NAME:~m,n or NAME:a=b; null: not set */
LPWSTR ExpandPercents(LPCWSTR Line); /* null: too long */
LPWSTR ExpandNow(LPCWSTR Text);      /* %a of a for, !VAR! */

/* ---- batch.c ---------------------------------------------------------------------------------------------------------------------- */

/* Argument n of the batch file as typed, quotes and all; L"" where there is none. -1: all of them. Null: no batch file runs. */
LPCWSTR BatchArgument(int Index);
LPCWSTR BatchPath(void); /* of %~f0: the file, whatever %0 says */
BOOL BatchReadLine(TEXT *Line);
void RunBatch(LPCWSTR Path, LPCWSTR Name, LPCWSTR Arguments, BOOL Call);
void LeaveBatch(void); /* exit /b */

/* ---- lex.c, parse.c, control.c ----------------------------------------------------------------------------------------------------- */

typedef enum _TOKEN_KIND
{
    TokenEnd, TokenLine, TokenWord, TokenRedirect, TokenPipe, TokenAnd, TokenOr, TokenSequence, TokenOpen, TokenClose, TokenBad
} TOKEN_KIND;

/* A word keeps its quotes; Before is the white space in front of the token, which belongs to a command's arguments: `echo a & b` prints "a ". */
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
LPCWSTR LexBlanks(LPCWSTR Position);
/* One side of if's comparison: up to a blank or "==". */
LPWSTR LexOperand(LEXER *Lexer);

typedef struct _REDIRECT
{
    struct _REDIRECT *Next;
    int Handle, ToHandle;
    BOOL Append, Input;
    LPWSTR File;
} REDIRECT;

typedef enum _NODE_KIND { NodeCommand, NodeGroup, NodePipe, NodeAnd, NodeOr, NodeSequence, NodeIf, NodeFor } NODE_KIND;
typedef enum _IF_KIND { IfExist, IfDefined, IfErrorLevel, IfVersion, IfEqual, IfEqu, IfNeq, IfLss, IfLeq, IfGtr, IfGeq } IF_KIND;
typedef enum _FOR_KIND { ForItems, ForDirectories, ForRecursive, ForCount, ForFile } FOR_KIND;

typedef struct _NODE
{
    NODE_KIND Kind;
    struct _NODE *Left, *Right; /* if: then and else; for: Left is what is repeated */
    REDIRECT *Redirects;
    LPWSTR Name;      /* command: the first word, quotes kept; for: the set; if: the left side */
    LPWSTR Arguments; /* command: everything after it, as typed; for: the options or the root; if: the right side */
    BOOL Quiet;       /* '@' in front */
    BOOL Not, IgnoreCase;
    IF_KIND Condition;
    FOR_KIND Loop;
    WCHAR Variable;
} NODE;

typedef struct _PARSER
{
    LEXER Lexer;
    TOKEN Token;
    int Depth;    /* open groups */
    BOOL More;    /* another line may be asked for */
    BOOL OneLine; /* in the body of an if or a for outside of parentheses: the end of the line ends it */
    BOOL Failed;
} PARSER;

/* Null with an error printed, or null for an empty line (*Empty). More: an open group may go on with MoreLine(). */
NODE *ParseLine(LPCWSTR Line, BOOL More, BOOL *Empty);
NODE *ParseBody(PARSER *Parser); /* the command of an if or for, with everything that hangs on it */
NODE *ParseIf(PARSER *Parser, NODE *Node);
NODE *ParseFor(PARSER *Parser, NODE *Node);
NODE *ParseFail(PARSER *Parser);
void ParseNext(PARSER *Parser);
BOOL ParseMore(PARSER *Parser); /* the next line into the lexer */
LPWSTR NodeText(const NODE *Node, BOOL Escape); /* the command line again: escaped for a child cmd, plain to be shown */

/* ---- exec.c, run.c --------------------------------------------------------------------------------------------------------------- */

void Execute(const NODE *Node);
void ExecuteShown(const NODE *Node); /* the same, shown first if echo is on */
void ExecuteFor(const NODE *Node);   /* loop.c */
BOOL TestCondition(const NODE *Node);
/* A command line of two parts: built-in, batch file or program. Call: a batch file comes back here. */
void RunWords(LPCWSTR Name, LPCWSTR Arguments, BOOL Call);
/* Runs a line in a child cmd and returns what it printed, converted; null with an error printed. */
LPWSTR CaptureOutput(LPCWSTR Line);
typedef void (*BUILTIN)(LPCWSTR Arguments);
/* Rest: what of Name belongs to the arguments ("cd.."). KeepsErrorLevel: it leaves a former errorlevel alone if it succeeds. */
BUILTIN FindBuiltin(LPCWSTR Name, LPCWSTR *Rest, BOOL *KeepsErrorLevel);
BOOL FindProgram(LPCWSTR Name, LPWSTR Path, DWORD Size);
BOOL StartProgram(LPCWSTR Path, LPCWSTR Name, LPCWSTR Arguments, DWORD Flags, LPCWSTR Directory, PROCESS_INFORMATION *Process);
void RunProgram(LPCWSTR Name, LPCWSTR Arguments, BOOL Call);
DWORD WaitFor(PROCESS_INFORMATION *Process); /* its exit code; closes the handles */
LONG ParseInteger(LPCWSTR Text);

/* ---- words.c: arguments of built-in commands ------------------------------------------------------------------------------------- */

LPCWSTR SkipBlanks(LPCWSTR Text);
/* The next word, without quotes; null at the end. */
LPWSTR NextWord(LPCWSTR *Text);
LPWSTR TrimRight(LPCWSTR Text);
LPWSTR Unquote(LPCWSTR Text);
BOOL IsSwitch(LPCWSTR Word, WCHAR Letter);

/* ---- the built-in commands -------------------------------------------------------------------------------------------------------- */

void DoCall(LPCWSTR Arguments);
void DoCd(LPCWSTR Arguments);
void DoCls(LPCWSTR Arguments);
void DoColor(LPCWSTR Arguments);
void DoCopy(LPCWSTR Arguments);
void DoDate(LPCWSTR Arguments);
void DoDel(LPCWSTR Arguments);
void DoDir(LPCWSTR Arguments);
void DoEcho(LPCWSTR Arguments);
void DoEndlocal(LPCWSTR Arguments);
void DoExit(LPCWSTR Arguments);
void DoGoto(LPCWSTR Arguments);
void DoHelp(LPCWSTR Arguments);
void DoMd(LPCWSTR Arguments);
void DoMore(LPCWSTR Arguments);
void DoMove(LPCWSTR Arguments);
void DoPath(LPCWSTR Arguments);
void DoPause(LPCWSTR Arguments);
void DoPopd(LPCWSTR Arguments);
void DoPrompt(LPCWSTR Arguments);
void DoPushd(LPCWSTR Arguments);
void DoRd(LPCWSTR Arguments);
void DoRem(LPCWSTR Arguments);
void DoRen(LPCWSTR Arguments);
void DoSet(LPCWSTR Arguments);
void DoSetlocal(LPCWSTR Arguments);
void DoShift(LPCWSTR Arguments);
void DoShutdown(LPCWSTR Arguments);
void DoStart(LPCWSTR Arguments);
void DoTime(LPCWSTR Arguments);
void DoTitle(LPCWSTR Arguments);
void DoType(LPCWSTR Arguments);
void DoVer(LPCWSTR Arguments);
void DoVol(LPCWSTR Arguments);

/* What several of them share. */
BOOL ChangeTo(LPCWSTR Path);                      /* files.c: SetCurrentDirectory with cmd's messages */
BOOL IsWild(LPCWSTR Path);
LPWSTR JoinPath(LPCWSTR Directory, LPCWSTR Name); /* one backslash between them */
LPWSTR DirectoryOf(LPCWSTR Path);                 /* "a\\b" gives "a\\", "b" gives "" */
BOOL IsDirectory(LPCWSTR Path);
LPWSTR FullPath(LPCWSTR Path);
/* Asks on the console; the letter of Letters that was answered, in capitals. */
WCHAR Ask(LPCWSTR Letters, LPCWSTR Format, ...);
BOOL EvaluateArithmetic(LPCWSTR Text, LONG *Value); /* arith.c: set /a; FALSE with an error printed */

#endif
