/* SPDX-License-Identifier: MIT */
/*
 * parse.c - tokens into a tree.
 *
 *      lines    := line { newline line }                       in a group; elsewhere one line
 *      line     := or-list { "&" [ or-list ] }
 *      or-list  := and-list { "||" and-list }
 *      and-list := pipe { "&&" pipe }
 *      pipe     := command { "|" command }
 *      command  := "(" lines ")" { redirect }  |  { redirect } word { word | redirect }  |  if  |  for  |  rem text
 *
 * A parenthesis is one only where a command begins, and its partner only while a group is open; elsewhere they are text.  One token of
 * look-ahead.
 */
#include "cmd.h"

#define MAX_DEPTH 200

static NODE *ParseSequence(PARSER *Parser);

BOOL ParseMore(PARSER *Parser)
{
    LPWSTR Line = Parser->More ? MoreLine() : NULL;

    if (Line == NULL) {
        return FALSE;
    }
    Parser->Lexer.Position = *LexBlanks(Line) == L':' ? L"" : Line; /* labels in a group are not commands */
    return TRUE;
}

/* In a group the end of a line is a token of its own, and the next line is at hand. */
void ParseNext(PARSER *Parser)
{
    Parser->Token = NextToken(&Parser->Lexer);
    if (Parser->Token.Kind == TokenEnd && Parser->Depth > 0 && ParseMore(Parser)) {
        Parser->Token.Kind = TokenLine;
    }
}

NODE *ParseFail(PARSER *Parser)
{
    if (!Parser->Failed) {
        if (Parser->Token.Text != NULL && Parser->Token.Kind != TokenEnd) {
            PrintError(L"%s was unexpected at this time.\r\n", Parser->Token.Text);
        } else {
            PrintError(L"The syntax of the command is incorrect.\r\n");
        }
    }
    Parser->Failed = TRUE;
    return NULL;
}

static NODE *Make(NODE_KIND Kind, NODE *Left, NODE *Right)
{
    NODE *Node = CmdAllocate(sizeof(*Node));

    Node->Kind = Kind;
    Node->Left = Left;
    Node->Right = Right;
    return Node;
}

static void AddRedirect(NODE *Node, const TOKEN *Token)
{
    REDIRECT *New = CmdAllocate(sizeof(*New)), **Last = &Node->Redirects;

    New->Handle = Token->Handle;
    New->ToHandle = Token->ToHandle;
    New->Append = Token->Append;
    New->Input = Token->Input;
    New->File = Token->Text;
    while (*Last != NULL) {
        Last = &(*Last)->Next;
    }
    *Last = New;
}

static NODE *ParseGroup(PARSER *Parser)
{
    BOOL OneLine = Parser->OneLine;
    NODE *Node;

    if (++Parser->Depth > MAX_DEPTH) {
        return ParseFail(Parser);
    }
    Parser->OneLine = FALSE;
    do {
        ParseNext(Parser);
    } while (Parser->Token.Kind == TokenLine);
    Node = Make(NodeGroup, ParseSequence(Parser), NULL);
    Parser->OneLine = OneLine;
    if (Parser->Failed || Node->Left == NULL || Parser->Token.Kind != TokenClose) {
        return ParseFail(Parser);
    }
    Parser->Depth--;
    ParseNext(Parser);
    while (Parser->Token.Kind == TokenRedirect) {
        AddRedirect(Node, &Parser->Token);
        ParseNext(Parser);
    }
    return Node;
}

static void AddWord(PARSER *Parser, NODE *Node, TEXT *Arguments)
{
    LPWSTR Word = Parser->Token.Text;

    if (Node->Name == NULL) {
        while (*Word == L'@') {
            Node->Quiet = TRUE;
            Word++;
        }
        if (*Word != 0) {
            Node->Name = Word;
        }
    } else {
        TextAddString(Arguments, Word);
    }
}

/* "if", "for" and "rem" are not words among others; Node has what was in front of them. */
static BOOL ParseKeyword(PARSER *Parser, NODE **Node)
{
    LPCWSTR Word = Parser->Token.Text;

    while (*Word == L'@') {
        (*Node)->Quiet = TRUE;
        Word++;
    }
    if (_wcsicmp(Word, L"if") == 0) {
        *Node = ParseIf(Parser, *Node);
    } else if (_wcsicmp(Word, L"for") == 0) {
        *Node = ParseFor(Parser, *Node);
    } else if (_wcsicmp(Word, L"rem") == 0) {
        SIZE_T Length = wcslen(Parser->Lexer.Position);
        (*Node)->Name = CmdCopy(Word, 3);
        (*Node)->Arguments = CmdCopy(Parser->Lexer.Position, Length);
        Parser->Lexer.Position += Length;
        ParseNext(Parser);
    } else {
        return FALSE;
    }
    return TRUE;
}

static NODE *ParseCommand(PARSER *Parser)
{
    NODE *Node;
    TEXT Arguments = {0};

    if (Parser->Token.Kind == TokenOpen) {
        return ParseGroup(Parser);
    }
    if (Parser->Token.Kind != TokenWord && Parser->Token.Kind != TokenRedirect) {
        return ParseFail(Parser);
    }
    Node = Make(NodeCommand, NULL, NULL);
    TextAdd(&Arguments, L"", 0);
    for (;;) {
        Parser->Lexer.InCommand = Node->Name != NULL || Parser->Token.Kind == TokenWord;
        if (Parser->Token.Kind == TokenWord && Node->Name == NULL && ParseKeyword(Parser, &Node)) {
            Parser->Lexer.InCommand = FALSE;
            return Node;
        }
        if (Node->Name != NULL) {
            TextAddString(&Arguments, Parser->Token.Before);
        }
        if (Parser->Token.Kind == TokenWord) {
            AddWord(Parser, Node, &Arguments);
        } else if (Parser->Token.Kind == TokenRedirect) {
            AddRedirect(Node, &Parser->Token);
        } else if (Parser->Token.Kind == TokenClose && Parser->Depth == 0 && Node->Name != NULL) {
            TextAddString(&Arguments, Parser->Token.Text); /* no group is open: just a character */
        } else {
            break;
        }
        ParseNext(Parser);
    }
    Parser->Lexer.InCommand = FALSE;
    if (Parser->Token.Kind == TokenBad) {
        return ParseFail(Parser);
    }
    Node->Arguments = Arguments.Buffer;
    if (Node->Name == NULL) {
        Node->Name = CmdCopy(L"", 0);
    }
    return Node;
}

/* One level of a binary operator. */
static NODE *ParseBinary(PARSER *Parser, TOKEN_KIND Token, NODE_KIND Kind, NODE *(*Operand)(PARSER *Parser))
{
    NODE *Left = Operand(Parser);

    while (Left != NULL && Parser->Token.Kind == Token) {
        ParseNext(Parser);
        NODE *Right = Operand(Parser);
        if (Right == NULL) {
            return NULL;
        }
        Left = Make(Kind, Left, Right);
    }
    return Left;
}

static NODE *ParsePipe(PARSER *Parser)
{
    return ParseBinary(Parser, TokenPipe, NodePipe, ParseCommand);
}

static NODE *ParseAnd(PARSER *Parser)
{
    return ParseBinary(Parser, TokenAnd, NodeAnd, ParsePipe);
}

static NODE *ParseOr(PARSER *Parser)
{
    return ParseBinary(Parser, TokenOr, NodeOr, ParseAnd);
}

static NODE *ParseSequence(PARSER *Parser)
{
    NODE *Left = ParseOr(Parser);

    while (Left != NULL && (Parser->Token.Kind == TokenSequence || (Parser->Token.Kind == TokenLine && !Parser->OneLine))) {
        TOKEN_KIND Separator = Parser->Token.Kind;
        do {
            ParseNext(Parser);
        } while (Parser->Token.Kind == TokenLine && Separator == TokenLine);
        if (Parser->Token.Kind == TokenEnd || Parser->Token.Kind == TokenClose) {
            break;
        }
        if (Parser->Token.Kind == TokenLine) {
            continue;
        }
        NODE *Right = ParseOr(Parser);
        if (Right == NULL) {
            return NULL;
        }
        Left = Make(NodeSequence, Left, Right);
    }
    return Left;
}

/* "else" ends a body only where a command ended before it: behind a group. */
NODE *ParseBody(PARSER *Parser)
{
    BOOL OneLine = Parser->OneLine;

    Parser->OneLine = TRUE;
    Parser->Lexer.InCommand = FALSE;
    ParseNext(Parser);
    NODE *Body = ParseSequence(Parser);
    Parser->OneLine = OneLine;
    return Body;
}

NODE *ParseLine(LPCWSTR Line, BOOL More, BOOL *Empty)
{
    PARSER Parser = {.Lexer = {.Position = LexBlanks(Line)}, .More = More};
    BOOL Quiet = FALSE;

    *Empty = FALSE;
    while (*Parser.Lexer.Position == L'@') {
        Quiet = TRUE;
        Parser.Lexer.Position = LexBlanks(Parser.Lexer.Position + 1);
    }
    if (*Parser.Lexer.Position == 0 || *Parser.Lexer.Position == L':') {
        *Empty = TRUE; /* nothing, or a label */
        return NULL;
    }
    ParseNext(&Parser);
    NODE *Node = ParseSequence(&Parser);
    if (Node != NULL && Parser.Token.Kind != TokenEnd) {
        return ParseFail(&Parser);
    }
    if (Node != NULL) {
        Node->Quiet |= Quiet;
    }
    return Parser.Failed ? NULL : Node;
}

/* ---- and back ------------------------------------------------------------------------------------------------------------------- */

/* A '^' in front of what would be an operator, outside of quotes. */
static void AddPart(TEXT *Text, LPCWSTR Part, BOOL Escape)
{
    BOOL Quoted = FALSE;

    for (Part = ExpandNow(Part); *Part != 0; Part++) {
        if (*Part == L'"') {
            Quoted = !Quoted;
        } else if (Escape && !Quoted && wcschr(L"&|<>^()", *Part) != NULL) {
            TextAddCharacter(Text, L'^');
        }
        TextAddCharacter(Text, *Part);
    }
}

static void AddNode(TEXT *Text, const NODE *Node, BOOL Escape);

static void AddIf(TEXT *Text, const NODE *Node, BOOL Escape)
{
    static const LPCWSTR Words[] = {[IfExist] = L"exist", [IfDefined] = L"defined", [IfErrorLevel] = L"errorlevel",
                                    [IfVersion] = L"cmdextversion", [IfEqual] = L"==", [IfEqu] = L"EQU", [IfNeq] = L"NEQ", [IfLss] = L"LSS",
                                    [IfLeq] = L"LEQ", [IfGtr] = L"GTR", [IfGeq] = L"GEQ"};

    TextAddString(Text, Node->IgnoreCase ? L"if /I " : L"if ");
    TextAddString(Text, Node->Not ? L"not " : L"");
    if (Node->Condition >= IfEqual) {
        AddPart(Text, Node->Name, Escape);
        TextAddString(Text, L" ");
    }
    TextAddString(Text, Words[Node->Condition]);
    TextAddString(Text, L" ");
    AddPart(Text, Node->Arguments, Escape);
    TextAddString(Text, L" ");
    AddNode(Text, Node->Left, Escape);
    if (Node->Right != NULL) {
        TextAddString(Text, L" else ");
        AddNode(Text, Node->Right, Escape);
    }
}

static void AddFor(TEXT *Text, const NODE *Node, BOOL Escape)
{
    static const LPCWSTR Words[] = {[ForItems] = L"for", [ForDirectories] = L"for /D", [ForRecursive] = L"for /R", [ForCount] = L"for /L",
                                    [ForFile] = L"for /F"};
    WCHAR Variable[] = {L' ', L'%', Node->Variable, 0};

    TextAddString(Text, Words[Node->Loop]);
    if (Node->Arguments[0] != 0) {
        TextAddString(Text, L" ");
        AddPart(Text, Node->Arguments, Escape);
    }
    TextAddString(Text, Variable);
    TextAddString(Text, L" in (");
    AddPart(Text, Node->Name, FALSE);
    TextAddString(Text, L") do ");
    AddNode(Text, Node->Left, Escape);
}

static void AddRedirects(TEXT *Text, const REDIRECT *Redirect, BOOL Escape)
{
    for (; Redirect != NULL; Redirect = Redirect->Next) {
        TextAddCharacter(Text, (WCHAR)(L'0' + Redirect->Handle));
        TextAddString(Text, Redirect->Input ? L"<" : Redirect->Append ? L">>" : L">");
        if (Redirect->ToHandle >= 0) {
            TextAddCharacter(Text, L'&');
            TextAddCharacter(Text, (WCHAR)(L'0' + Redirect->ToHandle));
        } else {
            AddPart(Text, Redirect->File, Escape);
        }
        TextAddCharacter(Text, L' ');
    }
}

static void AddNode(TEXT *Text, const NODE *Node, BOOL Escape)
{
    static const LPCWSTR Operators[] = {[NodePipe] = L"|", [NodeAnd] = L"&&", [NodeOr] = L"||", [NodeSequence] = L"&"};

    switch (Node->Kind) {
    case NodeCommand:
        AddRedirects(Text, Node->Redirects, Escape); /* in front: a blank behind a command's words would be one more of its arguments */
        TextAddString(Text, Node->Quiet ? L"@" : L"");
        AddPart(Text, Node->Name, Escape);
        AddPart(Text, Node->Arguments, Escape);
        break;
    case NodeGroup:
        TextAddString(Text, L"(");
        AddNode(Text, Node->Left, Escape);
        TextAddString(Text, L")");
        break;
    case NodeIf:
        AddIf(Text, Node, Escape);
        break;
    case NodeFor:
        AddFor(Text, Node, Escape);
        break;
    default:
        AddNode(Text, Node->Left, Escape);
        TextAddString(Text, Operators[Node->Kind]);
        AddNode(Text, Node->Right, Escape);
        break;
    }
    if (Node->Kind != NodeCommand) {
        AddRedirects(Text, Node->Redirects, Escape);
    }
}

LPWSTR NodeText(const NODE *Node, BOOL Escape)
{
    TEXT Text = {0};

    AddNode(&Text, Node, Escape);
    return Text.Buffer;
}
