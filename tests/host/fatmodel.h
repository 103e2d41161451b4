/* SPDX-License-Identifier: MIT */
/*
 * fatmodel.h - a tree of names and contents that a volume is compared with, and the operations that change both alike.
 *
 * A MODEL has a volume (fatcore over a disk in memory) and beside it, in plain arrays, what should be on it.  Each operation is done on both; the
 * volume may refuse one only for lack of room.  ModelWrite does what the driver does: clusters, data, entry.
 */
#ifndef NASCENT_FATMODEL_H
#define NASCENT_FATMODEL_H

#include "hosttest.h"
#include "fatshim.h"

#define MODEL_MAX 400
#define MODEL_BYTES 24000u

typedef struct _ENTRY {
    int Used, Directory, Parent; /* index; 0 is the root */
    uint16_t Name[256];
    uint32_t Length;
    uint8_t *Bytes;
    uint32_t Size;
    uint32_t Attributes;
} ENTRY;

typedef struct _MODEL {
    FAT_SHIM Shim;
    FAT_VOLUME Volume;
    ENTRY Entry[MODEL_MAX];
    uint64_t Random;
    uint32_t Done, Refused;
    /* What is going on, for who looks at the disk meanwhile. */
    int Busy, Victim;            /* the entry that changes, and the one it replaces; 0: none */
    int Moving;                  /* Busy gets this place and name */
    int ToParent;
    uint16_t ToName[256];
    uint32_t ToLength;
} MODEL;

void ModelOpen(MODEL *Model, const char *Image);
void ModelMount(MODEL *Model);
void ModelUnmount(MODEL *Model);
void ModelClose(MODEL *Model);
void ModelSave(MODEL *Model, const char *Image);
/* One operation chosen by Model->Random. */
void ModelStep(MODEL *Model);
/* The volume, as it is mounted, is what the arrays say. */
void ModelCompare(MODEL *Model);
int ModelAdd(MODEL *Model, int Parent, const char *Name, int Directory);
FAT_STATUS ModelWrite(MODEL *Model, int Index, uint32_t Size, uint32_t Seed);
FAT_STATUS ModelRemove(MODEL *Model, int Index);
FAT_STATUS ModelRename(MODEL *Model, int Index, int Parent, const uint16_t *Name, uint32_t Length);
FAT_NODE *ModelNode(MODEL *Model, int Index);
#endif
