/* SPDX-License-Identifier: MIT */
/*
 * test_tree.c - red-black trees, AVL tables and bitmaps against models simple enough to be right.
 */
#include "hosttest.h"

#define KEYS 300

typedef struct _ITEM {
    RTL_BALANCED_NODE Node;
    int Key;
} ITEM;

static ITEM Items[KEYS];
static BOOLEAN Inside[KEYS];

static void InsertRb(RTL_RB_TREE *Tree, ITEM *Item)
{
    PRTL_BALANCED_NODE Parent = NULL, Node = Tree->Root;
    BOOLEAN Right = FALSE;
    while (Node != NULL) {
        Parent = Node;
        Right = Item->Key > CONTAINING_RECORD(Node, ITEM, Node)->Key;
        Node = Node->Children[Right];
    }
    RtlRbInsertNodeEx(Tree, Parent, Right, &Item->Node);
}

static void CheckRb(const RTL_RB_TREE *Tree)
{
    PRTL_BALANCED_NODE Node = Tree->Min, Last = NULL;
    assert_true(RtlRbCheckTree(Tree));
    for (int Key = 0; Key < KEYS; Key++) {
        if (!Inside[Key])
            continue;
        assert_non_null(Node);
        assert_int_equal(CONTAINING_RECORD(Node, ITEM, Node)->Key, Key);
        assert_ptr_equal(RtlRbPreviousNode(Node), Last);
        Last = Node;
        Node = RtlRbNextNode(Node);
    }
    assert_null(Node);
}

static void test_red_black_tree_keeps_its_rules(void **State)
{
    (void)State;
    RTL_RB_TREE Tree = { NULL, NULL };
    uint64_t Seed = 3;
    for (int Key = 0; Key < KEYS; Key++)
        Items[Key].Key = Key;
    CheckRb(&Tree);
    for (int Round = 0; Round < 20000; Round++) {
        int Key = (int)(NextRandom(&Seed) % (Round < 10000 ? KEYS : 12));
        if (Inside[Key])
            RtlRbRemoveNode(&Tree, &Items[Key].Node);
        else
            InsertRb(&Tree, &Items[Key]);
        Inside[Key] = !Inside[Key];
        if (Round % 17 == 0 || Round > 19000)
            CheckRb(&Tree);
    }
    for (int Key = 0; Key < KEYS; Key++) {
        if (Inside[Key]) {
            RtlRbRemoveNode(&Tree, &Items[Key].Node);
            Inside[Key] = FALSE;
            CheckRb(&Tree);
        }
    }
    assert_null(Tree.Root);
}

static RTL_GENERIC_COMPARE_RESULTS CompareKeys(struct _RTL_AVL_TABLE *Table, PVOID Left, PVOID Right)
{
    (void)Table;
    int A = *(int *)Left, B = *(int *)Right;
    return A < B ? GenericLessThan : A > B ? GenericGreaterThan : GenericEqual;
}

static PVOID Allocate(struct _RTL_AVL_TABLE *Table, CLONG Size)
{
    (void)Table;
    return malloc(Size);
}

static void Free(struct _RTL_AVL_TABLE *Table, PVOID Block)
{
    (void)Table;
    free(Block);
}

/* Height of a subtree; checks order, links and balances. */
static int CheckAvlNode(const RTL_BALANCED_LINKS *Node, const RTL_BALANCED_LINKS *Parent)
{
    if (Node == NULL)
        return 0;
    assert_ptr_equal(Node->Parent, Parent);
    int Left = CheckAvlNode(Node->LeftChild, Node), Right = CheckAvlNode(Node->RightChild, Node);
    assert_int_equal(Right - Left, Node->Balance);
    assert_true(Node->Balance >= -1 && Node->Balance <= 1);
    return (Left > Right ? Left : Right) + 1;
}

static void CheckAvl(RTL_AVL_TABLE *Table)
{
    ULONG Count = 0;
    int Key = 0;
    assert_int_equal(CheckAvlNode(Table->BalancedRoot.RightChild, &Table->BalancedRoot), Table->DepthOfTree);
    for (int *Element = RtlEnumerateGenericTableAvl(Table, TRUE); Element != NULL; Element = RtlEnumerateGenericTableAvl(Table, FALSE)) {
        while (Key < KEYS && !Inside[Key])
            Key++;
        assert_int_equal(*Element, Key);
        assert_ptr_equal(RtlGetElementGenericTableAvl(Table, Count), Element);
        Key++;
        Count++;
    }
    assert_int_equal(Count, RtlNumberGenericTableElementsAvl(Table));
}

static void test_avl_table_stays_balanced(void **State)
{
    (void)State;
    RTL_AVL_TABLE Table;
    uint64_t Seed = 11;
    RtlInitializeGenericTableAvl(&Table, CompareKeys, Allocate, Free, NULL);
    for (int Round = 0; Round < 20000; Round++) {
        int Key = (int)(NextRandom(&Seed) % (Round < 10000 ? KEYS : 10));
        BOOLEAN New;
        if (NextRandom(&Seed) % 2) {
            assert_int_equal(*(int *)RtlInsertElementGenericTableAvl(&Table, &Key, sizeof Key, &New), Key);
            assert_int_equal(New, !Inside[Key]);
            Inside[Key] = TRUE;
        } else {
            assert_int_equal(RtlDeleteElementGenericTableAvl(&Table, &Key), Inside[Key]);
            Inside[Key] = FALSE;
        }
        assert_int_equal(RtlLookupElementGenericTableAvl(&Table, &Key) != NULL, Inside[Key]);
        if (Round % 23 == 0)
            CheckAvl(&Table);
    }
    for (int Key = 0; Key < KEYS; Key++) {
        RtlDeleteElementGenericTableAvl(&Table, &Key);
        Inside[Key] = FALSE;
    }
    CheckAvl(&Table);
}

#define BITS 200

static ULONG ModelFind(const BOOLEAN *Model, ULONG Count, ULONG Hint, BOOLEAN Value)
{
    for (int Pass = 0; Pass < 2; Pass++) {
        for (ULONG Start = Pass == 0 ? Hint : 0; Start + Count <= BITS; Start++) {
            ULONG Length = 0;
            while (Length < Count && Model[Start + Length] == Value)
                Length++;
            if (Length == Count)
                return Start;
        }
    }
    return MAXULONG;
}

static void test_bitmap_matches_a_model(void **State)
{
    (void)State;
    BOOLEAN Model[BITS] = { 0 };
    ULONG *Buffer = calloc((BITS + 31) / 32, 4);
    RTL_BITMAP Map;
    uint64_t Seed = 21;
    RtlInitializeBitMap(&Map, Buffer, BITS);
    for (int Round = 0; Round < 20000; Round++) {
        ULONG Start = NextRandom(&Seed) % BITS, Count = NextRandom(&Seed) % 40, Hint = NextRandom(&Seed) % BITS, First, Total = 0, Longest = 0, Run = 0;
        if (Count > BITS - Start)
            Count = BITS - Start;
        BOOLEAN Value = NextRandom(&Seed) % 2;
        if (Value)
            RtlSetBits(&Map, Start, Count);
        else
            RtlClearBits(&Map, Start, Count);
        for (ULONG Index = 0; Index < Count; Index++)
            Model[Start + Index] = Value;
        for (ULONG Index = 0; Index < BITS; Index++) {
            assert_int_equal(RtlTestBit(&Map, Index), Model[Index]);
            Total += Model[Index];
            Run = Model[Index] ? 0 : Run + 1;
            Longest = Run > Longest ? Run : Longest;
        }
        ULONG Wanted = 1 + NextRandom(&Seed) % 30;
        assert_int_equal(RtlNumberOfSetBits(&Map), Total);
        assert_int_equal(RtlFindClearBits(&Map, Wanted, Hint), ModelFind(Model, Wanted, Hint, FALSE));
        assert_int_equal(RtlFindSetBits(&Map, Wanted, Hint), ModelFind(Model, Wanted, Hint, TRUE));
        assert_int_equal(RtlFindLongestRunClear(&Map, &First), Longest);
        if (Count != 0) {
            assert_true(Value ? RtlAreBitsSet(&Map, Start, Count) : RtlAreBitsClear(&Map, Start, Count));
            assert_false(Value ? RtlAreBitsClear(&Map, Start, Count) : RtlAreBitsSet(&Map, Start, Count));
        }
    }
    assert_false(RtlAreBitsSet(&Map, BITS - 1, 2));
    RtlSetAllBits(&Map);
    assert_int_equal(RtlFindClearBits(&Map, 1, 5), MAXULONG);
    free(Buffer);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(test_red_black_tree_keeps_its_rules),
        cmocka_unit_test(test_avl_table_stays_balanced),
        cmocka_unit_test(test_bitmap_matches_a_model),
    };
    return cmocka_run_group_tests_name("tree", Tests, NULL, NULL);
}
