/* SPDX-License-Identifier: MIT */
/*
 * rbtree.c - red-black trees of embedded RTL_BALANCED_NODEs: VADs, and whatever needs an ordered set without allocation.
 *
 * The caller finds the place (it knows the keys), the tree keeps the balance.  Rules: the root is black; a red node's children are black;
 * every path from a node to a missing child passes the same number of black nodes.  The colour is bit 0 of the parent pointer.
 * Insertion and removal are the textbook's (Cormen et al., Introduction to Algorithms, chapter 13) with children indexed by side, so that
 * each mirrored pair of cases is one.  Min is maintained so that the first element is found at once.
 */
#include "rtlp.h"

typedef PRTL_BALANCED_NODE NODE;

enum { LeftSide = 0, RightSide = 1 };

static NODE ParentOf(const RTL_BALANCED_NODE *Node)
{
    return RTL_BALANCED_NODE_GET_PARENT_POINTER(Node);
}

static void SetParent(NODE Node, NODE Parent)
{
    Node->ParentValue = (ULONG_PTR)Parent | (Node->ParentValue & RTL_BALANCED_NODE_RESERVED_PARENT_MASK);
}

static BOOLEAN IsRed(const RTL_BALANCED_NODE *Node)
{
    return Node != NULL && Node->Red;
}

static unsigned SideOf(const RTL_BALANCED_NODE *Node, const RTL_BALANCED_NODE *Parent)
{
    return Parent->Children[RightSide] == Node;
}

/* Puts New where Old hangs (New may be NULL). */
static void Replace(PRTL_RB_TREE Tree, NODE Old, NODE New)
{
    NODE Parent = ParentOf(Old);

    if (Parent == NULL)
        Tree->Root = New;
    else
        Parent->Children[SideOf(Old, Parent)] = New;
    if (New != NULL)
        SetParent(New, Parent);
}

/* Node goes down to Side; its child on the other side takes its place. */
static void Rotate(PRTL_RB_TREE Tree, NODE Node, unsigned Side)
{
    NODE Up = Node->Children[!Side];

    Replace(Tree, Node, Up);
    Node->Children[!Side] = Up->Children[Side];
    if (Up->Children[Side] != NULL)
        SetParent(Up->Children[Side], Node);
    Up->Children[Side] = Node;
    SetParent(Node, Up);
}

PRTL_BALANCED_NODE RtlRbNextNode(PRTL_BALANCED_NODE Node)
{
    if (Node->Right != NULL) {
        for (Node = Node->Right; Node->Left != NULL; Node = Node->Left) {
        }
        return Node;
    }
    NODE Parent = ParentOf(Node);
    while (Parent != NULL && Parent->Right == Node) {
        Node = Parent;
        Parent = ParentOf(Node);
    }
    return Parent;
}

PRTL_BALANCED_NODE RtlRbPreviousNode(PRTL_BALANCED_NODE Node)
{
    if (Node->Left != NULL) {
        for (Node = Node->Left; Node->Right != NULL; Node = Node->Right) {
        }
        return Node;
    }
    NODE Parent = ParentOf(Node);
    while (Parent != NULL && Parent->Left == Node) {
        Node = Parent;
        Parent = ParentOf(Node);
    }
    return Parent;
}

void NTAPI RtlRbInsertNodeEx(PRTL_RB_TREE Tree, PRTL_BALANCED_NODE Parent, BOOLEAN Right, PRTL_BALANCED_NODE Node)
{
    Node->Left = Node->Right = NULL;
    Node->ParentValue = (ULONG_PTR)Parent;
    Node->Red = 1;
    if (Parent == NULL) {
        ASSERT(Tree->Root == NULL);
        Tree->Root = Tree->Min = Node;
    } else {
        ASSERT(Parent->Children[Right != 0] == NULL);
        Parent->Children[Right != 0] = Node;
        if (Parent == Tree->Min && !Right)
            Tree->Min = Node;
    }

    /* Only one rule can be broken: Node and its parent both red.  Then the grandparent exists and is black. */
    while (IsRed(Parent = ParentOf(Node))) {
        NODE Grand = ParentOf(Parent);
        unsigned Side = SideOf(Parent, Grand);
        NODE Uncle = Grand->Children[!Side];
        if (IsRed(Uncle)) {
            Parent->Red = Uncle->Red = 0;
            Grand->Red = 1;
            Node = Grand;
            continue;
        }
        if (SideOf(Node, Parent) != Side) {
            Rotate(Tree, Parent, Side);
            Parent = Node;
        }
        Parent->Red = 0;
        Grand->Red = 1;
        Rotate(Tree, Grand, !Side);
        break;
    }
    Tree->Root->Red = 0;
}

/* The subtree on Side of Parent lacks one black node. */
static void RepairAfterRemoval(PRTL_RB_TREE Tree, NODE Parent, unsigned Side)
{
    while (Parent != NULL) {
        NODE Node = Parent->Children[Side], Sibling = Parent->Children[!Side];
        if (IsRed(Node)) {
            Node->Red = 0;
            return;
        }
        if (IsRed(Sibling)) {
            Sibling->Red = 0;
            Parent->Red = 1;
            Rotate(Tree, Parent, Side);
            Sibling = Parent->Children[!Side];
        }
        if (IsRed(Sibling->Left) || IsRed(Sibling->Right)) {
            if (!IsRed(Sibling->Children[!Side])) {
                Sibling->Children[Side]->Red = 0;
                Sibling->Red = 1;
                Rotate(Tree, Sibling, !Side);
                Sibling = Parent->Children[!Side];
            }
            Sibling->Red = Parent->Red;
            Parent->Red = 0;
            Sibling->Children[!Side]->Red = 0;
            Rotate(Tree, Parent, Side);
            return;
        }
        Sibling->Red = 1;
        if (IsRed(Parent)) {
            Parent->Red = 0;
            return;
        }
        NODE Above = ParentOf(Parent);
        if (Above != NULL)
            Side = SideOf(Parent, Above);
        Parent = Above;
    }
}

void NTAPI RtlRbRemoveNode(PRTL_RB_TREE Tree, PRTL_BALANCED_NODE Node)
{
    if (Tree->Min == Node)
        Tree->Min = RtlRbNextNode(Node);

    NODE Hole = ParentOf(Node), Child;
    unsigned Side = Hole != NULL ? SideOf(Node, Hole) : LeftSide;
    BOOLEAN LostRed = Node->Red;

    if (Node->Left == NULL || Node->Right == NULL) {
        Child = Node->Left != NULL ? Node->Left : Node->Right;
        Replace(Tree, Node, Child);
    } else {
        /* The successor has no left child; it leaves its place and takes Node's, colour included. */
        NODE Heir = RtlRbNextNode(Node);
        LostRed = Heir->Red;
        Child = Heir->Right;
        Hole = ParentOf(Heir);
        if (Hole == Node) {
            Hole = Heir;
            Side = RightSide;
        } else {
            Side = LeftSide;
            Replace(Tree, Heir, Child);
            Heir->Right = Node->Right;
            SetParent(Heir->Right, Heir);
        }
        Replace(Tree, Node, Heir);
        Heir->Left = Node->Left;
        SetParent(Heir->Left, Heir);
        Heir->Red = Node->Red;
    }
    if (!LostRed) {
        if (Hole == NULL && Child != NULL)
            Child->Red = 0;
        else
            RepairAfterRemoval(Tree, Hole, Side);
    }
}

/* Black height of a subtree, -1 if a rule is broken in it. */
static LONG BlackHeight(const RTL_BALANCED_NODE *Node, const RTL_BALANCED_NODE *Parent)
{
    if (Node == NULL)
        return 1;
    if (ParentOf(Node) != Parent || (Node->Red && IsRed(Parent)))
        return -1;
    LONG Left = BlackHeight(Node->Left, Node), Right = BlackHeight(Node->Right, Node);
    return Left < 0 || Left != Right ? -1 : Left + !Node->Red;
}

BOOLEAN RtlRbCheckTree(const RTL_RB_TREE *Tree)
{
    NODE First = Tree->Root;

    while (First != NULL && First->Left != NULL)
        First = First->Left;
    return Tree->Min == First && !IsRed(Tree->Root) && BlackHeight(Tree->Root, NULL) > 0;
}
