/* SPDX-License-Identifier: MIT */
/*
 * objsec.c - Get/SetSecurityInfo and Get/SetNamedSecurityInfo: descriptors of objects by handle or name, in parts.
 *
 * Kernel objects and files are known; services, printers, registry keys, shares and directory objects do not exist here
 * (ERROR_NOT_SUPPORTED... as Windows answers for what an object type cannot do).  These calls return the error instead of setting it.
 */
#include "adv.h"

DWORD AdvSecurityAccess(SECURITY_INFORMATION Information, BOOL Set);

/* The descriptor in a LocalAlloc block, and pointers into it. */
static DWORD ReadDescriptor(HANDLE Handle, SECURITY_INFORMATION Information, PSID *Owner, PSID *Group, PACL *Dacl, PACL *Sacl,
                            PSECURITY_DESCRIPTOR *Result)
{
    ULONG Length = 256;
    PSECURITY_DESCRIPTOR Descriptor;
    BOOLEAN Flag;
    NTSTATUS Status;

    if (Result == NULL && Owner == NULL && Group == NULL && Dacl == NULL && Sacl == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    for (;;) {
        Descriptor = AdvAllocate(Length);
        if (Descriptor == NULL) {
            return ERROR_NOT_ENOUGH_MEMORY;
        }
        Status = NtQuerySecurityObject(Handle, Information, Descriptor, Length, &Length);
        if (Status != STATUS_BUFFER_TOO_SMALL) {
            break;
        }
        AdvFree(Descriptor);
    }
    if (!NT_SUCCESS(Status)) {
        AdvFree(Descriptor);
        return AdvError(Status);
    }
    BOOLEAN Present;
    if (Owner != NULL && (Information & OWNER_SECURITY_INFORMATION)) {
        RtlGetOwnerSecurityDescriptor(Descriptor, Owner, &Flag);
    }
    if (Group != NULL && (Information & GROUP_SECURITY_INFORMATION)) {
        RtlGetGroupSecurityDescriptor(Descriptor, Group, &Flag);
    }
    if (Dacl != NULL && (Information & DACL_SECURITY_INFORMATION)) {
        *Dacl = NULL;
        RtlGetDaclSecurityDescriptor(Descriptor, &Present, Dacl, &Flag);
    }
    if (Sacl != NULL && (Information & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION))) {
        *Sacl = NULL;
        RtlGetSaclSecurityDescriptor(Descriptor, &Present, Sacl, &Flag);
    }
    if (Result != NULL) {
        *Result = Descriptor;
    }
    return ERROR_SUCCESS;
}

static DWORD WriteDescriptor(HANDLE Handle, SECURITY_INFORMATION Information, PSID Owner, PSID Group, PACL Dacl, PACL Sacl)
{
    SECURITY_DESCRIPTOR Descriptor;
    NTSTATUS Status = RtlCreateSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION);

    if (NT_SUCCESS(Status) && (Information & OWNER_SECURITY_INFORMATION)) {
        Status = RtlSetOwnerSecurityDescriptor(&Descriptor, Owner, FALSE);
    }
    if (NT_SUCCESS(Status) && (Information & GROUP_SECURITY_INFORMATION)) {
        Status = RtlSetGroupSecurityDescriptor(&Descriptor, Group, FALSE);
    }
    if (NT_SUCCESS(Status) && (Information & DACL_SECURITY_INFORMATION)) {
        Status = RtlSetDaclSecurityDescriptor(&Descriptor, TRUE, Dacl, FALSE);
        Descriptor.Control |= Information & PROTECTED_DACL_SECURITY_INFORMATION ? SE_DACL_PROTECTED : 0;
    }
    if (NT_SUCCESS(Status) && (Information & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION))) {
        Status = RtlSetSaclSecurityDescriptor(&Descriptor, TRUE, Sacl, FALSE);
    }
    if (NT_SUCCESS(Status)) {
        Status = NtSetSecurityObject(Handle, Information & 0xFF, &Descriptor);
    }
    return AdvError(Status);
}

static DWORD CheckType(SE_OBJECT_TYPE Type, const char *Name)
{
    if (Type == SE_FILE_OBJECT || Type == SE_KERNEL_OBJECT || Type == SE_WINDOW_OBJECT) {
        return ERROR_SUCCESS;
    }
    if (Type == SE_UNKNOWN_OBJECT_TYPE || Type > SE_REGISTRY_WOW64_32KEY) {
        return ERROR_INVALID_PARAMETER;
    }
    AdvNotThere(Name);
    return ERROR_NOT_SUPPORTED;
}

DWORD WINAPI GetSecurityInfo(HANDLE Handle, SE_OBJECT_TYPE Type, SECURITY_INFORMATION Information, PSID *Owner, PSID *Group, PACL *Dacl, PACL *Sacl,
                             PSECURITY_DESCRIPTOR *Descriptor)
{
    DWORD Error = CheckType(Type, "GetSecurityInfo of this object type");

    if (Handle == NULL) {
        return ERROR_INVALID_HANDLE;
    }
    return Error != ERROR_SUCCESS ? Error : ReadDescriptor(Handle, Information, Owner, Group, Dacl, Sacl, Descriptor);
}

DWORD WINAPI SetSecurityInfo(HANDLE Handle, SE_OBJECT_TYPE Type, SECURITY_INFORMATION Information, PSID Owner, PSID Group, PACL Dacl, PACL Sacl)
{
    DWORD Error = CheckType(Type, "SetSecurityInfo of this object type");

    return Error != ERROR_SUCCESS ? Error : WriteDescriptor(Handle, Information, Owner, Group, Dacl, Sacl);
}

/* A named kernel object: each type that has names is tried. */
static DWORD OpenKernelObject(LPCWSTR Name, DWORD Access, PHANDLE Handle)
{
    *Handle = OpenEventW(Access, FALSE, Name);
    if (*Handle == NULL && RtlGetLastWin32Error() == ERROR_INVALID_HANDLE) {
        *Handle = OpenMutexW(Access, FALSE, Name);
    }
    if (*Handle == NULL && RtlGetLastWin32Error() == ERROR_INVALID_HANDLE) {
        *Handle = OpenSemaphoreW(Access, FALSE, Name);
    }
    if (*Handle == NULL && RtlGetLastWin32Error() == ERROR_INVALID_HANDLE) {
        *Handle = OpenWaitableTimerW(Access, FALSE, Name);
    }
    if (*Handle == NULL && RtlGetLastWin32Error() == ERROR_INVALID_HANDLE) {
        *Handle = OpenFileMappingW(Access, FALSE, Name);
    }
    return *Handle != NULL ? ERROR_SUCCESS : RtlGetLastWin32Error();
}

static DWORD OpenNamed(LPCWSTR Name, SE_OBJECT_TYPE Type, DWORD Access, PHANDLE Handle)
{
    if (Name == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    if (Type == SE_KERNEL_OBJECT) {
        return OpenKernelObject(Name, Access, Handle);
    }
    *Handle = CreateFileW(Name, Access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    return *Handle != INVALID_HANDLE_VALUE ? ERROR_SUCCESS : RtlGetLastWin32Error();
}

DWORD WINAPI GetNamedSecurityInfoW(LPCWSTR Name, SE_OBJECT_TYPE Type, SECURITY_INFORMATION Information, PSID *Owner, PSID *Group, PACL *Dacl,
                                   PACL *Sacl, PSECURITY_DESCRIPTOR *Descriptor)
{
    DWORD Error = CheckType(Type, "GetNamedSecurityInfo of this object type");
    HANDLE Handle;

    if (Error == ERROR_SUCCESS) {
        Error = OpenNamed(Name, Type, AdvSecurityAccess(Information, FALSE), &Handle);
    }
    if (Error != ERROR_SUCCESS) {
        return Error;
    }
    Error = ReadDescriptor(Handle, Information, Owner, Group, Dacl, Sacl, Descriptor);
    NtClose(Handle);
    return Error;
}

DWORD WINAPI GetNamedSecurityInfoA(LPCSTR Name, SE_OBJECT_TYPE Type, SECURITY_INFORMATION Information, PSID *Owner, PSID *Group, PACL *Dacl,
                                   PACL *Sacl, PSECURITY_DESCRIPTOR *Descriptor)
{
    LPWSTR Wide = AdvWide(Name);
    DWORD Error = GetNamedSecurityInfoW(Wide, Type, Information, Owner, Group, Dacl, Sacl, Descriptor);

    AdvFree(Wide);
    return Error;
}

DWORD WINAPI SetNamedSecurityInfoW(LPWSTR Name, SE_OBJECT_TYPE Type, SECURITY_INFORMATION Information, PSID Owner, PSID Group, PACL Dacl, PACL Sacl)
{
    DWORD Error = CheckType(Type, "SetNamedSecurityInfo of this object type");
    HANDLE Handle;

    if (Error == ERROR_SUCCESS) {
        Error = OpenNamed(Name, Type, AdvSecurityAccess(Information, TRUE), &Handle);
    }
    if (Error != ERROR_SUCCESS) {
        return Error;
    }
    Error = WriteDescriptor(Handle, Information, Owner, Group, Dacl, Sacl);
    NtClose(Handle);
    return Error;
}

DWORD WINAPI SetNamedSecurityInfoA(LPSTR Name, SE_OBJECT_TYPE Type, SECURITY_INFORMATION Information, PSID Owner, PSID Group, PACL Dacl, PACL Sacl)
{
    LPWSTR Wide = AdvWide(Name);
    DWORD Error = SetNamedSecurityInfoW(Wide, Type, Information, Owner, Group, Dacl, Sacl);

    AdvFree(Wide);
    return Error;
}
