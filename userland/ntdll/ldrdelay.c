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

PVOID NTAPI LdrResolveDelayLoadedAPI(PVOID ParentBase, PCIMAGE_DELAYLOAD_DESCRIPTOR Descriptor, PVOID FailureDllHook, PVOID FailureSystemHook,
                                     PIMAGE_THUNK_DATA Thunk, ULONG Flags)
{
    PVOID Base = NULL, Address = NULL;
    ULONG Old;

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
    if (NT_SUCCESS(Status)) {
        ULONG Rva = (ULONG)((UCHAR *)Thunk - Image);
        Status = LdrpUnprotect(Parent, Rva, sizeof *Thunk, &Old);
        if (NT_SUCCESS(Status)) {
            Thunk->u1.Function = (ULONG_PTR)Address;
            LdrpReprotect(Parent, Rva, sizeof *Thunk, Old);
        }
        Status = STATUS_SUCCESS; /* an address that could not be stored is still the address */
    }
    LdrpUnlock();
    if (NT_SUCCESS(Status))
        return Address;
    return AskHooks(Parent, Descriptor, Thunk, Name, Base, Status, (FAILURE_DLL_HOOK)FailureDllHook,
                    (FAILURE_SYSTEM_HOOK)FailureSystemHook);
}

PVOID NTAPI LdrResolveDelayLoadsFromDll(PVOID Parent, PCSTR Name, ULONG Flags)
{
    UNUSED(Parent);
    UNUSED(Name);
    UNUSED(Flags);
    return (PVOID)(LONG_PTR)RtlpNotImplemented("LdrResolveDelayLoadsFromDll");
}
