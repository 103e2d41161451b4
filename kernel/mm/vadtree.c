/* SPDX-License-Identifier: MIT */
/*
 * vadtree.c - disjoint page ranges in a balanced tree that can find holes (see vadtree.h).
 *
 * Windows keeps its VADs in an AVL tree and walks it in order for a hole (Windows Internals, 7th ed., part 1, chapter 5 "Virtual address
 * descriptors"); a process with fifty thousand mappings pays for that.  Here each node carries the widest hole of its subtree, so a
 * subtree without a fitting hole is skipped.  Summaries are refreshed on the way up from every change, where balance is looked at anyway, as far as they
 * change.
 */
#include "vadtree.h"

static int32_t HeightOf(const MI_VAD_NODE *Node)
{
    return Node != NULL ? Node->Height : 0;
}

static uint64_t AlignUp(uint64_t Vpn)
{
    return (Vpn + MI_TREE_ALIGN - 1) & ~(uint64_t)(MI_TREE_ALIGN - 1);
}

/* Usable pages between a range that ends before Free and one that starts at Next. */
static uint64_t Hole(uint64_t Free, uint64_t Next)
{
    uint64_t Start = AlignUp(Free);

    return Start < Next ? Next - Start : 0;
}

static uint64_t Max(uint64_t A, uint64_t B)
{
    return A > B ? A : B;
}

static void Summarise(MI_VAD_NODE *Node)
{
    MI_VAD_NODE *Left = Node->Left, *Right = Node->Right;
    int32_t LeftHeight = HeightOf(Left), RightHeight = HeightOf(Right);

    Node->Height = 1 + (LeftHeight > RightHeight ? LeftHeight : RightHeight);
    Node->First = Left != NULL ? Left->First : Node->StartVpn;
    Node->Last = Right != NULL ? Right->Last : Node->EndVpn;
    Node->MaxHole = 0;
    if (Left != NULL)
        Node->MaxHole = Max(Left->MaxHole, Hole(Left->Last + 1, Node->StartVpn));
    if (Right != NULL)
        Node->MaxHole = Max(Node->MaxHole, Max(Right->MaxHole, Hole(Node->EndVpn + 1, Right->First)));
}

/* Puts New where Old hung. */
static void Replace(MI_VAD_NODE **Root, MI_VAD_NODE *Old, MI_VAD_NODE *New)
{
    MI_VAD_NODE *Parent = Old->Parent;

    if (Parent == NULL)
        *Root = New;
    else if (Parent->Left == Old)
        Parent->Left = New;
    else
        Parent->Right = New;
    if (New != NULL)
        New->Parent = Parent;
}

static MI_VAD_NODE *RotateLeft(MI_VAD_NODE **Root, MI_VAD_NODE *Node)
{
    MI_VAD_NODE *Up = Node->Right;

    Replace(Root, Node, Up);
    Node->Right = Up->Left;
    if (Node->Right != NULL)
        Node->Right->Parent = Node;
    Up->Left = Node;
    Node->Parent = Up;
    Summarise(Node);
    Summarise(Up);
    return Up;
}

static MI_VAD_NODE *RotateRight(MI_VAD_NODE **Root, MI_VAD_NODE *Node)
{
    MI_VAD_NODE *Up = Node->Left;

    Replace(Root, Node, Up);
    Node->Left = Up->Right;
    if (Node->Left != NULL)
        Node->Left->Parent = Node;
    Up->Right = Node;
    Node->Parent = Up;
    Summarise(Node);
    Summarise(Up);
    return Up;
}

static MI_VAD_NODE *Balance(MI_VAD_NODE **Root, MI_VAD_NODE *Node)
{
    int32_t Lean = HeightOf(Node->Left) - HeightOf(Node->Right);

    if (Lean > 1) {
        if (HeightOf(Node->Left->Left) < HeightOf(Node->Left->Right))
            RotateLeft(Root, Node->Left);
        return RotateRight(Root, Node);
    }
    if (Lean < -1) {
        if (HeightOf(Node->Right->Right) < HeightOf(Node->Right->Left))
            RotateRight(Root, Node->Right);
        return RotateLeft(Root, Node);
    }
    Summarise(Node);
    return Node;
}

/* What those above know of a subtree. */
static int SameSummary(const MI_VAD_NODE *Node, const MI_VAD_NODE *Before)
{
    return Node->Height == Before->Height && Node->First == Before->First && Node->Last == Before->Last && Node->MaxHole == Before->MaxHole;
}

/* From Node up, which is Must or below it: to the first above Must (NULL: above Node) for which nothing changed. */
static void Rise(MI_VAD_NODE **Root, MI_VAD_NODE *Node, const MI_VAD_NODE *Must)
{
    while (Node != NULL) {
        MI_VAD_NODE Before = *Node, *Top = Balance(Root, Node);

        if (Node == Must)
            Must = NULL;
        if (Must == NULL && SameSummary(Top, &Before))
            return;
        Node = Top->Parent;
    }
}

void MiTreeInsert(MI_VAD_NODE **Root, MI_VAD_NODE *Node)
{
    MI_VAD_NODE **Link = Root, *Parent = NULL;

    while (*Link != NULL) {
        Parent = *Link;
        Link = Node->StartVpn < Parent->StartVpn ? &Parent->Left : &Parent->Right;
    }
    Node->Left = Node->Right = NULL;
    Node->Parent = Parent;
    *Link = Node;
    Summarise(Node);
    Rise(Root, Parent, NULL);
}

void MiTreeRemove(MI_VAD_NODE **Root, MI_VAD_NODE *Node)
{
    MI_VAD_NODE *From, *Must = NULL;

    if (Node->Left != NULL && Node->Right != NULL) {
        /* The successor takes Node's place. */
        MI_VAD_NODE *Heir = MiTreeFirst(Node->Right);
        From = Heir->Parent == Node ? Heir : Heir->Parent;
        if (Heir->Parent != Node) {
            Replace(Root, Heir, Heir->Right);
            Heir->Right = Node->Right;
            Heir->Right->Parent = Heir;
        }
        Heir->Left = Node->Left;
        Heir->Left->Parent = Heir;
        Heir->Height = Node->Height; /* what those above know of this place */
        Heir->First = Node->First;
        Heir->Last = Node->Last;
        Heir->MaxHole = Node->MaxHole;
        Replace(Root, Node, Heir);
        Must = Heir;
    } else {
        From = Node->Parent;
        Replace(Root, Node, Node->Left != NULL ? Node->Left : Node->Right);
    }
    Rise(Root, From, Must);
}

void MiTreeResized(MI_VAD_NODE *Node)
{
    for (; Node != NULL; Node = Node->Parent)
        Summarise(Node);
}

MI_VAD_NODE *MiTreeFind(MI_VAD_NODE *Root, uint64_t Vpn)
{
    while (Root != NULL) {
        if (Vpn < Root->StartVpn)
            Root = Root->Left;
        else if (Vpn > Root->EndVpn)
            Root = Root->Right;
        else
            return Root;
    }
    return NULL;
}

MI_VAD_NODE *MiTreeFindOverlap(MI_VAD_NODE *Root, uint64_t Start, uint64_t End)
{
    MI_VAD_NODE *Best = NULL;

    while (Root != NULL) {
        if (Root->EndVpn < Start) {
            Root = Root->Right;
        } else {
            if (Root->StartVpn <= End)
                Best = Root;
            Root = Root->Left;
        }
    }
    return Best;
}

MI_VAD_NODE *MiTreeFirst(MI_VAD_NODE *Root)
{
    while (Root != NULL && Root->Left != NULL)
        Root = Root->Left;
    return Root;
}

MI_VAD_NODE *MiTreeNext(MI_VAD_NODE *Node)
{
    if (Node->Right != NULL)
        return MiTreeFirst(Node->Right);
    while (Node->Parent != NULL && Node->Parent->Right == Node)
        Node = Node->Parent;
    return Node->Parent;
}

MI_VAD_NODE *MiTreePrevious(MI_VAD_NODE *Node)
{
    if (Node->Left != NULL) {
        for (Node = Node->Left; Node->Right != NULL; Node = Node->Right)
            ;
        return Node;
    }
    while (Node->Parent != NULL && Node->Parent->Left == Node)
        Node = Node->Parent;
    return Node->Parent;
}

/* A search for a hole.  Free..Next - 1 below: the space that the subtree under inspection and the holes at its sides cover. */
typedef struct _SEARCH
{
    uint64_t Low, High, Pages, Align;
    int Down;
} SEARCH;

static uint64_t FitHole(const SEARCH *Search, uint64_t Free, uint64_t Next)
{
    uint64_t Start = (Max(Free, Search->Low) + Search->Align - 1) & ~(Search->Align - 1);
    uint64_t End = Next <= Search->High ? Next : Search->High + 1;

    if (Start >= End || End - Start < Search->Pages)
        return 0;
    return Search->Down ? (End - Search->Pages) & ~(Search->Align - 1) : Start;
}

static uint64_t Find(const SEARCH *Search, MI_VAD_NODE *Node, uint64_t Free, uint64_t Next)
{
    uint64_t Start;

    if (Next <= Search->Low || Free > Search->High)
        return 0;
    if (Node == NULL)
        return FitHole(Search, Free, Next);
    if (Node->MaxHole < Search->Pages && Hole(Free, Node->First) < Search->Pages && Hole(Node->Last + 1, Next) < Search->Pages)
        return 0;
    if (Search->Down) {
        Start = Find(Search, Node->Right, Node->EndVpn + 1, Next);
        return Start != 0 ? Start : Find(Search, Node->Left, Free, Node->StartVpn);
    }
    Start = Find(Search, Node->Left, Free, Node->StartVpn);
    return Start != 0 ? Start : Find(Search, Node->Right, Node->EndVpn + 1, Next);
}

uint64_t MiTreeFindHoleAligned(MI_VAD_NODE *Root, uint64_t Low, uint64_t High, uint64_t Pages, uint64_t Align, int Down)
{
    SEARCH Search = { Low, High, Pages, Align, Down };

    return Find(&Search, Root, Low, High + 1);
}

uint64_t MiTreeFindHoleUp(MI_VAD_NODE *Root, uint64_t Low, uint64_t High, uint64_t Pages)
{
    return MiTreeFindHoleAligned(Root, Low, High, Pages, MI_TREE_ALIGN, 0);
}

uint64_t MiTreeFindHoleDown(MI_VAD_NODE *Root, uint64_t Low, uint64_t High, uint64_t Pages)
{
    return MiTreeFindHoleAligned(Root, Low, High, Pages, MI_TREE_ALIGN, 1);
}

static int CheckNode(MI_VAD_NODE *Node, MI_VAD_NODE *Parent)
{
    if (Node == NULL)
        return 1;
    MI_VAD_NODE Copy = *Node;
    Summarise(&Copy);
    int32_t Lean = HeightOf(Node->Left) - HeightOf(Node->Right);
    return Node->Parent == Parent && Node->StartVpn <= Node->EndVpn && Lean >= -1 && Lean <= 1 &&
           Copy.Height == Node->Height && Copy.First == Node->First && Copy.Last == Node->Last &&
           Copy.MaxHole == Node->MaxHole && (Node->Left == NULL || Node->Left->Last < Node->StartVpn) &&
           (Node->Right == NULL || Node->Right->First > Node->EndVpn) && CheckNode(Node->Left, Node) &&
           CheckNode(Node->Right, Node);
}

int MiTreeCheck(MI_VAD_NODE *Root)
{
    return CheckNode(Root, NULL);
}
