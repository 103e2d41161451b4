/* SPDX-License-Identifier: MIT */
/*
 * ldrunload.c - taking modules away: DLL_PROCESS_DETACH in the reverse of the initialisation order, then unlinking and unmapping.
 *
 * Dropping a module's last reference drops its references on others; all that reach zero by this go together, so that none is unmapped while
 * the detach routine of another still needs it; cycles of imports too.  A DllMain that unloads something meanwhile runs a complete unloading of its own.
 */
#include "ldrp.h"

/* Condemns a module and drops what it holds. */
static void Mark(LDRP_MODULE *Module)
{
    if (Module->Marked)
        return;
    Module->Marked = true;
    Module->Node.State = LdrModulesUnloading;
    for (LDRP_DEPENDENCY *At = Module->Dependencies, *Next; At != NULL; At = Next) {
        LDRP_MODULE *On = At->Module;
        Next = At->Next;
        if (On->Node.LoadCount != LDRP_PINNED && On->Node.LoadCount != 0) {
            LdrpSetReferences(On, On->Node.LoadCount - 1);
            if (On->Node.LoadCount == 0)
                Mark(On);
        }
        Free(At);
    }
    Module->Dependencies = NULL;
}

/* ---- cycles ---------------------------------------------------------------------------------------------------------------------------- */

static void Reach(LDRP_MODULE *Module)
{
    if (Module->Reached)
        return;
    Module->Reached = true;
    for (LDRP_DEPENDENCY *At = Module->Dependencies; At != NULL; At = At->Next)
        Reach(At->Module);
}

/*
 * Modules that import from each other hold each other.  So a module whose count has not reached zero may still be held by nobody but its own
 * dependants: those that no LoadLibrary (a reference that is no module's) leads to are condemned, all of them at once.
 */
static void MarkUnreachable(void)
{
    LIST_ENTRY *Head = &LdrpData.InLoadOrderModuleList;

    for (LIST_ENTRY *Link = Head->Flink; Link != Head; Link = Link->Flink) {
        LdrpFromLoadLink(Link)->Reached = false;
        LdrpFromLoadLink(Link)->Internal = 0;
    }
    for (LIST_ENTRY *Link = Head->Flink; Link != Head; Link = Link->Flink) {
        for (LDRP_DEPENDENCY *At = LdrpFromLoadLink(Link)->Dependencies; At != NULL; At = At->Next)
            At->Module->Internal++;
    }
    for (LIST_ENTRY *Link = Head->Flink; Link != Head; Link = Link->Flink) {
        LDRP_MODULE *Module = LdrpFromLoadLink(Link);
        if (!Module->Marked && (Module->Node.LoadCount == LDRP_PINNED || Module->Node.LoadCount > Module->Internal))
            Reach(Module);
    }
    for (LIST_ENTRY *Link = Head->Flink; Link != Head; Link = Link->Flink) {
        if (!LdrpFromLoadLink(Link)->Reached)
            Mark(LdrpFromLoadLink(Link));
    }
}

/* ---- going --------------------------------------------------------------------------------------------------------------------------------- */

static void DetachMarked(void)
{
    LIST_ENTRY *Head = &LdrpData.InInitializationOrderModuleList;

    for (LIST_ENTRY *Link = Head->Blink, *Previous; Link != Head; Link = Previous) {
        LDRP_MODULE *Module = LdrpFromInitLink(Link);
        Previous = Link->Blink;
        if (Module->Marked && (Module->Entry.Flags & LDRP_PROCESS_ATTACH_CALLED)) {
            Module->Entry.Flags &= ~LDRP_PROCESS_ATTACH_CALLED;
            LdrpCallEntry(Module, DLL_PROCESS_DETACH, NULL);
            Previous = Head->Blink; /* the list may have changed under the call: begin again, done ones are skipped */
        }
    }
}

/* Importers were mapped before what they import: so they go first, too. */
static void DestroyMarked(void)
{
    LIST_ENTRY *Head = &LdrpData.InLoadOrderModuleList;

    for (LIST_ENTRY *Link = Head->Flink, *Next; Link != Head; Link = Next) {
        LDRP_MODULE *Module = LdrpFromLoadLink(Link);
        Next = Link->Flink;
        if (Module->Marked)
            LdrpDestroyModule(Module);
    }
}

void LdrpDereference(LDRP_MODULE *Module)
{
    static ULONG Depth; /* loader lock */

    if (Module->Node.LoadCount == LDRP_PINNED || Module->Node.LoadCount == 0)
        return;
    LdrpSetReferences(Module, Module->Node.LoadCount - 1);
    if (Module->Node.LoadCount != 0 && Module->Dependencies == NULL)
        return;
    if (Module->Node.LoadCount == 0)
        Mark(Module);
    else
        MarkUnreachable();
    if (!Module->Marked)
        return;
    Depth++;
    DetachMarked();
    if (--Depth == 0)
        DestroyMarked();
}

NTSTATUS NTAPI LdrUnloadDll(PVOID Base)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (LdrpData.ShutdownInProgress)
        return STATUS_SUCCESS;
    LdrpLock();
    LDRP_MODULE *Module = LdrpFindByBase(Base);
    if (Module == NULL)
        Status = STATUS_DLL_NOT_FOUND;
    else
        LdrpDereference(Module);
    LdrpUnlock();
    return Status;
}
