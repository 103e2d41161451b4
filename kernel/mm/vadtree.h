/* SPDX-License-Identifier: MIT */
/*
 * vadtree.h - a set of disjoint page ranges, ordered, that can also find holes.
 *
 * Pure code: no allocation, no locks, no kernel headers, so that tests/host can torment it under sanitizers.
 * An AVL tree of nodes the caller embeds; each node also knows, of its subtree, the lowest and highest page in use and the widest hole
 * between two neighbours.  So a lookup, an insertion, and "the lowest (highest) hole of n pages inside [a, b]" each cost one descent,
 * however many ranges there are.
 */
#ifndef NASCENT_VADTREE_H
#define NASCENT_VADTREE_H

#include <stdint.h>
#include <stddef.h>

#define MI_TREE_ALIGN 16u /* pages: 64 KiB, where every allocation begins; a hole is counted from the next such page */

typedef struct _MI_VAD_NODE
{
    struct _MI_VAD_NODE *Left, *Right, *Parent;
    uint64_t StartVpn, EndVpn;       /* inclusive */
    uint64_t First, Last;            /* of the subtree */
    uint64_t MaxHole;                /* widest hole between neighbours in the subtree, pages */
    int32_t Height;
    uint32_t Spare;
} MI_VAD_NODE;

typedef struct _MI_VAD_TREE
{
    MI_VAD_NODE *Root;
    uint64_t Count;
} MI_VAD_TREE;

void MiTreeInsert(MI_VAD_NODE **Root, MI_VAD_NODE *Node); /* must not overlap any other */
void MiTreeRemove(MI_VAD_NODE **Root, MI_VAD_NODE *Node);
/* Start or end of a node has changed (it still overlaps nobody and keeps its place). */
void MiTreeResized(MI_VAD_NODE *Node);
MI_VAD_NODE *MiTreeFind(MI_VAD_NODE *Root, uint64_t Vpn);
/* The lowest node that overlaps [Start, End], or NULL. */
MI_VAD_NODE *MiTreeFindOverlap(MI_VAD_NODE *Root, uint64_t Start, uint64_t End);
MI_VAD_NODE *MiTreeFirst(MI_VAD_NODE *Root);
MI_VAD_NODE *MiTreeNext(MI_VAD_NODE *Node);
MI_VAD_NODE *MiTreePrevious(MI_VAD_NODE *Node);
/* The lowest or highest start, a multiple of MI_TREE_ALIGN, of Pages free pages that lie inside [Low, High]; 0 if there is none (Low > 0). */
uint64_t MiTreeFindHoleUp(MI_VAD_NODE *Root, uint64_t Low, uint64_t High, uint64_t Pages);
uint64_t MiTreeFindHoleDown(MI_VAD_NODE *Root, uint64_t Low, uint64_t High, uint64_t Pages);
/* The same with a start that is a multiple of Align pages (a power of two, at least MI_TREE_ALIGN). */
uint64_t MiTreeFindHoleAligned(MI_VAD_NODE *Root, uint64_t Low, uint64_t High, uint64_t Pages, uint64_t Align, int Down);
/* 1 if every invariant holds. */
int MiTreeCheck(MI_VAD_NODE *Root);

#endif
