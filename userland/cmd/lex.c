/* SPDX-License-Identifier: MIT */
/*
 * lex.c - a line into tokens.
 *
 * Outside of quotes '^' makes the next character an ordinary one and vanishes; inside it is an ordinary one itself.  Quotes stay in the
 * word: the program that gets the command line takes them apart, not cmd.  A digit directly in front of '<' or '>', after a blank,
 * is the handle that is redirected.
 */
#include "cmd.h"

static BOOL IsBlank(WCHAR c)
{
    return c == L' ' || c == L'\t';
}

static BOOL IsOperator(WCHAR c)
{
    return c == L'&' || c == L'|' || c == L'<' || c == L'>';
}

LPCWSTR LexBlanks(LPCWSTR p)
{
    while (IsBlank(*p) || (*p == L'\r') || (*p == L'\n')) {
        p++;
    }
    return p;
}

LPWSTR LexOperand(LEXER *Lexer)
{
    LPCWSTR p = LexBlanks(Lexer->Position);
    BOOL Quoted = FALSE;
    TEXT Text = {0};

    TextAdd(&Text, L"", 0);
    while (*p != 0 && (Quoted || !(IsBlank(*p) || IsOperator(*p) || (*p == L'=' && p[1] == L'=')))) {
        if (*p == L'"') {
            Quoted = !Quoted;
        } else if (*p == L'^' && !Quoted && p[1] != 0) {
            p++;
        }
        TextAddCharacter(&Text, *p++);
    }
    Lexer->Position = p;
    return Text.Buffer;
}

/* A word; parentheses end it only where a command may end. */
static LPWSTR Word(LEXER *Lexer)
{
    LPCWSTR p = Lexer->Position;
    BOOL Quoted = FALSE;
    TEXT Text = {0};

    TextAdd(&Text, L"", 0);
    while (*p != 0) {
        if (*p == L'"') {
            Quoted = !Quoted;
        } else if (!Quoted) {
            if (*p == L'^') {
                p++;
                if (*p == 0) {
                    break;
                }
            } else if (IsBlank(*p) || IsOperator(*p) || *p == L')' || *p == L'\r' || *p == L'\n') {
                break;
            }
        }
        TextAddCharacter(&Text, *p++);
    }
    Lexer->Position = p;
    return Text.Buffer;
}

/* At "<", ">", ">>" or ">&n"; the handle's digit has been taken. */
static TOKEN Redirect(LEXER *Lexer, int Handle)
{
    LPCWSTR p = Lexer->Position;
    TOKEN Token = {.Kind = TokenRedirect, .ToHandle = -1, .Input = *p == L'<'};

    Token.Handle = Handle >= 0 ? Handle : Token.Input ? 0 : 1;
    p++;
    if (!Token.Input && *p == L'>') {
        Token.Append = TRUE;
        p++;
    }
    if (*p == L'&' && p[1] >= L'0' && p[1] <= L'9') {
        Token.ToHandle = p[1] - L'0';
        Lexer->Position = p + 2;
        return Token;
    }
    Lexer->Position = LexBlanks(p);
    Token.Text = Word(Lexer);
    if (Token.Text[0] == 0) {
        Token.Kind = TokenBad;
        Token.Text = *Lexer->Position != 0 ? CmdCopy(Lexer->Position, 1) : NULL;
    }
    return Token;
}

static TOKEN Simple(LEXER *Lexer, TOKEN_KIND Kind, SIZE_T Length)
{
    TOKEN Token = {.Kind = Kind, .Text = CmdCopy(Lexer->Position, Length)};

    Lexer->Position += Length;
    return Token;
}

static TOKEN TokenAt(LEXER *Lexer)
{
    LPCWSTR p = Lexer->Position;
    TOKEN Token;

    switch (*p) {
    case 0:
        return (TOKEN){.Kind = TokenEnd};
    case L'&':
        return Simple(Lexer, p[1] == L'&' ? TokenAnd : TokenSequence, p[1] == L'&' ? 2 : 1);
    case L'|':
        return Simple(Lexer, p[1] == L'|' ? TokenOr : TokenPipe, p[1] == L'|' ? 2 : 1);
    case L'<':
    case L'>':
        return Redirect(Lexer, -1);
    case L')':
        return Simple(Lexer, TokenClose, 1);
    case L'(':
        if (!Lexer->InCommand) {
            return Simple(Lexer, TokenOpen, 1);
        }
        break;
    default:
        break;
    }
    if (*p >= L'0' && *p <= L'9' && (p[1] == L'<' || p[1] == L'>')) {
        Lexer->Position = p + 1;
        return Redirect(Lexer, *p - L'0');
    }
    Token = (TOKEN){.Kind = TokenWord, .ToHandle = -1};
    Token.Text = Word(Lexer);
    return Token;
}

TOKEN NextToken(LEXER *Lexer)
{
    LPCWSTR Start = Lexer->Position;

    Lexer->Position = LexBlanks(Start);
    LPWSTR Before = CmdCopy(Start, (SIZE_T)(Lexer->Position - Start));
    TOKEN Token = TokenAt(Lexer);
    Token.Before = Before;
    return Token;
}
