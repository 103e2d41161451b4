/* SPDX-License-Identifier: MIT */
/*
 * parse.c - tokens into a tree.
 *
 *      line     := or-list { "&" [ or-list ] }
 *      or-list  := and-list { "||" and-list }
 *      and-list := pipe { "&&" pipe }
 *      pipe     := command { "|" command }
 *      command  := "(" line ")" { redirect }  |  { redirect } word { word | redirect }
 *
 * A parenthesis is one only where a command begins, and its partner only while a group is open; elsewhere they are text.  One token of
 * look-ahead.
 */
#include "cmd.h"

#define MAX_DEPTH 200

typedef struct _PARSER
{
    LEXER Lexer;
    TOKEN Token;
    int Depth; /* open groups */
    BOOL Failed;
} PARSER;

static NODE *ParseSequence(PARSER *Parser);

static void Next(PARSER *Parser)
{
    Parser->Token = NextToken(&Parser->Lexer);
}

static NODE *Fail(PARSER *Parser)
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
    NODE *Node;

    if (++Parser->Depth > MAX_DEPTH) {
        return Fail(Parser);
    }
    Next(Parser);
    Node = Make(NodeGroup, ParseSequence(Parser), NULL);
    if (Parser->Failed || Node->Left == NULL || Parser->Token.Kind != TokenClose) {
        return Fail(Parser);
    }
    Parser->Depth--;
    Next(Parser);
    while (Parser->Token.Kind == TokenRedirect) {
        AddRedirect(Node, &Parser->Token);
        Next(Parser);
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
        TextAddString(Arguments, Parser->Token.Before);
        TextAddString(Arguments, Word);
    }
}

static NODE *ParseCommand(PARSER *Parser)
{
    NODE *Node;
    TEXT Arguments = {0};

    if (Parser->Token.Kind == TokenOpen) {
        return ParseGroup(Parser);
    }
    if (Parser->Token.Kind != TokenWord && Parser->Token.Kind != TokenRedirect) {
        return Fail(Parser);
    }
    Node = Make(NodeCommand, NULL, NULL);
    TextAdd(&Arguments, L"", 0);
    for (;;) {
        Parser->Lexer.InCommand = Node->Name != NULL || Parser->Token.Kind == TokenWord;
        if (Parser->Token.Kind == TokenWord) {
            AddWord(Parser, Node, &Arguments);
        } else if (Parser->Token.Kind == TokenRedirect) {
            AddRedirect(Node, &Parser->Token);
        } else if (Parser->Token.Kind == TokenClose && Parser->Depth == 0 && Node->Name != NULL) {
            TextAddString(&Arguments, Parser->Token.Text); /* no group is open: just a character */
        } else {
            break;
        }
        Next(Parser);
    }
    Parser->Lexer.InCommand = FALSE;
    if (Parser->Token.Kind == TokenBad) {
        return Fail(Parser);
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
        Next(Parser);
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

    while (Left != NULL && Parser->Token.Kind == TokenSequence) {
        Next(Parser);
        if (Parser->Token.Kind == TokenEnd || Parser->Token.Kind == TokenClose) {
            break;
        }
        NODE *Right = ParseOr(Parser);
        if (Right == NULL) {
            return NULL;
        }
        Left = Make(NodeSequence, Left, Right);
    }
    return Left;
}

NODE *ParseLine(LPCWSTR Line, BOOL *Empty)
{
    PARSER Parser = {.Lexer = {.Position = Line}};

    *Empty = FALSE;
    Next(&Parser);
    if (Parser.Token.Kind == TokenEnd || (Parser.Token.Kind == TokenWord && Parser.Token.Text[0] == L':')) {
        *Empty = TRUE; /* nothing, or a label */
        return NULL;
    }
    NODE *Node = ParseSequence(&Parser);
    if (Node != NULL && Parser.Token.Kind != TokenEnd) {
        return Fail(&Parser);
    }
    return Parser.Failed ? NULL : Node;
}

/* ---- and back ------------------------------------------------------------------------------------------------------------------- */

/* A '^' in front of what would be an operator, outside of quotes. */
static void AddEscaped(TEXT *Text, LPCWSTR Part)
{
    BOOL Quoted = FALSE;

    for (; *Part != 0; Part++) {
        if (*Part == L'"') {
            Quoted = !Quoted;
        } else if (!Quoted && wcschr(L"&|<>^()", *Part) != NULL) {
            TextAddCharacter(Text, L'^');
        }
        TextAddCharacter(Text, *Part);
    }
}

static void AddNode(TEXT *Text, const NODE *Node)
{
    static const LPCWSTR Operators[] = {[NodePipe] = L"|", [NodeAnd] = L"&&", [NodeOr] = L"||", [NodeSequence] = L"&"};

    if (Node->Kind == NodeCommand) {
        AddEscaped(Text, Node->Name);
        AddEscaped(Text, Node->Arguments);
    } else if (Node->Kind == NodeGroup) {
        TextAddString(Text, L"(");
        AddNode(Text, Node->Left);
        TextAddString(Text, L")");
    } else {
        AddNode(Text, Node->Left);
        TextAddString(Text, Operators[Node->Kind]);
        AddNode(Text, Node->Right);
    }
    for (const REDIRECT *r = Node->Redirects; r != NULL; r = r->Next) {
        TextAddCharacter(Text, L' ');
        TextAddCharacter(Text, (WCHAR)(L'0' + r->Handle));
        TextAddString(Text, r->Input ? L"<" : r->Append ? L">>" : L">");
        if (r->ToHandle >= 0) {
            TextAddCharacter(Text, L'&');
            TextAddCharacter(Text, (WCHAR)(L'0' + r->ToHandle));
        } else {
            AddEscaped(Text, r->File);
        }
    }
}

LPWSTR NodeText(const NODE *Node)
{
    TEXT Text = {0};

    AddNode(&Text, Node);
    return Text.Buffer;
}
