/* SPDX-License-Identifier: MIT */
/*
 * ldrload.c - a DLL by name: is it there already, else find, map, load what it needs, bind.
 *
 * The recursion is depth first over the import tables; a module is in the lists before its imports are looked at, so a cycle of imports finds
 * its members mapped, with usable exports, and ends.  Behind a module's last import it is appended to the initialisation list: a DLL
 * stands there behind all it needs, cycles apart.  On failure everything this call mapped is unmapped again.
 */
#include "ldrp.h"

/* "name" -> "name.dll" unless it has a dot; a trailing dot means "no extension" and is dropped. */
static NTSTATUS CompleteName(PCUNICODE_STRING Name, PUNICODE_STRING Result)
{
    ULONG Length = Name->Length / sizeof(WCHAR), Dot = 0;

    if (Length == 0 || Length + 5 > Result->MaximumLength / sizeof(WCHAR))
        return Length == 0 ? STATUS_DLL_NOT_FOUND : STATUS_NAME_TOO_LONG;
    memcpy(Result->Buffer, Name->Buffer, Length * sizeof(WCHAR));
    for (ULONG Index = Length; Index-- != 0 && !RtlpIsSeparator(Name->Buffer[Index]) && Dot == 0;) {
        if (Name->Buffer[Index] == '.')
            Dot = Index + 1;
    }
    if (Dot == 0) {
        memcpy(Result->Buffer + Length, L".dll", 4 * sizeof(WCHAR));
        Length += 4;
    } else if (Dot == Length) {
        Length--;
    }
    Result->Buffer[Length] = 0;
    Result->Length = (USHORT)(Length * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static bool HasPath(PCUNICODE_STRING Name)
{
    for (ULONG Index = 0; Index < Name->Length / sizeof(WCHAR); Index++) {
        if (RtlpIsSeparator(Name->Buffer[Index]) || Name->Buffer[Index] == ':')
            return true;
    }
    return false;
}

LDRP_LOAD LdrpCurrentLoad;

static NTSTATUS PrepareModule(LDRP_MODULE *Module)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (LdrpCurrentLoad.ImageAlone) { /* it stays out of the initialisation list for good, and its entry point is never called */
        Module->Entry.Flags &= ~LDRP_IMAGE_DLL;
        Module->Node.State = LdrModulesReadyToRun;
        return STATUS_SUCCESS;
    }

    Module->Node.State = LdrModulesSnapping;
    if (Module->Entry.Flags & LDRP_IMAGE_DLL)
        Status = LdrpSnapModule(Module);
    if (NT_SUCCESS(Status) && (Module->Entry.Flags & LDRP_IMAGE_DLL))
        Status = LdrpInitializeTls(Module);
    if (!NT_SUCCESS(Status)) {
        Module->Node.State = LdrModulesSnapError;
        return Status;
    }
    Module->Node.State = LdrModulesReadyToInit;
    InsertTailList(&LdrpData.InInitializationOrderModuleList, &Module->Entry.InInitializationOrderLinks);
    return STATUS_SUCCESS;
}

static NTSTATUS LoadNew(PCUNICODE_STRING Name, PCWSTR SearchPath, LDR_DLL_LOAD_REASON Reason, LDRP_MODULE **Module)
{
    WCHAR Buffer[LDRP_MAX_PATH];
    UNICODE_STRING Path = {0, sizeof Buffer, Buffer};
    HANDLE Section;
    NTSTATUS Status = LdrpFindDll(Name, SearchPath, &Path, &Section);

    if (!NT_SUCCESS(Status))
        return Status;
    *Module = LdrpFindByPath(&Path); /* another spelling of a path that is loaded */
    if (*Module != NULL) {
        NtClose(Section);
        LdrpReference(*Module);
        return STATUS_SUCCESS;
    }
    Status = LdrpMapModule(Section, &Path, Reason, Module);
    NtClose(Section);
    if (Status == STATUS_IMAGE_ALREADY_LOADED) {
        LdrpReference(*Module);
        return STATUS_SUCCESS;
    }
    if (!NT_SUCCESS(Status))
        return Status;
    LdrpSetReferences(*Module, LdrpInitializing ? LDRP_PINNED : 1);
    if (LdrpInitializing)
        (*Module)->Entry.Flags |= LDRP_STATIC_LINK | LDRP_PROCESS_STATIC_IMPORT;
    Status = PrepareModule(*Module);
    if (!NT_SUCCESS(Status)) {
        LdrpSetReferences(*Module, 1);
        LdrpDereference(*Module);
    }
    return Status;
}

/* The usual case, apart, so that it takes little of a new thread's stack, whose second page need not be touched: a short name without a path, of a module
 * that is there. */
#define SHORT_NAME 64u
static __attribute__((noinline)) LDRP_MODULE *FindByShortName(PCUNICODE_STRING Name)
{
    WCHAR Buffer[SHORT_NAME], HostBuffer[SHORT_NAME];
    UNICODE_STRING Full = {0, sizeof Buffer, Buffer}, Host = {0, sizeof HostBuffer, HostBuffer};

    if (HasPath(Name) || !NT_SUCCESS(CompleteName(Name, &Full)))
        return NULL;
    return LdrpFindByName(LdrpResolveApiSet(&Full, &Host) ? &Host : &Full);
}

static __attribute__((noinline)) NTSTATUS LoadByName(PCUNICODE_STRING Name, PCWSTR SearchPath, LDR_DLL_LOAD_REASON Reason, LDRP_MODULE **Module)
{
    WCHAR Buffer[LDRP_MAX_PATH], HostBuffer[LDRP_MAX_NAME];
    UNICODE_STRING Full = {0, sizeof Buffer, Buffer}, Host = {0, sizeof HostBuffer, HostBuffer};
    NTSTATUS Status = CompleteName(Name, &Full);

    if (!NT_SUCCESS(Status))
        return Status;
    PCUNICODE_STRING Real = LdrpResolveApiSet(&Full, &Host) ? &Host : &Full;
    if (!HasPath(Real)) { /* a name that FindByShortName had no room for */
        *Module = LdrpFindByName(Real);
        if (*Module != NULL) {
            LdrpReference(*Module);
            return STATUS_SUCCESS;
        }
    }
    LDR_SNAP("loading %wZ\n", Real);
    return LoadNew(Real, SearchPath, Reason, Module);
}

NTSTATUS LdrpLoadDll(PCUNICODE_STRING Name, PCWSTR SearchPath, LDR_DLL_LOAD_REASON Reason, LDRP_MODULE **Module)
{
    *Module = FindByShortName(Name);
    if (*Module == NULL)
        return LoadByName(Name, SearchPath, Reason, Module);
    LdrpReference(*Module);
    return STATUS_SUCCESS;
}

NTSTATUS LdrpLoadByAnsiName(const char *Name, LDR_DLL_LOAD_REASON Reason, LDRP_MODULE *For, LDRP_MODULE **Module)
{
    WCHAR Buffer[LDRP_MAX_NAME];
    UNICODE_STRING Wide = {0, sizeof Buffer, Buffer};
    ULONG Length = 0;

    for (; Name[Length] != 0; Length++) { /* import names are ASCII in practice; others are taken as Latin-1 */
        if (Length == COUNT_OF(Buffer) - 6)
            return STATUS_NAME_TOO_LONG;
        Buffer[Length] = (UCHAR)Name[Length];
    }
    Buffer[Length] = 0;
    Wide.Length = (USHORT)(Length * sizeof(WCHAR));
    NTSTATUS Status = LdrpLoadDll(&Wide, LdrpCurrentLoad.SearchPath, Reason, Module);
    if (NT_SUCCESS(Status) && (*Module)->Entry.ParentDllBase == NULL && *Module != LdrpImage)
        (*Module)->Entry.ParentDllBase = For->Entry.DllBase;
    return Status;
}
