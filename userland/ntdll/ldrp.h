/* SPDX-License-Identifier: MIT */
/*
 * ldrp.h - the user-mode loader's own structures.
 *
 * The life of a module, all under the loader lock:
 *      found (ldrsearch.c) -> mapped, relocated, entered in the lists (ldrmap.c) -> its imports loaded and bound, depth first (ldrsnap.c)
 *      -> appended to the initialisation list, so that a DLL stands behind those it needs -> TLS (ldrtls.c) -> DllMain (ldrinit.c)
 *      ... reference counts (ldrunload.c) ... -> DllMain, unlinked, unmapped.
 *
 * References: LoadCount of the DDAG node counts LdrLoadDll calls and importing modules; LDRP_PINNED never falls (everything that the
 * executable needs, transitively).  A module holds one reference on each module in its dependency list.
 */
#ifndef NASCENT_LDRP_H
#define NASCENT_LDRP_H

#include "ntdllp.h"

#define LDRP_PINNED 0xFFFFFFFFu
#define LDRP_HASH_BUCKETS 32u
#define LDRP_MAX_PATH 1024u      /* characters of a DLL's path */
#define LDRP_MAX_NAME 260u
#define LDRP_MAX_FORWARDS 32u

struct _LDRP_MODULE;

typedef struct _LDRP_DEPENDENCY
{
    struct _LDRP_DEPENDENCY *Next;
    struct _LDRP_MODULE *Module;
} LDRP_DEPENDENCY;

typedef struct _LDRP_MODULE
{
    NLDR_DATA_TABLE_ENTRY Entry; /* first: what tools see */
    LDR_DDAG_NODE Node;
    PE_INFO Info;
    LDRP_DEPENDENCY *Dependencies;
    bool Marked;                 /* chosen for unloading */
    bool Reached;                /* scratch of ldrunload.c */
    ULONG Internal;              /* the same: references that are other modules' */
    WCHAR Path[];
} LDRP_MODULE;

static inline LDRP_MODULE *LdrpFromEntry(NLDR_DATA_TABLE_ENTRY *Entry)
{
    return CONTAINING_RECORD(Entry, LDRP_MODULE, Entry);
}

static inline LDRP_MODULE *LdrpFromLoadLink(LIST_ENTRY *Link)
{
    return LdrpFromEntry(CONTAINING_RECORD(Link, NLDR_DATA_TABLE_ENTRY, InLoadOrderLinks));
}

static inline LDRP_MODULE *LdrpFromInitLink(LIST_ENTRY *Link)
{
    return LdrpFromEntry(CONTAINING_RECORD(Link, NLDR_DATA_TABLE_ENTRY, InInitializationOrderLinks));
}

static inline void LdrpLock(void)
{
    RtlEnterCriticalSection(Peb()->LoaderLock);
}

static inline void LdrpUnlock(void)
{
    RtlLeaveCriticalSection(Peb()->LoaderLock);
}

/* "Show loader snaps": every step in the kernel's log. */
#define LDR_SNAP(...)                                                                                                                 \
    do {                                                                                                                              \
        if (UNLIKELY(Peb()->NtGlobalFlag & FLG_SHOW_LDR_SNAPS))                                                                       \
            DbgPrint("LDR: " __VA_ARGS__);                                                                                            \
    } while (0)

extern NPEB_LDR_DATA LdrpData;
extern LDRP_MODULE *LdrpImage, *LdrpNtdll; /* the executable; this DLL */
extern bool LdrpInitializing;              /* the first thread is still loading what the executable needs */

extern bool LdrpToldWhy;                    /* the user has been told why the program cannot start */

/* ldrlist.c */
LDRP_MODULE *LdrpCreateModule(PVOID Base, const PE_INFO *Info, PCUNICODE_STRING Path, LDR_DLL_LOAD_REASON Reason);
void LdrpInsertModule(LDRP_MODULE *Module);
void LdrpRemoveModule(LDRP_MODULE *Module);
LDRP_MODULE *LdrpFindByName(PCUNICODE_STRING BaseName);
LDRP_MODULE *LdrpFindByPath(PCUNICODE_STRING Path);
LDRP_MODULE *LdrpFindByBase(PVOID Base);
LDRP_MODULE *LdrpFindByAddress(PVOID Address);
LDRP_MODULE *LdrpFindSameFile(PVOID Base, const PE_INFO *Info);
void LdrpSetReferences(LDRP_MODULE *Module, ULONG Count);
void LdrpReference(LDRP_MODULE *Module);
NTSTATUS LdrpAddDependency(LDRP_MODULE *Module, LDRP_MODULE *On);

/* ldrapiset.c: the DLL that stands for an API set; false if Name is none.  Host needs LDRP_MAX_NAME characters. */
bool LdrpResolveApiSet(PCUNICODE_STRING Name, PUNICODE_STRING Host);

/* Flags of LoadLibraryEx that say where to search. */
#define LDRP_ALTERED_PATH 0x8u
#define LDRP_DLL_LOAD_DIR 0x100u
#define LDRP_APPLICATION_DIR 0x200u
#define LDRP_USER_DIRS 0x400u
#define LDRP_SYSTEM32 0x800u
#define LDRP_DEFAULT_DIRS 0x1000u
#define LDRP_SAFE_CURRENT_DIRS 0x2000u
#define LDRP_SEARCH_MASK 0x1F00u

/* What the LdrLoadDll that is running was asked for; it holds for the DLLs that this one brings with it.  Loader lock. */
typedef struct _LDRP_LOAD
{
    PCUNICODE_STRING From; /* the DLL's path, if its folder takes part in the search */
    PCWSTR SearchPath;
    bool ImageAlone;       /* no imports, no DllMain */
} LDRP_LOAD;

extern LDRP_LOAD LdrpCurrentLoad;

/* ldrsearch.c: opens the image section of a DLL.  Path gets its full DOS path (buffer of LDRP_MAX_PATH characters). */
NTSTATUS LdrpFindDll(PCUNICODE_STRING Name, PCWSTR SearchPath, PUNICODE_STRING Path, PHANDLE Section);

/* ldrmap.c: maps a section as a new module, in all lists, imports not looked at.  STATUS_IMAGE_ALREADY_LOADED: *Module is that file, and was there. */
NTSTATUS LdrpMapModule(HANDLE Section, PCUNICODE_STRING Path, LDR_DLL_LOAD_REASON Reason, LDRP_MODULE **Module);
NTSTATUS LdrpRelocate(PVOID Base, const PE_INFO *Info);
void LdrpDestroyModule(LDRP_MODULE *Module);
/* Makes [Rva, Rva + Size) writable if its section is not; *Old = 0 if nothing was done. */
NTSTATUS LdrpUnprotect(LDRP_MODULE *Module, ULONG Rva, ULONG Size, ULONG *Old);
void LdrpReprotect(LDRP_MODULE *Module, ULONG Rva, ULONG Size, ULONG Old);

/* ldrload.c */
/* The module of that name, loaded with all it needs if it is not there; one reference added. */
NTSTATUS LdrpLoadDll(PCUNICODE_STRING Name, PCWSTR SearchPath, LDR_DLL_LOAD_REASON Reason, LDRP_MODULE **Module);
NTSTATUS LdrpLoadByAnsiName(const char *Name, LDR_DLL_LOAD_REASON Reason, LDRP_MODULE *For, LDRP_MODULE **Module);

/* ldrsnap.c */
NTSTATUS LdrpSnapModule(LDRP_MODULE *Module);
/* Follows forwarders.  Name or, if that is NULL, Ordinal. */
NTSTATUS LdrpGetProcedure(LDRP_MODULE *Module, const char *Name, ULONG Hint, ULONG Ordinal, PVOID *Address);

/* ldrinit.c */
NTSTATUS LdrpRunInitializers(void);
/* start.asm: calls Routine(Base, Reason, Reserved); an exception in it ends the call, with *Raised = its code and a result of zero. */
BOOL NTAPI LdrpCallInitRoutine(PVOID Routine, PVOID Base, ULONG Reason, PVOID Reserved, NTSTATUS *Raised);
void LdrpCallEntry(LDRP_MODULE *Module, ULONG Reason, PVOID Reserved);

/* ldrtls.c */
NTSTATUS LdrpInitializeTls(LDRP_MODULE *Module);
void LdrpReleaseTls(LDRP_MODULE *Module);
NTSTATUS LdrpAllocateThreadTls(void);
void LdrpFreeThreadTls(void);
void LdrpCallTlsCallbacks(LDRP_MODULE *Module, ULONG Reason);

/* ldrunload.c */
void LdrpDereference(LDRP_MODULE *Module);

/* ldrnotify.c */
void LdrpSendNotifications(LDRP_MODULE *Module, ULONG Reason);

#endif
