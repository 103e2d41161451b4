/* SPDX-License-Identifier: MIT */
/*
 * services.c - exports that are not there yet in substance: each names itself in the kernel's log and fails as its interface fails.
 *
 * Event tracing is the exception: registering a provider that nobody listens to succeeds on Windows, and so it does here; no event goes anywhere.
 */
#include "ntdllp.h"

ULONG NTAPI EtwEventRegister(LPCGUID Provider, PVOID Callback, PVOID Context, PULONGLONG Handle)
{
    UNUSED(Provider);
    UNUSED(Callback);
    UNUSED(Context);
    *Handle = 1;
    return ERROR_SUCCESS;
}

ULONG NTAPI EtwEventUnregister(ULONGLONG Handle)
{
    return Handle == 1 ? ERROR_SUCCESS : ERROR_INVALID_HANDLE;
}

ULONG NTAPI EtwEventSetInformation(ULONGLONG Handle, ULONG Class, PVOID Information, ULONG Length)
{
    UNUSED(Class);
    UNUSED(Information);
    UNUSED(Length);
    return Handle == 1 ? ERROR_SUCCESS : ERROR_INVALID_HANDLE;
}

ULONG NTAPI EtwEventWrite(ULONGLONG Handle, PVOID Descriptor, ULONG Count, PVOID Data)
{
    UNUSED(Descriptor);
    UNUSED(Count);
    UNUSED(Data);
    return Handle == 1 ? ERROR_SUCCESS : ERROR_INVALID_HANDLE;
}

ULONG NTAPI EtwEventWriteTransfer(ULONGLONG Handle, PVOID Descriptor, PVOID Activity, PVOID Related, ULONG Count, PVOID Data)
{
    UNUSED(Activity);
    UNUSED(Related);
    return EtwEventWrite(Handle, Descriptor, Count, Data);
}

BOOLEAN NTAPI EtwEventEnabled(ULONGLONG Handle, PVOID Descriptor)
{
    UNUSED(Handle);
    UNUSED(Descriptor);
    return FALSE;
}

BOOLEAN NTAPI EtwEventProviderEnabled(ULONGLONG Handle, UCHAR Level, ULONGLONG Keyword)
{
    UNUSED(Handle);
    UNUSED(Level);
    UNUSED(Keyword);
    return FALSE;
}

NTSTATUS NTAPI RtlRemoteCall(HANDLE Process, HANDLE Thread, PVOID CallSite, ULONG Count, PULONG_PTR Arguments, BOOLEAN PassContext,
                             BOOLEAN AlreadySuspended)
{
    UNUSED(Process);
    UNUSED(Thread);
    UNUSED(CallSite);
    UNUSED(Count);
    UNUSED(Arguments);
    UNUSED(PassContext);
    UNUSED(AlreadySuspended);
    return RtlpNotImplemented("RtlRemoteCall");
}

NTSTATUS NTAPI RtlQueryPackageIdentity(HANDLE Token, PWSTR FullName, PSIZE_T FullNameSize, PWSTR AppId, PSIZE_T AppIdSize, PBOOLEAN Packaged)
{
    UNUSED(Token);
    UNUSED(FullName);
    UNUSED(FullNameSize);
    UNUSED(AppId);
    UNUSED(AppIdSize);
    UNUSED(Packaged);
    return STATUS_NOT_FOUND; /* what an unpackaged process is told */
}

/* WOW64 does not exist: the answers of a native process. */
NTSTATUS NTAPI RtlWow64EnableFsRedirection(BOOLEAN Enable)
{
    UNUSED(Enable);
    return STATUS_NOT_IMPLEMENTED;
}

NTSTATUS NTAPI RtlWow64EnableFsRedirectionEx(PVOID Disable, PVOID *Old)
{
    UNUSED(Disable);
    UNUSED(Old);
    return STATUS_NOT_IMPLEMENTED;
}

VOID NTAPI WinSqmSetDWORD(PVOID Session, ULONG Id, ULONG Value)
{
    UNUSED(Session);
    UNUSED(Id);
    UNUSED(Value);
}

BOOLEAN NTAPI WinSqmIsOptedIn(VOID)
{
    return FALSE;
}

/* ---- the registry and debug buffers: not there ------------------------------------------------------------------------------------------------ */

NTSTATUS NTAPI RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path)
{
    UNUSED(RelativeTo);
    UNUSED(Path);
    return RtlpNotImplemented("RtlCheckRegistryKey");
}

NTSTATUS NTAPI RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PVOID QueryTable, PVOID Context, PVOID Environment)
{
    UNUSED(RelativeTo);
    UNUSED(Path);
    UNUSED(QueryTable);
    UNUSED(Context);
    UNUSED(Environment);
    return RtlpNotImplemented("RtlQueryRegistryValues");
}

PVOID NTAPI RtlCreateQueryDebugBuffer(ULONG Size, BOOLEAN EventPair)
{
    UNUSED(Size);
    UNUSED(EventPair);
    RtlpNotImplemented("RtlCreateQueryDebugBuffer");
    return NULL;
}

NTSTATUS NTAPI RtlDestroyQueryDebugBuffer(PVOID Buffer)
{
    UNUSED(Buffer);
    return RtlpNotImplemented("RtlDestroyQueryDebugBuffer");
}

NTSTATUS NTAPI RtlQueryProcessDebugInformation(HANDLE ProcessId, ULONG Flags, PVOID Buffer)
{
    UNUSED(ProcessId);
    UNUSED(Flags);
    UNUSED(Buffer);
    return RtlpNotImplemented("RtlQueryProcessDebugInformation");
}

/* ---- the thread's transaction: a value nobody but its owner looks at --------------------------------------------------------------------------- */

HANDLE NTAPI RtlGetCurrentTransaction(VOID)
{
    return Teb()->CurrentTransactionHandle;
}

BOOL NTAPI RtlSetCurrentTransaction(HANDLE Transaction)
{
    Teb()->CurrentTransactionHandle = Transaction;
    return TRUE;
}
