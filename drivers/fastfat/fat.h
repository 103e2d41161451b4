/* SPDX-License-Identifier: MIT */
/*
 * fat.h - fastfat.sys: the structures of a mounted volume.
 *
 *      FAT_VCB       a volume; it is the extension of the volume device object
 *      FAT_NODE      a file or directory: found in its parent's directory once, then kept in memory until the volume goes
 *      FAT_FCB       what an opened node has more: FSRTL header, section pointers, share access, run list.  FILE_OBJECT.FsContext
 *      FAT_CCB       one open: search pattern and position.  FILE_OBJECT.FsContext2
 *
 * A directory is read as a whole when it is first looked into and becomes a table of FAT_NODEs, so that opening a file again touches neither disk
 * nor cache.  The volume is read-only for now: nodes never change after they are made; every request that would write returns
 * STATUS_MEDIA_WRITE_PROTECTED.  FCBs of closed files stay too, with their cached pages.
 *
 * Locks, outermost first:
 *      V   FAT_VCB.Resource      directory tables, FCB creation (exclusive); looking up (shared)
 *      F   FAT_FCB.Resource      share access, open counts, cache map set-up (exclusive); reads (shared)
 *      P   FAT_FCB.PagingIoResource  run list: built exclusive, read shared; paging reads
 *      B   FAT_VCB.FatMutex      the table of FAT blocks in memory
 * All at PASSIVE_LEVEL (or APC_LEVEL for paging reads), in a critical region (FsRtlEnterFileSystem).
 *
 * Windows Internals, 7th ed., part 2, chapter 11 "Caching and file systems".
 */
#ifndef NASCENT_FAT_H
#define NASCENT_FAT_H

#include <ntifs.h>
#include "fatdisk.h"

#define FAT_TAG_NODE 0x6E746146u      /* "Fatn" */
#define FAT_TAG_FCB 0x66746146u       /* "Fatf" */
#define FAT_TAG_CCB 0x63746146u       /* "Fatc" */
#define FAT_TAG_DIRECTORY 0x64746146u /* "Fatd" */
#define FAT_TAG_BLOCK 0x62746146u     /* "Fatb" */
#define FAT_TAG_BUFFER 0x74746146u    /* "Fatt" */

#define FAT_NODE_TYPE_VCB ((CSHORT)0x0501)
#define FAT_NODE_TYPE_FCB ((CSHORT)0x0502)
#define FAT_NODE_TYPE_CCB ((CSHORT)0x0508)

#define FAT_BLOCK_SIZE 4096u

typedef struct _FAT_FCB FAT_FCB;

/* A directory entry in memory.  Constant after creation but for Fcb and Table (V). */
typedef struct _FAT_NODE {
    struct _FAT_NODE *Parent;      /* NULL: the root */
    struct _FAT_NODE *NextByName;  /* hash chains of the parent's table */
    struct _FAT_NODE *NextByShort;
    struct _FAT_DIRECTORY *Table;  /* V; directories that were looked into */
    FAT_FCB *Fcb;                  /* V; nodes that were opened */
    UNICODE_STRING Name;           /* behind the node */
    UNICODE_STRING ShortName;      /* Length 0 if Name is the only one */
    LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime;
    ULONG NameHash, ShortHash;     /* of the upper-cased names */
    ULONG FirstCluster;
    ULONG Size;
    ULONG Offset;                  /* of its entry in the parent directory */
    ULONG Attributes;              /* FILE_ATTRIBUTE_* */
} FAT_NODE;

/* The nodes of one directory, in the order of the disk. */
typedef struct _FAT_DIRECTORY {
    ULONG Count;
    ULONG BucketMask;
    FAT_NODE **Nodes;
    FAT_NODE **ByName, **ByShort;  /* BucketMask + 1 each */
} FAT_DIRECTORY;

struct _FAT_FCB {
    FSRTL_ADVANCED_FCB_HEADER Header; /* must be first: the cache and memory managers look here */
    SECTION_OBJECT_POINTERS Sections;
    ERESOURCE Resource;
    ERESOURCE PagingIoResource;
    FAST_MUTEX HeaderMutex;
    SHARE_ACCESS ShareAccess;      /* F */
    ULONG CleanupCount;            /* F; handles */
    struct _FAT_VCB *Vcb;
    FAT_NODE *Node;
    FAT_RUN *Runs;                 /* P */
    ULONG RunCount;                /* P */
    BOOLEAN RunsBuilt;             /* P */
};

typedef struct _FAT_CCB {
    CSHORT NodeTypeCode;
    BOOLEAN HasPattern, MatchAll;
    UNICODE_STRING Pattern;        /* upper case; own memory */
    ULONG Position;                /* next entry: 0 ".", 1 "..", then nodes; without dots in the root */
} FAT_CCB;

typedef struct _FAT_VCB {
    CSHORT NodeTypeCode;
    PDEVICE_OBJECT Device;         /* the volume's */
    PDEVICE_OBJECT Target;         /* the disk's */
    PVPB Vpb;
    FAT_GEOMETRY Geometry;
    ERESOURCE Resource;
    FAT_NODE *Root;
    FAT_FCB *VolumeFcb;            /* for opens of the volume itself: Node NULL */
    FAST_MUTEX FatMutex;
    PUCHAR *FatBlocks;             /* B; blocks of FAT_BLOCK_SIZE, loaded on demand */
    ULONG FatBlockCount;
    ULONG FreeClusters;            /* B; MAXULONG: not counted yet */
} FAT_VCB;

/* fatinit.c */
extern PDEVICE_OBJECT FatControlDevice;
NTSTATUS FatComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);
static inline BOOLEAN FatIsDirectory(const FAT_NODE *Node)
{
    return (Node->Attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}
static inline FAT_VCB *FatVcbOf(PDEVICE_OBJECT Device)
{
    return Device->DeviceExtension;
}
/* The request's data buffer as a kernel address; NULL if it cannot be mapped. */
PVOID FatGetBuffer(PIRP Irp);
BOOLEAN FatIsVolumeOpen(PFILE_OBJECT File);

/* fatmount.c */
NTSTATUS FatMountVolume(PDEVICE_OBJECT Target, PVPB Vpb);

/* fatio.c: reading the disk.  Offsets are bytes from the start of the volume; offset and length whole sectors. */
NTSTATUS FatReadDiskMdl(PDEVICE_OBJECT Target, ULONG64 Offset, ULONG Length, PMDL Mdl, ULONG MdlOffset);
/* Into non-paged memory. */
NTSTATUS FatReadDisk(PDEVICE_OBJECT Target, ULONG64 Offset, ULONG Length, PVOID Buffer);
/* FAT_READ over the blocks in memory; Context is the FAT_VCB. */
FAT_STATUS FatReadFat(void *Context, uint64_t Offset, uint32_t Length, void *Buffer);
NTSTATUS FatCountFreeClusters(FAT_VCB *Vcb, PULONG Free);
/* Builds the FCB's run list if it has none.  STATUS_FILE_CORRUPT_ERROR if the chain does not cover the file. */
NTSTATUS FatBuildRuns(FAT_FCB *Fcb);
/* Reads [Offset, Offset + Length) of the file, whole sectors, straight from the disk. */
NTSTATUS FatReadFileMdl(FAT_FCB *Fcb, ULONG64 Offset, ULONG Length, PMDL Mdl, ULONG MdlOffset);

/* fatnode.c: directories in memory.  V must be held exclusively to load, shared to look up. */
NTSTATUS FatCreateRootNode(FAT_VCB *Vcb);
NTSTATUS FatLoadDirectory(FAT_VCB *Vcb, FAT_NODE *Directory);
FAT_NODE *FatFindNode(const FAT_DIRECTORY *Table, PCUNICODE_STRING Name);
void FatFreeNode(FAT_NODE *Node);
/* The volume's label, from the root directory, else from the boot sector. */
void FatGetLabel(FAT_VCB *Vcb, PWSTR Label, PUSHORT Length);
NTSTATUS FatCreateFcb(FAT_VCB *Vcb, FAT_NODE *Node, FAT_FCB **Fcb);
void FatFreeFcb(FAT_FCB *Fcb);

/* The requests: each returns the status and *Information; the dispatcher completes the IRP. */
typedef NTSTATUS FAT_REQUEST(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information);
FAT_REQUEST FatCreate, FatCleanup, FatClose;                              /* fatcreate.c */
FAT_REQUEST FatRead;                                                      /* fatread.c */
/* Connects a file object with the file's cache; F exclusive.  PrivateCacheMap stays NULL if there is no memory. */
void FatConnectCache(PFILE_OBJECT File, FAT_FCB *Fcb);
FAT_REQUEST FatQueryInformation, FatSetInformation, FatQueryVolume;       /* fatinfo.c */
FAT_REQUEST FatDirectoryControl;                                          /* fatdir.c */

/* fatinfo.c: also for fast I/O. */
void FatFillBasic(const FAT_NODE *Node, PFILE_BASIC_INFORMATION Basic);
void FatFillStandard(const FAT_VCB *Vcb, const FAT_NODE *Node, PFILE_STANDARD_INFORMATION Standard);
void FatFillNetworkOpen(const FAT_VCB *Vcb, const FAT_NODE *Node, PFILE_NETWORK_OPEN_INFORMATION Network);
LONG64 FatAllocationSize(const FAT_VCB *Vcb, const FAT_NODE *Node);
LONG64 FatFileId(const FAT_NODE *Node);

/* fatfast.c */
extern FAST_IO_DISPATCH FatFastIo;

#endif
