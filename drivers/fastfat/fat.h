/* SPDX-License-Identifier: MIT */
/*
 * fat.h - fastfat.sys: the structures of a mounted volume.
 *
 *      FAT_VCB       a volume; it is the extension of the volume device object, and holds the FAT_VOLUME of fatcore.h
 *      FAT_NODE      a file or directory (fatcore.h): found in its parent's directory once, then kept in memory until the volume goes
 *      FAT_FCB       what an opened node has more: FSRTL header, section pointers, share access, clusters.  FILE_OBJECT.FsContext
 *      FAT_CCB       one open: search pattern and position.  FILE_OBJECT.FsContext2
 *
 * What is on the disk is fatcore's business, and written at once; file data go through the cache.  A file's size reaches its directory entry only
 * after its data did (fatflush.c): the entry is "dirty" until then, and a thread brings those up to date a second later.
 *
 * FCBs of closed files stay, with their cached pages.  The FCB of a deleted file goes with its last file object.
 *
 * Locks, outermost first:
 *      V   FAT_VCB.Resource      names and places (exclusive); looking up (shared)
 *      F   FAT_FCB.Resource      share access, open counts, sizes, times and attributes of the node (exclusive); reads (shared)
 *      P   FAT_FCB.PagingIoResource  clusters, ValidOnDisk, and the file size (with F) are changed exclusively, used shared; paging transfers take only this
 *      L   FatDirtyLock          the list of dirty FCBs
 *      D   FAT_VCB.DirectoryMutex, T  FAT_VCB.TableMutex: fatcore.h
 * All at PASSIVE_LEVEL (or APC_LEVEL for paging transfers), in a critical region (FsRtlEnterFileSystem).
 *
 * Windows Internals, 7th ed., part 2, chapter 11 "Caching and file systems".
 */
#ifndef NASCENT_FAT_H
#define NASCENT_FAT_H

#include <ntifs.h>
#include "fatcore.h"

#define FAT_TAG_FCB 0x66746146u       /* "Fatf" */
#define FAT_TAG_CCB 0x63746146u       /* "Fatc" */
#define FAT_TAG_CORE 0x6E746146u      /* "Fatn": what fatcore allocates */
#define FAT_TAG_BUFFER 0x74746146u    /* "Fatt" */

#define FAT_NODE_TYPE_VCB ((CSHORT)0x0501)
#define FAT_NODE_TYPE_FCB ((CSHORT)0x0502)
#define FAT_NODE_TYPE_CCB ((CSHORT)0x0508)

#define FAT_MAX_FILE_SIZE 0xFFFFFFFFLL

_Static_assert(sizeof(FAT_NAME) == sizeof(UNICODE_STRING), "a FAT_NAME is used as UNICODE_STRING");
static inline PUNICODE_STRING FatString(FAT_NAME *Name)
{
    return (PUNICODE_STRING)Name;
}

typedef struct _FAT_FCB {
    FSRTL_ADVANCED_FCB_HEADER Header; /* must be first: the cache and memory managers look here */
    SECTION_OBJECT_POINTERS Sections;
    ERESOURCE Resource;
    ERESOURCE PagingIoResource;
    FAST_MUTEX HeaderMutex;
    SHARE_ACCESS ShareAccess;      /* F */
    ULONG CleanupCount;            /* F; handles */
    LONG References;               /* interlocked; file objects */
    struct _FAT_VCB *Vcb;
    FAT_NODE *Node;                /* NULL: the volume itself */
    FAT_FILE File;                 /* P */
    LONG64 ValidOnDisk;            /* P; what lies behind reads as zero, whatever the clusters hold */
    PFILE_LOCK FileLock;           /* F to make; byte-range locks */
    LIST_ENTRY DirtyLink;          /* L */
    BOOLEAN OnDirtyList;           /* L */
    BOOLEAN DeletePending;         /* F */
} FAT_FCB;

typedef struct _FAT_CCB {
    CSHORT NodeTypeCode;
    BOOLEAN HasPattern, MatchAll;
    BOOLEAN DeleteOnClose;         /* F */
    BOOLEAN PosixDelete;           /* F; the name goes with this handle, not with the last */
    BOOLEAN KeepWriteTime;         /* F; the handle has set it, or does not want it changed */
    UNICODE_STRING Pattern;        /* V; upper case; own memory */
    UNICODE_STRING Watched;        /* the directory's path, for change notification; own memory */
    ULONG Position;                /* V; next entry: 0 ".", 1 "..", neither in the root; 2: the first name behind Last */
    FAT_NAME Last;                 /* V; the name listed last; own memory, LAST_ROOM */
} FAT_CCB;

typedef struct _FAT_VCB {
    CSHORT NodeTypeCode;
    PDEVICE_OBJECT Device;         /* the volume's */
    PDEVICE_OBJECT Target;         /* the disk's */
    PVPB Vpb;
    FAT_VOLUME Volume;
    ERESOURCE Resource;
    FAT_FCB *VolumeFcb;            /* for opens of the volume itself: Node NULL */
    FAST_MUTEX DirectoryMutex, TableMutex;
    LIST_ENTRY Link;               /* of all volumes; FatVolumesLock */
    PNOTIFY_SYNC NotifySync;
    LIST_ENTRY NotifyList;
    PFILE_OBJECT LockedBy;         /* V; FSCTL_LOCK_VOLUME */
    LONG OpenCount;                /* interlocked; handles */
    struct _FAT_KNOWN_PATHS *Known; /* V, and fatknown.c; paths found lately */
    ULONG KnownGeneration;         /* V; entries of another generation are void */
    LONG Quiet;                    /* seconds without a change; the writer thread's */
    BOOLEAN WriteProtected;        /* the disk says so */
    BOOLEAN Dismounted;            /* V */
} FAT_VCB;

static inline FAT_VCB *FatVcbOf(PDEVICE_OBJECT Device)
{
    return Device->DeviceExtension;
}

/* fatinit.c */
extern PDEVICE_OBJECT FatControlDevice;
NTSTATUS FatComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);
/* The request's data buffer as a kernel address; NULL if it cannot be mapped. */
PVOID FatGetBuffer(PIRP Irp);
BOOLEAN FatIsVolumeOpen(PFILE_OBJECT File);

/* fatmount.c */
NTSTATUS FatMountVolume(PDEVICE_OBJECT Target, PVPB Vpb);
void FatDismount(FAT_VCB *Vcb);

/* fatio.c.  Offsets are bytes from the start of the volume; offset and length whole sectors. */
NTSTATUS FatTransferDiskMdl(PDEVICE_OBJECT Target, ULONG64 Offset, ULONG Length, PMDL Mdl, ULONG MdlOffset, BOOLEAN Write);
/* Non-paged memory. */
NTSTATUS FatTransferDisk(PDEVICE_OBJECT Target, ULONG64 Offset, ULONG Length, PVOID Buffer, BOOLEAN Write);
NTSTATUS FatFlushDisk(PDEVICE_OBJECT Target);
/* P held, shared at least.  [Offset, Offset + Length) of the file, whole sectors, straight to or from the disk; behind ValidOnDisk it reads as zero. */
NTSTATUS FatReadFileMdl(FAT_FCB *Fcb, LONG64 Offset, ULONG Length, PMDL Mdl);
/* P held, exclusively if this goes beyond ValidOnDisk, which it moves (but not beyond Limit). */
NTSTATUS FatWriteFileMdl(FAT_FCB *Fcb, LONG64 Offset, ULONG Length, PMDL Mdl, LONG64 Limit);

/* fatfcb.c */
NTSTATUS FatCreateFcb(FAT_VCB *Vcb, FAT_NODE *Node, FAT_FCB **Fcb);
void FatFreeFcb(FAT_FCB *Fcb);
void FatFreeAllFcbs(FAT_VCB *Vcb);
BOOLEAN FatHasOpenBelow(FAT_NODE *Directory);
/* Connects a file object with the file's cache; F exclusive.  PrivateCacheMap stays NULL if there is no memory. */
void FatConnectCache(PFILE_OBJECT File, FAT_FCB *Fcb);
/* The clusters are known.  STATUS_FILE_CORRUPT_ERROR if the chain does not cover the file. */
NTSTATUS FatBuildRuns(FAT_FCB *Fcb);
/* F exclusive in the following: the size of a file changes, in memory, in the cache, and (if it shrinks) on the disk. */
NTSTATUS FatGrowFile(FAT_FCB *Fcb, PFILE_OBJECT File, LONG64 NewSize);
NTSTATUS FatShrinkFile(FAT_FCB *Fcb, PFILE_OBJECT File, LONG64 NewSize);
NTSTATUS FatReserveClusters(FAT_FCB *Fcb, LONG64 Bytes);
void FatTrimClusters(FAT_FCB *Fcb);
/* The clusters of a file that lost its name and its last handle, unless somebody still has it mapped. */
void FatDiscardFile(FAT_FCB *Fcb, PFILE_OBJECT File);

/* fatflush.c */
extern FAST_MUTEX FatVolumesLock;
NTSTATUS FatStartWriter(void);
void FatAddVolume(FAT_VCB *Vcb);
void FatRemoveVolume(FAT_VCB *Vcb);
void FatMarkFcbDirty(FAT_FCB *Fcb);
void FatForgetDirty(FAT_FCB *Fcb);
/* F exclusive.  Data, then the directory entry. */
NTSTATUS FatFlushFcb(FAT_FCB *Fcb);
NTSTATUS FatFlushVolume(FAT_VCB *Vcb);
void FatFlushAllVolumes(void);
/* F exclusive.  A handle that wrote sets the time of it, once, before anybody asks. */
void FatNoteWrites(PFILE_OBJECT File, FAT_FCB *Fcb);

/* fatnotify.c */
void FatReport(FAT_VCB *Vcb, FAT_NODE *Node, ULONG Filter, ULONG Action);
/* Bytes of the path from the root; "\" for the root itself. */
ULONG FatPathLength(const FAT_NODE *Node);
void FatPutPath(const FAT_NODE *Node, PVOID Buffer, ULONG Room);
/* Copies what of one part lies before Room. */
void FatPutPart(PUCHAR Buffer, ULONG Room, ULONG At, const VOID *Part, ULONG Length);

/* fatknown.c */
NTSTATUS FatMakeKnownPaths(FAT_VCB *Vcb);
void FatFreeKnownPaths(FAT_VCB *Vcb);
ULONG FatHashPath(PCUNICODE_STRING Path);
/* V held.  The node of a path, spelt as now, that was remembered and still has that name; NULL: it must be looked for. */
FAT_NODE *FatFindKnown(FAT_VCB *Vcb, PCUNICODE_STRING Path, ULONG Hash);
void FatRememberPath(FAT_VCB *Vcb, PCUNICODE_STRING Path, ULONG Hash, FAT_NODE *Node);
/* V exclusive.  Node loses its name, or gets another. */
void FatForgetPaths(FAT_VCB *Vcb, const FAT_NODE *Node);

/* fatpath.c: names to nodes; V held. */
typedef struct _FAT_OPEN {
    FAT_VCB *Vcb;
    PFILE_OBJECT File;
    PIRP Irp;
    ACCESS_MASK Access;
    ULONG Options, Disposition, Attributes;
    LONG64 Allocation;
    USHORT Share;
    BOOLEAN TargetDirectory;   /* open the parent of the last name (rename) */
    BOOLEAN TrailingBackslash;
    BOOLEAN Exclusive;         /* V is held so */
    UNICODE_STRING Last;       /* the last name */
} FAT_OPEN;
/* On STATUS_OBJECT_NAME_NOT_FOUND *Node is the directory that lacks Open->Last. */
NTSTATUS FatFindTarget(FAT_OPEN *Open, FAT_NODE **Node);
NTSTATUS FatEnsureTable(FAT_OPEN *Open, FAT_NODE *Directory);

/* fatopen.c: the CCBs that are not in use; each open takes one, each close gives one back. */
extern NPAGED_LOOKASIDE_LIST FatCcbs;
/* An existing file is opened, or a node that was just made (Created); V held. */
NTSTATUS FatOpenNode(FAT_OPEN *Open, FAT_NODE *Node, BOOLEAN Created, PULONG_PTR Information);
NTSTATUS FatFinishOpen(const FAT_OPEN *Open, FAT_FCB *Fcb);
NTSTATUS FatGetFcb(FAT_OPEN *Open, FAT_NODE *Node, FAT_FCB **Fcb);

/* The requests: each returns the status and *Information; the dispatcher completes the IRP, unless *Information is FAT_NOT_MINE. */
#define FAT_NOT_MINE ((ULONG_PTR)-1)
typedef NTSTATUS FAT_REQUEST(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information);
FAT_REQUEST FatCreate;                                                    /* fatcreate.c */
FAT_REQUEST FatCleanup, FatClose;                                         /* fatclean.c */
FAT_REQUEST FatRead;                                                      /* fatread.c */
FAT_REQUEST FatWrite;                                                     /* fatwrite.c */
BOOLEAN FatWriteFast(FAT_FCB *Fcb, PFILE_OBJECT File, PLARGE_INTEGER Offset, ULONG Length, PVOID Buffer, PIO_STATUS_BLOCK IoStatus);
FAT_REQUEST FatFlush, FatShutdown;                                        /* fatflush.c */
FAT_REQUEST FatQueryInformation;                                          /* fatinfo.c */
FAT_REQUEST FatSetInformation;                                            /* fatset.c */
FAT_REQUEST FatQueryVolume, FatSetVolume;                                 /* fatvolume.c */
FAT_REQUEST FatDirectoryControl;                                          /* fatdir.c */
FAT_REQUEST FatNotify;                                                    /* fatnotify.c */
FAT_REQUEST FatLockControl;                                               /* fatfast.c */
FAT_REQUEST FatFsControl;                                                 /* fatctl.c */

/* fatwhere.c */
FAT_REQUEST FatGetRetrievalPointers, FatGetVolumeBitmap;

/* fatmove.c: FileRenameInformation and -Ex; V exclusive. */
NTSTATUS FatRenameFile(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack);

/* fatinfo.c: also for fast I/O. */
void FatFillBasic(const FAT_NODE *Node, PFILE_BASIC_INFORMATION Basic);
void FatFillStandard(const FAT_FCB *Fcb, PFILE_STANDARD_INFORMATION Standard);
void FatFillNetworkOpen(const FAT_FCB *Fcb, PFILE_NETWORK_OPEN_INFORMATION Network);
ULONG FatAttributes(const FAT_NODE *Node);
LONG64 FatAllocationSize(const FAT_VCB *Vcb, const FAT_NODE *Node);
LONG64 FatFileId(const FAT_NODE *Node);

/* fatfast.c */
extern FAST_IO_DISPATCH FatFastIo;
NTSTATUS FatNeedLocks(FAT_FCB *Fcb);

#endif
