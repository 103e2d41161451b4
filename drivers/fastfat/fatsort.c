/* SPDX-License-Identifier: MIT */
/*
 * fatsort.c - the names of a directory in order.
 *
 * FAT keeps entries where there was room, and Windows' FAT lists them so.  Programs know the system's volume as NTFS, which lists by name, in the
 * order of the upper-cased units; ours lists that way too.  The first listing sorts; afterwards each name that comes or goes is put or taken in place.
 */
#include "fatcore.h"

static int Compare(const FAT_NAME *Left, const FAT_NAME *Right)
{
    uint32_t Shorter = (Left->Length < Right->Length ? Left->Length : Right->Length) / 2;

    for (uint32_t Index = 0; Index < Shorter; Index++) {
        if (Left->Buffer[Index] != Right->Buffer[Index]) {
            int Difference = FatFold(Left->Buffer[Index]) - FatFold(Right->Buffer[Index]);
            if (Difference != 0)
                return Difference;
        }
    }
    return Left->Length - Right->Length;
}

uint32_t FatSortedFrom(const FAT_DIRECTORY *Table, const FAT_NAME *Name, int After)
{
    uint32_t Low = 0, High = Table->Count;

    while (Low < High) {
        uint32_t Middle = Low + (High - Low) / 2;
        if (Compare(&Table->Sorted[Middle]->Name, Name) < After)
            Low = Middle + 1;
        else
            High = Middle;
    }
    return Low;
}

/* The node at Root goes down among Count nodes that are a heap but for it. */
static void Sift(FAT_NODE **Nodes, uint32_t Root, uint32_t Count)
{
    FAT_NODE *Node = Nodes[Root];
    uint32_t Child;

    while ((Child = 2 * Root + 1) < Count) {
        if (Child + 1 < Count && Compare(&Nodes[Child]->Name, &Nodes[Child + 1]->Name) < 0)
            Child++;
        if (Compare(&Node->Name, &Nodes[Child]->Name) >= 0)
            break;
        Nodes[Root] = Nodes[Child];
        Root = Child;
    }
    Nodes[Root] = Node;
}

/* Heap sort: no memory beside the table's, and no directory takes it long. */
FAT_STATUS FatSortTable(FAT_DIRECTORY *Table)
{
    if (Table->Sorted != NULL || Table->Count == 0)
        return FAT_SUCCESS;
    FAT_NODE **Nodes = FatAllocate(Table->Room * sizeof *Nodes);
    if (Nodes == NULL)
        return FAT_NO_MEMORY;
    __builtin_memcpy(Nodes, Table->Nodes, Table->Count * sizeof *Nodes);
    for (uint32_t Root = Table->Count / 2; Root > 0; Root--)
        Sift(Nodes, Root - 1, Table->Count);
    for (uint32_t Last = Table->Count - 1; Last > 0; Last--) {
        FAT_NODE *Largest = Nodes[0];
        Nodes[0] = Nodes[Last];
        Nodes[Last] = Largest;
        Sift(Nodes, 0, Last);
    }
    Table->Sorted = Nodes;
    return FAT_SUCCESS;
}
