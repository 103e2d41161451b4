/* SPDX-License-Identifier: MIT */
/*
 * control.c - if and for, from text to tree.  What they do is in loop.c.
 *
 *      if [/i] [not] ( exist name | defined name | errorlevel n | cmdextversion n | text == text | n EQU|NEQ|LSS|LEQ|GTR|GEQ n ) line [ else line ]
 *      for [ /d | /r [root] | /l | /f ["options"] ] %v in ( set ) do line
 *
 * Neither is made of words like another command: a comparison ends at "==" with or without blanks, a set ends at its parenthesis.  So both read the
 * text itself, from where the lexer stands.  The rest of the line belongs to the body: `if 1==2 echo a & echo b` prints nothing.
 */
#include "cmd.h"

static const struct { LPCWSTR Word; IF_KIND Kind; } Comparisons[] = {
    {L"equ", IfEqu}, {L"neq", IfNeq}, {L"lss", IfLss}, {L"leq", IfLeq}, {L"gtr", IfGtr}, {L"geq", IfGeq},
};
static const struct { LPCWSTR Word; IF_KIND Kind; } Tests[] = {
    {L"exist", IfExist}, {L"defined", IfDefined}, {L"errorlevel", IfErrorLevel}, {L"cmdextversion", IfVersion},
};

static NODE *Unexpected(PARSER *Parser, LPCWSTR Text)
{
    Parser->Token = (TOKEN){.Kind = Text[0] != 0 ? TokenWord : TokenEnd, .Text = CmdCopy(Text, wcslen(Text))};
    return ParseFail(Parser);
}

/* The operator and the right side; Node->Name is the left side. FALSE: what stands there is in *Wrong. */
static BOOL ReadComparison(LEXER *Lexer, NODE *Node, LPCWSTR *Wrong)
{
    LPCWSTR p = LexBlanks(Lexer->Position);

    if (p[0] == L'=' && p[1] == L'=') {
        Lexer->Position = p + 2;
        Node->Condition = IfEqual;
    } else {
        LPWSTR Word = LexOperand(Lexer);
        ULONG i;
        for (i = 0; i < COUNT_OF(Comparisons) && _wcsicmp(Word, Comparisons[i].Word) != 0; i++) {
        }
        if (i == COUNT_OF(Comparisons)) {
            *Wrong = Word;
            return FALSE;
        }
        Node->Condition = Comparisons[i].Kind;
    }
    Node->Arguments = LexOperand(Lexer);
    *Wrong = L"";
    return Node->Arguments[0] != 0;
}

NODE *ParseIf(PARSER *Parser, NODE *Node)
{
    LEXER *Lexer = &Parser->Lexer;
    LPCWSTR Wrong;
    LPWSTR Word = LexOperand(Lexer);

    Node->Kind = NodeIf;
    for (; _wcsicmp(Word, L"/i") == 0 || _wcsicmp(Word, L"not") == 0; Word = LexOperand(Lexer)) {
        Node->IgnoreCase |= Word[0] == L'/';
        Node->Not ^= Word[0] != L'/';
    }
    for (ULONG i = 0; i < COUNT_OF(Tests); i++) {
        if (_wcsicmp(Word, Tests[i].Word) == 0) {
            Node->Condition = Tests[i].Kind;
            Node->Arguments = LexOperand(Lexer);
            if (Node->Arguments[0] == 0) {
                return Unexpected(Parser, L"");
            }
        }
    }
    if (Node->Arguments == NULL) {
        Node->Name = Word;
        if (!ReadComparison(Lexer, Node, &Wrong)) {
            return Unexpected(Parser, Wrong);
        }
    }
    Node->Left = ParseBody(Parser);
    if (Node->Left == NULL) {
        return ParseFail(Parser);
    }
    if (Parser->Token.Kind == TokenWord && _wcsicmp(Parser->Token.Text, L"else") == 0) {
        Node->Right = ParseBody(Parser);
        if (Node->Right == NULL) {
            return ParseFail(Parser);
        }
    }
    return Node;
}

/* ---- for -------------------------------------------------------------------------------------------------------------------------- */

/* A word of for's head, with quotes; nothing here is an operator. */
static LPWSTR HeadWord(LEXER *Lexer)
{
    LPCWSTR p = LexBlanks(Lexer->Position);
    BOOL Quoted = FALSE;
    TEXT Text = {0};

    TextAdd(&Text, L"", 0);
    while (*p != 0 && (Quoted || (*p != L' ' && *p != L'\t'))) {
        Quoted ^= *p == L'"';
        if (*p == L'^' && !Quoted && p[1] != 0) {
            p++; /* options without quotes: tokens^=1^,2 */
        }
        TextAddCharacter(&Text, *p++);
    }
    Lexer->Position = p;
    return Text.Buffer;
}

/* "(" set ")": the text between them, lines joined by blanks. */
static LPWSTR ReadSet(PARSER *Parser)
{
    LPCWSTR p = LexBlanks(Parser->Lexer.Position);
    BOOL Quoted = FALSE;
    TEXT Text = {0};

    if (*p != L'(') {
        return NULL;
    }
    TextAdd(&Text, L"", 0);
    for (p++; *p != L')' || Quoted; ) {
        if (*p == 0) {
            if (!ParseMore(Parser)) {
                return NULL;
            }
            p = Parser->Lexer.Position;
            Quoted = FALSE;
            TextAddCharacter(&Text, L' ');
            continue;
        }
        Quoted ^= *p == L'"';
        if (*p == L'^' && !Quoted && p[1] != 0) {
            p++;
        }
        TextAddCharacter(&Text, *p++);
    }
    Parser->Lexer.Position = p + 1;
    return Text.Buffer;
}

/* The switches, and what may follow them: a root, options. Returns the word with the variable. */
static LPWSTR ReadSwitches(LEXER *Lexer, NODE *Node)
{
    LPWSTR Word = HeadWord(Lexer);

    Node->Loop = ForItems;
    Node->Arguments = CmdCopy(L"", 0);
    while (Word[0] == L'/') {
        WCHAR Letter = Word[1] | 0x20;
        Node->Loop = Letter == L'd' ? ForDirectories : Letter == L'r' ? ForRecursive : Letter == L'l' ? ForCount : Letter == L'f' ? ForFile : Node->Loop;
        Word = HeadWord(Lexer);
        if ((Letter == L'r' || Letter == L'f') && Word[0] != L'%' && Word[0] != L'/') {
            Node->Arguments = Word;
            Word = HeadWord(Lexer);
        }
    }
    return Word;
}

NODE *ParseFor(PARSER *Parser, NODE *Node)
{
    LEXER *Lexer = &Parser->Lexer;
    LPWSTR Word = ReadSwitches(Lexer, Node);

    Node->Kind = NodeFor;
    if (Word[0] != L'%' || Word[1] == 0 || Word[1] >= COUNT_OF(Cmd.For) || Word[2] != 0) {
        return Unexpected(Parser, Word);
    }
    Node->Variable = Word[1];
    Word = HeadWord(Lexer);
    if (_wcsicmp(Word, L"in") != 0) {
        return Unexpected(Parser, Word);
    }
    Node->Name = ReadSet(Parser);
    if (Node->Name == NULL) {
        return Unexpected(Parser, HeadWord(Lexer));
    }
    Word = HeadWord(Lexer);
    if (_wcsnicmp(Word, L"do", 2) == 0 && Word[2] == L'(') {
        Lexer->Position -= wcslen(Word) - 2; /* "do(" */
    } else if (_wcsicmp(Word, L"do") != 0) {
        return Unexpected(Parser, Word);
    }
    Node->Left = ParseBody(Parser);
    return Node->Left != NULL ? Node : ParseFail(Parser);
}
