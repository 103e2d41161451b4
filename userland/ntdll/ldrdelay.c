/* SPDX-License-Identifier: MIT */
/*
 * ldrdelay.c - delay-loaded imports: the helper that a DLL's first call through a delay thunk ends in (kernel32!ResolveDelayLoadedAPI).
 *
 * The descriptor gives, as RVAs, the DLL's name, where its handle is kept, and two parallel tables: addresses (the thunks) and names.  On failure
 * the caller's hook may supply an address; without one the system hook (kernel32!DelayLoadFailureHook) raises the classic exception.
 */
#include "ldrp.h"

typedef struct _DELAYLOAD_INFO /* the SDK's delayloadhandler.h; mingw has none */
{
    ULONG Size;
    PCIMAGE_DELAYLOAD_DESCRIPTOR DelayloadDescriptor;
    PIMAGE_THUNK_DATA ThunkAddress;
    LPCSTR TargetDllName;
    struct
    {
        ULONG ImportDescribedByName;
        union {
            LPCSTR Name;
            ULONG Ordinal;
        } Description;
    } TargetApiDescriptor;
    PVOID TargetModuleBase;
    PVOID Unused;
    ULONG LastError;
} DELAYLOAD_INFO, *PDELAYLOAD_INFO;

typedef PVOID(WINAPI *FAILURE_DLL_HOOK)(ULONG Reason, PDELAYLOAD_INFO Info);
typedef PVOID(WINAPI *FAILURE_SYSTEM_HOOK)(PCSTR Dll, PCSTR Procedure);

static NTSTATUS LoadTarget(LDRP_MODULE *Parent, PCIMAGE_DELAYLOAD_DESCRIPTOR Descriptor, PVOID *Base)
{
    UCHAR *Image = Parent->Entry.DllBase;
    PVOID *Handle = (PVOID *)(Image + Descriptor->ModuleHandleRVA);
    LDRP_MODULE *Target;

    *Base = *Handle;
    if (*Base != NULL)
        return STATUS_SUCCESS;
    NTSTATUS Status = LdrpLoadByAnsiName((const char *)Image + Descriptor->DllNameRVA, LoadReasonDelayloadDependency, Parent, &Target);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = LdrpRunInitializers();
    if (!NT_SUCCESS(Status)) {
        LdrpDereference(Target);
        return Status;
    }
    *Handle = *Base = Target->Entry.DllBase;
    return LdrpAddDependency(Parent, Target);
}

static NTSTATUS Resolve(LDRP_MODULE *Parent, PCIMAGE_DELAYLOAD_DESCRIPTOR Descriptor, const IMAGE_THUNK_DATA64 *Name, PVOID *Base,
                        PVOID *Address)
{
    NTSTATUS Status = LoadTarget(Parent, Descriptor, Base);

    if (!NT_SUCCESS(Status))
        return Status;
    LDRP_MODULE *Target = LdrpFindByBase(*Base);
    if (Target == NULL)
        return STATUS_DLL_NOT_FOUND;
    if (IMAGE_SNAP_BY_ORDINAL64(Name->u1.Ordinal))
        return LdrpGetProcedure(Target, NULL, 0, (ULONG)IMAGE_ORDINAL64(Name->u1.Ordinal), Address);
    PIMAGE_IMPORT_BY_NAME ByName = (PVOID)((UCHAR *)Parent->Entry.DllBase + Name->u1.AddressOfData);
    return LdrpGetProcedure(Target, (const char *)ByName->Name, ByName->Hint, 0, Address);
}

static PVOID AskHooks(LDRP_MODULE *Parent, PCIMAGE_DELAYLOAD_DESCRIPTOR Descriptor, PIMAGE_THUNK_DATA Thunk,
                      const IMAGE_THUNK_DATA64 *Name, PVOID Base, NTSTATUS Status, FAILURE_DLL_HOOK DllHook,
                      FAILURE_SYSTEM_HOOK SystemHook)
{
    UCHAR *Image = Parent->Entry.DllBase;
    DELAYLOAD_INFO Info = {.Size = sizeof Info,
                           .DelayloadDescriptor = Descriptor,
                           .ThunkAddress = Thunk,
                           .TargetDllName = (LPCSTR)Image + Descriptor->DllNameRVA,
                           .TargetModuleBase = Base,
                           .LastError = RtlNtStatusToDosError(Status)};
    PCSTR Procedure;
    PVOID Address = NULL;

    if (IMAGE_SNAP_BY_ORDINAL64(Name->u1.Ordinal)) {
        Info.TargetApiDescriptor.Description.Ordinal = (ULONG)IMAGE_ORDINAL64(Name->u1.Ordinal);
        Procedure = (PCSTR)(ULONG_PTR)Info.TargetApiDescriptor.Description.Ordinal;
    } else {
        Info.TargetApiDescriptor.ImportDescribedByName = 1;
        Procedure = (PCSTR)((PIMAGE_IMPORT_BY_NAME)(PVOID)(Image + Name->u1.AddressOfData))->Name;
        Info.TargetApiDescriptor.Description.Name = Procedure;
    }
    if (DllHook != NULL)
        Address = DllHook(4 /* DELAYLOAD_GPA_FAILURE */, &Info);
    if (Address == NULL && SystemHook != NULL)
        Address = SystemHook(Info.TargetDllName, Procedure);
    if (Address == NULL)
        RtlRaiseStatus(Base == NULL ? STATUS_DLL_NOT_FOUND : Status);
    return Address;
}

/* An address that cannot be stored is still the address. */
static void StoreAddress(LDRP_MODULE *Parent, PIMAGE_THUNK_DATA Thunk, PVOID Address)
{
    ULONG Rva = (ULONG)((UCHAR *)Thunk - (UCHAR *)Parent->Entry.DllBase), Old;

    if (NT_SUCCESS(LdrpUnprotect(Parent, Rva, sizeof *Thunk, &Old))) {
        Thunk->u1.Function = (ULONG_PTR)Address;
        LdrpReprotect(Parent, Rva, sizeof *Thunk, Old);
    }
}

PVOID NTAPI LdrResolveDelayLoadedAPI(PVOID ParentBase, PCIMAGE_DELAYLOAD_DESCRIPTOR Descriptor, PVOID FailureDllHook, PVOID FailureSystemHook,
                                     PIMAGE_THUNK_DATA Thunk, ULONG Flags)
{
    PVOID Base = NULL, Address = NULL;

    UNUSED(Flags);
    LdrpLock();
    LDRP_MODULE *Parent = LdrpFindByBase(ParentBase);
    if (Parent == NULL) {
        LdrpUnlock();
        return NULL;
    }
    UCHAR *Image = ParentBase;
    SIZE_T Index = (SIZE_T)(Thunk - (PIMAGE_THUNK_DATA)(PVOID)(Image + Descriptor->ImportAddressTableRVA));
    const IMAGE_THUNK_DATA64 *Name = (const IMAGE_THUNK_DATA64 *)(PVOID)(Image + Descriptor->ImportNameTableRVA) + Index;
    NTSTATUS Status = Resolve(Parent, Descriptor, Name, &Base, &Address);
    if (NT_SUCCESS(Status))
        StoreAddress(Parent, Thunk, Address);
    LdrpUnlock();
    if (NT_SUCCESS(Status))
        return Address;
    return AskHooks(Parent, Descriptor, Thunk, Name, Base, Status, (FAILURE_DLL_HOOK)FailureDllHook,
                    (FAILURE_SYSTEM_HOOK)FailureSystemHook);
}

static NTSTATUS ResolveAll(LDRP_MODULE *Parent, PCIMAGE_DELAYLOAD_DESCRIPTOR Descriptor)
{
    UCHAR *Image = Parent->Entry.DllBase;
    PIMAGE_THUNK_DATA Thunk = (PIMAGE_THUNK_DATA)(PVOID)(Image + Descriptor->ImportAddressTableRVA);
    const IMAGE_THUNK_DATA64 *Name = (const IMAGE_THUNK_DATA64 *)(PVOID)(Image + Descriptor->ImportNameTableRVA);
    NTSTATUS Status = STATUS_SUCCESS;
    PVOID Base, Address;

    for (; Name->u1.AddressOfData != 0 && NT_SUCCESS(Status); Name++, Thunk++) {
        Status = Resolve(Parent, Descriptor, Name, &Base, &Address);
        if (NT_SUCCESS(Status))
            StoreAddress(Parent, Thunk, Address);
    }
    return Status;
}

/* All delayed imports of Parent from the DLL of that name, now.  The result is a status. */
PVOID NTAPI LdrResolveDelayLoadsFromDll(PVOID ParentBase, PCSTR Name, ULONG Flags)
{
    NTSTATUS Status = STATUS_DLL_NOT_FOUND;
    ULONG Size = 0;

    if (Flags != 0)
        return (PVOID)(LONG_PTR)STATUS_INVALID_PARAMETER_3;
    LdrpLock();
    LDRP_MODULE *Parent = LdrpFindByBase(ParentBase);
    PCIMAGE_DELAYLOAD_DESCRIPTOR At =
        Parent != NULL ? RtlImageDirectoryEntryToData(ParentBase, TRUE, IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT, &Size) : NULL;
    for (; At != NULL && Size >= sizeof *At && At->DllNameRVA != 0; At++, Size -= sizeof *At) {
        if (_stricmp((const char *)ParentBase + At->DllNameRVA, Name) == 0) {
            Status = ResolveAll(Parent, At);
            break;
        }
    }
    LdrpUnlock();
    return (PVOID)(LONG_PTR)Status;
}
