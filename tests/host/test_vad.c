/* SPDX-License-Identifier: MIT */
/*
 * test_vad.c - the tree of address ranges (kernel/mm/vadtree.c) against a page map.
 */
#include "hosttest.h"
#include "vadtree.h"

#define LOW 16u
#define HIGH 4095u /* inclusive */

static MI_VAD_NODE *Owner[HIGH + 1];

/* The lowest or highest aligned start of Pages free pages inside [Low, High]. */
static uint64_t ModelHole(uint64_t Low, uint64_t High, uint64_t Pages, int Up, uint64_t Align)
{
    uint64_t Best = 0;
    for (uint64_t Start = (Low + Align - 1) / Align * Align; Start + Pages - 1 <= High; Start += Align) {
        uint64_t Free = 0;
        while (Free < Pages && Owner[Start + Free] == NULL)
            Free++;
        if (Free == Pages) {
            Best = Start;
            if (Up)
                break;
        }
    }
    return Best;
}

static void CheckAgainstMap(MI_VAD_NODE *Root)
{
    MI_VAD_NODE *Node = MiTreeFirst(Root), *Last = NULL;
    assert_true(MiTreeCheck(Root));
    for (uint64_t Page = 0; Page <= HIGH; Page++) {
        if (Owner[Page] == NULL || Owner[Page] == Last)
            continue;
        assert_ptr_equal(Node, Owner[Page]);
        assert_ptr_equal(MiTreePrevious(Node), Last);
        Last = Node;
        Node = MiTreeNext(Node);
    }
    assert_null(Node);
}

static void test_tree_agrees_with_a_page_map(void **State)
{
    (void)State;
    MI_VAD_NODE *Root = NULL;
    uint64_t Seed = 31;
    for (int Round = 0; Round < 12000; Round++) {
        uint64_t Page = LOW + NextRandom(&Seed) % (HIGH - LOW), Pages = 1 + NextRandom(&Seed) % 60, Expected;
        if (Owner[Page] != NULL) {
            MI_VAD_NODE *Node = MiTreeFind(Root, Page);
            assert_ptr_equal(Node, Owner[Page]);
            MiTreeRemove(&Root, Node);
            for (uint64_t At = Node->StartVpn; At <= Node->EndVpn; At++)
                Owner[At] = NULL;
            free(Node);
        } else {
            int Up = NextRandom(&Seed) % 2;
            assert_null(MiTreeFind(Root, Page));
            Expected = ModelHole(LOW, HIGH, Pages, Up, MI_TREE_ALIGN);
            assert_int_equal(Up ? MiTreeFindHoleUp(Root, LOW, HIGH, Pages) : MiTreeFindHoleDown(Root, LOW, HIGH, Pages), Expected);
            uint64_t Low = LOW + NextRandom(&Seed) % 2000, High = Low + NextRandom(&Seed) % 2000;
            assert_int_equal(MiTreeFindHoleUp(Root, Low, High, Pages), ModelHole(Low, High, Pages, 1, MI_TREE_ALIGN));
            assert_int_equal(MiTreeFindHoleDown(Root, Low, High, Pages), ModelHole(Low, High, Pages, 0, MI_TREE_ALIGN));
            uint64_t Align = MI_TREE_ALIGN << NextRandom(&Seed) % 5;
            assert_int_equal(MiTreeFindHoleAligned(Root, Low, High, Pages, Align, !Up), ModelHole(Low, High, Pages, Up, Align));
            if (Expected != 0) {
                MI_VAD_NODE *Node = calloc(1, sizeof *Node);
                assert_null(MiTreeFindOverlap(Root, Expected, Expected + Pages - 1));
                Node->StartVpn = Expected;
                Node->EndVpn = Expected + Pages - 1;
                MiTreeInsert(&Root, Node);
                for (uint64_t At = Node->StartVpn; At <= Node->EndVpn; At++)
                    Owner[At] = Node;
                assert_ptr_equal(MiTreeFindOverlap(Root, Expected + Pages - 1, HIGH), Node);
            }
        }
        if (Round % 50 == 0)
            CheckAgainstMap(Root);
    }
    while (Root != NULL) {
        MI_VAD_NODE *Node = MiTreeFirst(Root);
        MiTreeRemove(&Root, Node);
        assert_true(MiTreeCheck(Root));
        free(Node);
    }
}

int main(void)
{
    const struct CMUnitTest Tests[] = { cmocka_unit_test(test_tree_agrees_with_a_page_map) };
    return cmocka_run_group_tests_name("vad", Tests, NULL, NULL);
}
