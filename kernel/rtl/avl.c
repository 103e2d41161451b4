/* SPDX-License-Identifier: MIT */
/*
 * avl.c - RTL_AVL_TABLE: NT's generic ordered table.  The table allocates a node header (RTL_BALANCED_LINKS) in front of each element through
 * the owner's routine and copies the element behind it.
 *
 * BalancedRoot is a sentinel whose *right* child is the root, so that every real node has a parent.  Balance is height(right) - height(left).
 * RTL_GENERIC_TABLE (splay trees) is not provided: define RTL_USE_AVL_TABLES, as Microsoft advises.
 */
#include "rtlp.h"

typedef PRTL_BALANCED_LINKS LINKS;

#define ELEMENT(links) ((PVOID)((links) + 1))
#define LINKS_OF(element) ((LINKS)(element) - 1)

static LINKS RootOf(const RTL_AVL_TABLE *Table)
{
    return Table->BalancedRoot.RightChild;
}

static LINKS *ChildSlot(LINKS Parent, LINKS Child)
{
    return Parent->LeftChild == Child ? &Parent->LeftChild : &Parent->RightChild;
}

static LINKS Leftmost(LINKS Node)
{
    while (Node != NULL && Node->LeftChild != NULL)
        Node = Node->LeftChild;
    return Node;
}

static LINKS Successor(PRTL_AVL_TABLE Table, LINKS Node)
{
    if (Node->RightChild != NULL)
        return Leftmost(Node->RightChild);
    while (Node->Parent != &Table->BalancedRoot && Node->Parent->RightChild == Node)
        Node = Node->Parent;
    return Node->Parent == &Table->BalancedRoot ? NULL : Node->Parent;
}

static LINKS Predecessor(PRTL_AVL_TABLE Table, LINKS Node)
{
    if (Node->LeftChild != NULL) {
        for (Node = Node->LeftChild; Node->RightChild != NULL; Node = Node->RightChild) {
        }
        return Node;
    }
    while (Node->Parent != &Table->BalancedRoot && Node->Parent->LeftChild == Node)
        Node = Node->Parent;
    return Node->Parent == &Table->BalancedRoot ? NULL : Node->Parent;
}

/* Node's right (ToLeft) or left child takes its place; Node becomes that child's other child.  Balances are the caller's. */
static LINKS Rotate(LINKS Node, BOOLEAN ToLeft)
{
    LINKS Up = ToLeft ? Node->RightChild : Node->LeftChild;
    LINKS Middle = ToLeft ? Up->LeftChild : Up->RightChild;

    *ChildSlot(Node->Parent, Node) = Up;
    Up->Parent = Node->Parent;
    Node->Parent = Up;
    if (ToLeft) {
        Up->LeftChild = Node;
        Node->RightChild = Middle;
    } else {
        Up->RightChild = Node;
        Node->LeftChild = Middle;
    }
    if (Middle != NULL)
        Middle->Parent = Node;
    return Up;
}

/* Node leans by two towards Direction (+1 right, -1 left).  Returns the new top; its height shrank unless *SameHeight. */
static LINKS Rebalance(LINKS Node, CHAR Direction, BOOLEAN *SameHeight)
{
    LINKS Child = Direction > 0 ? Node->RightChild : Node->LeftChild;

    *SameHeight = FALSE;
    if (Child->Balance != -Direction) {
        LINKS Top = Rotate(Node, Direction > 0);
        *SameHeight = Top->Balance == 0;
        Node->Balance = *SameHeight ? Direction : 0;
        Top->Balance = *SameHeight ? (CHAR)-Direction : 0;
        return Top;
    }
    LINKS Top = Rotate(Child, Direction < 0);
    Rotate(Node, Direction > 0);
    Node->Balance = Top->Balance == Direction ? (CHAR)-Direction : 0;
    Child->Balance = Top->Balance == -Direction ? Direction : 0;
    Top->Balance = 0;
    return Top;
}

static TABLE_SEARCH_RESULT Search(PRTL_AVL_TABLE Table, PVOID Buffer, LINKS *Found)
{
    LINKS Node = RootOf(Table);

    *Found = NULL;
    if (Node == NULL)
        return TableEmptyTree;
    for (;;) {
        RTL_GENERIC_COMPARE_RESULTS Order = Table->CompareRoutine(Table, Buffer, ELEMENT(Node));
        LINKS Next = Order == GenericLessThan ? Node->LeftChild : Node->RightChild;
        *Found = Node;
        if (Order == GenericEqual)
            return TableFoundNode;
        if (Next == NULL)
            return Order == GenericLessThan ? TableInsertAsLeft : TableInsertAsRight;
        Node = Next;
    }
}

VOID NTAPI RtlInitializeGenericTableAvl(PRTL_AVL_TABLE Table, PRTL_AVL_COMPARE_ROUTINE Compare, PRTL_AVL_ALLOCATE_ROUTINE Allocate,
                                        PRTL_AVL_FREE_ROUTINE Free, PVOID Context)
{
    memset(Table, 0, sizeof *Table);
    Table->BalancedRoot.Parent = &Table->BalancedRoot;
    Table->CompareRoutine = Compare;
    Table->AllocateRoutine = Allocate;
    Table->FreeRoutine = Free;
    Table->TableContext = Context;
}

/* The subtree under Node grew by one on the side Node hangs at. */
static void Grown(PRTL_AVL_TABLE Table, LINKS Node)
{
    BOOLEAN SameHeight;

    for (LINKS Parent = Node->Parent; Parent != &Table->BalancedRoot; Node = Parent, Parent = Node->Parent) {
        CHAR Direction = Parent->RightChild == Node ? 1 : -1;
        if (Parent->Balance == Direction) {
            Rebalance(Parent, Direction, &SameHeight);
            return;
        }
        Parent->Balance = (CHAR)(Parent->Balance + Direction);
        if (Parent->Balance == 0)
            return;
    }
    Table->DepthOfTree++;
}

PVOID NTAPI RtlInsertElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, CLONG BufferSize, PBOOLEAN NewElement,
                                                PVOID NodeOrParent, TABLE_SEARCH_RESULT SearchResult)
{
    LINKS Parent = NodeOrParent, Node;

    if (SearchResult == TableFoundNode) {
        if (NewElement != NULL)
            *NewElement = FALSE;
        return ELEMENT(Parent);
    }
    Node = Table->AllocateRoutine(Table, BufferSize + (CLONG)sizeof(RTL_BALANCED_LINKS));
    if (NewElement != NULL)
        *NewElement = Node != NULL;
    if (Node == NULL)
        return NULL;
    memset(Node, 0, sizeof *Node);
    memcpy(ELEMENT(Node), Buffer, BufferSize);

    Table->OrderedPointer = NULL;
    Table->WhichOrderedElement = 0;
    Table->NumberGenericTableElements++;
    if (SearchResult == TableEmptyTree)
        Parent = &Table->BalancedRoot;
    Node->Parent = Parent;
    if (SearchResult == TableInsertAsLeft)
        Parent->LeftChild = Node;
    else
        Parent->RightChild = Node;
    Grown(Table, Node);
    return ELEMENT(Node);
}

PVOID NTAPI RtlInsertElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, CLONG BufferSize, PBOOLEAN NewElement)
{
    LINKS Node;
    TABLE_SEARCH_RESULT Result = Search(Table, Buffer, &Node);

    return RtlInsertElementGenericTableFullAvl(Table, Buffer, BufferSize, NewElement, Node, Result);
}

/* The subtree at Slot side (Direction) of Parent shrank by one. */
static void Shrunk(PRTL_AVL_TABLE Table, LINKS Parent, CHAR Direction)
{
    BOOLEAN SameHeight;

    while (Parent != &Table->BalancedRoot) {
        LINKS Top = Parent;
        if (Parent->Balance == 0) {
            Parent->Balance = (CHAR)-Direction;
            return;
        }
        if (Parent->Balance == Direction) {
            Parent->Balance = 0;
        } else {
            Top = Rebalance(Parent, (CHAR)-Direction, &SameHeight);
            if (SameHeight)
                return;
        }
        Parent = Top->Parent;
        Direction = Parent->RightChild == Top ? 1 : -1;
    }
    Table->DepthOfTree--;
}

/* Takes Node (with at most one child) out of the tree. */
static void Unlink(PRTL_AVL_TABLE Table, LINKS Node)
{
    LINKS Parent = Node->Parent, Child = Node->LeftChild != NULL ? Node->LeftChild : Node->RightChild;
    CHAR Direction = Parent->RightChild == Node ? 1 : -1;

    *ChildSlot(Parent, Node) = Child;
    if (Child != NULL)
        Child->Parent = Parent;
    Shrunk(Table, Parent, Direction);
}

static void RemoveNode(PRTL_AVL_TABLE Table, LINKS Node)
{
    if (Node->LeftChild == NULL || Node->RightChild == NULL) {
        Unlink(Table, Node);
        return;
    }
    /* The neighbour on the higher side has at most one child: unlink that, then let it stand in for Node. */
    LINKS Heir = Node->Balance > 0 ? Successor(Table, Node) : Predecessor(Table, Node);
    Unlink(Table, Heir);
    *Heir = *Node;
    *ChildSlot(Node->Parent, Node) = Heir;
    if (Heir->LeftChild != NULL)
        Heir->LeftChild->Parent = Heir;
    if (Heir->RightChild != NULL)
        Heir->RightChild->Parent = Heir;
}

BOOLEAN NTAPI RtlDeleteElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer)
{
    LINKS Node;

    if (Search(Table, Buffer, &Node) != TableFoundNode)
        return FALSE;
    if (Table->RestartKey == Node)
        Table->RestartKey = Predecessor(Table, Node);
    Table->DeleteCount++;
    Table->NumberGenericTableElements--;
    Table->OrderedPointer = NULL;
    Table->WhichOrderedElement = 0;
    RemoveNode(Table, Node);
    Table->FreeRoutine(Table, Node);
    return TRUE;
}

PVOID NTAPI RtlLookupElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID *NodeOrParent, TABLE_SEARCH_RESULT *SearchResult)
{
    *SearchResult = Search(Table, Buffer, (LINKS *)NodeOrParent);
    return *SearchResult == TableFoundNode ? ELEMENT((LINKS)*NodeOrParent) : NULL;
}

PVOID NTAPI RtlLookupElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer)
{
    LINKS Node;

    return Search(Table, Buffer, &Node) == TableFoundNode ? ELEMENT(Node) : NULL;
}

PVOID NTAPI RtlLookupFirstMatchingElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID *RestartKey)
{
    LINKS Node, Before;

    *RestartKey = NULL;
    if (Search(Table, Buffer, &Node) != TableFoundNode)
        return NULL;
    while ((Before = Predecessor(Table, Node)) != NULL && Table->CompareRoutine(Table, Buffer, ELEMENT(Before)) == GenericEqual)
        Node = Before;
    *RestartKey = Node;
    return ELEMENT(Node);
}

PVOID NTAPI RtlEnumerateGenericTableWithoutSplayingAvl(PRTL_AVL_TABLE Table, PVOID *RestartKey)
{
    LINKS Node = *RestartKey == NULL ? Leftmost(RootOf(Table)) : Successor(Table, *RestartKey);

    if (Node == NULL)
        return NULL;
    *RestartKey = Node;
    return ELEMENT(Node);
}

PVOID NTAPI RtlEnumerateGenericTableAvl(PRTL_AVL_TABLE Table, BOOLEAN Restart)
{
    if (Restart)
        Table->RestartKey = NULL;
    return RtlEnumerateGenericTableWithoutSplayingAvl(Table, (PVOID *)&Table->RestartKey);
}

PVOID NTAPI RtlGetElementGenericTableAvl(PRTL_AVL_TABLE Table, ULONG Index)
{
    LINKS Node = Leftmost(RootOf(Table));

    if (Index >= Table->NumberGenericTableElements)
        return NULL;
    /* Walking by index again and again is what callers do: go on from where the last call was. */
    ULONG At = 0;
    if (Table->OrderedPointer != NULL && Table->WhichOrderedElement <= Index + 1) {
        Node = Table->OrderedPointer;
        At = Table->WhichOrderedElement - 1;
    }
    for (; At < Index; At++)
        Node = Successor(Table, Node);
    Table->OrderedPointer = Node;
    Table->WhichOrderedElement = Index + 1;
    return ELEMENT(Node);
}

ULONG NTAPI RtlNumberGenericTableElementsAvl(PRTL_AVL_TABLE Table)
{
    return Table->NumberGenericTableElements;
}

BOOLEAN NTAPI RtlIsGenericTableEmptyAvl(PRTL_AVL_TABLE Table)
{
    return Table->NumberGenericTableElements == 0;
}

/*
 * Enumeration that survives changes between calls: if an element was deleted since (DeleteCount), the walk goes on after the last returned
 * key by value, which the caller passes in Buffer.  NextFlag: skip the element that equals Buffer.
 */
PVOID NTAPI RtlEnumerateGenericTableLikeADirectory(PRTL_AVL_TABLE Table, PRTL_AVL_MATCH_FUNCTION Match, PVOID MatchData, ULONG NextFlag,
                                                   PVOID *RestartKey, PULONG DeleteCount, PVOID Buffer)
{
    LINKS Node = *RestartKey;

    if (Node == NULL || *DeleteCount != Table->DeleteCount) {
        switch (Search(Table, Buffer, &Node)) {
        case TableEmptyTree: return NULL;
        case TableFoundNode: Node = NextFlag ? Successor(Table, Node) : Node; break;
        case TableInsertAsRight: Node = Successor(Table, Node); break;
        case TableInsertAsLeft: break;
        }
    } else if (NextFlag) {
        Node = Successor(Table, Node);
    }
    for (; Node != NULL; Node = Successor(Table, Node)) {
        NTSTATUS Status = Match == NULL ? STATUS_SUCCESS : Match(Table, ELEMENT(Node), MatchData);
        if (Status == STATUS_NO_MORE_MATCHES)
            return NULL;
        if (Status == STATUS_SUCCESS) {
            *RestartKey = Node;
            *DeleteCount = Table->DeleteCount;
            return ELEMENT(Node);
        }
    }
    return NULL;
}
