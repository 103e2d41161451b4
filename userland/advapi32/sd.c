/* SPDX-License-Identifier: MIT */
/*
 * sd.c - security descriptors: made, taken apart, turned from one form to the other; those of kernel objects and files.
 */
#include "adv.h"

BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, DWORD Revision)
{
    return AdvResult(RtlCreateSecurityDescriptor(Descriptor, Revision));
}

BOOL WINAPI IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor)
{
    return RtlValidSecurityDescriptor(Descriptor) || AdvFail(ERROR_INVALID_SECURITY_DESCR);
}

DWORD WINAPI GetSecurityDescriptorLength(PSECURITY_DESCRIPTOR Descriptor)
{
    return RtlLengthSecurityDescriptor(Descriptor);
}

static BOOL GetAcl(NTSTATUS(NTAPI *Get)(PSECURITY_DESCRIPTOR, PBOOLEAN, PACL *, PBOOLEAN), PSECURITY_DESCRIPTOR Descriptor, LPBOOL Present, PACL *Acl,
                   LPBOOL Defaulted)
{
    BOOLEAN IsPresent = FALSE, IsDefaulted = FALSE;
    NTSTATUS Status = Get(Descriptor, &IsPresent, Acl, &IsDefaulted);

    if (NT_SUCCESS(Status)) {
        *Present = IsPresent;
        if (IsPresent) {
            *Defaulted = IsDefaulted;
        }
    }
    return AdvResult(Status);
}

BOOL WINAPI GetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR Descriptor, LPBOOL Present, PACL *Acl, LPBOOL Defaulted)
{
    return GetAcl(RtlGetDaclSecurityDescriptor, Descriptor, Present, Acl, Defaulted);
}

BOOL WINAPI GetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR Descriptor, LPBOOL Present, PACL *Acl, LPBOOL Defaulted)
{
    return GetAcl(RtlGetSaclSecurityDescriptor, Descriptor, Present, Acl, Defaulted);
}

BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR Descriptor, BOOL Present, PACL Acl, BOOL Defaulted)
{
    return AdvResult(RtlSetDaclSecurityDescriptor(Descriptor, Present != FALSE, Acl, Defaulted != FALSE));
}

BOOL WINAPI SetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR Descriptor, BOOL Present, PACL Acl, BOOL Defaulted)
{
    return AdvResult(RtlSetSaclSecurityDescriptor(Descriptor, Present != FALSE, Acl, Defaulted != FALSE));
}

static BOOL GetSid(NTSTATUS(NTAPI *Get)(PSECURITY_DESCRIPTOR, PSID *, PBOOLEAN), PSECURITY_DESCRIPTOR Descriptor, PSID *Sid, LPBOOL Defaulted)
{
    BOOLEAN IsDefaulted = FALSE;
    NTSTATUS Status = Get(Descriptor, Sid, &IsDefaulted);

    if (NT_SUCCESS(Status)) {
        *Defaulted = IsDefaulted;
    }
    return AdvResult(Status);
}

BOOL WINAPI GetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR Descriptor, PSID *Owner, LPBOOL Defaulted)
{
    return GetSid(RtlGetOwnerSecurityDescriptor, Descriptor, Owner, Defaulted);
}

BOOL WINAPI GetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR Descriptor, PSID *Group, LPBOOL Defaulted)
{
    return GetSid(RtlGetGroupSecurityDescriptor, Descriptor, Group, Defaulted);
}

BOOL WINAPI SetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR Descriptor, PSID Owner, BOOL Defaulted)
{
    return AdvResult(RtlSetOwnerSecurityDescriptor(Descriptor, Owner, Defaulted != FALSE));
}

BOOL WINAPI SetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR Descriptor, PSID Group, BOOL Defaulted)
{
    return AdvResult(RtlSetGroupSecurityDescriptor(Descriptor, Group, Defaulted != FALSE));
}

BOOL WINAPI GetSecurityDescriptorControl(PSECURITY_DESCRIPTOR Descriptor, PSECURITY_DESCRIPTOR_CONTROL Control, LPDWORD Revision)
{
    return AdvResult(RtlGetControlSecurityDescriptor(Descriptor, Control, Revision));
}

BOOL WINAPI SetSecurityDescriptorControl(PSECURITY_DESCRIPTOR Descriptor, SECURITY_DESCRIPTOR_CONTROL Interest, SECURITY_DESCRIPTOR_CONTROL Set)
{
    return AdvResult(RtlSetControlSecurityDescriptor(Descriptor, Interest, Set));
}

BOOL WINAPI MakeSelfRelativeSD(PSECURITY_DESCRIPTOR Absolute, PSECURITY_DESCRIPTOR Relative, LPDWORD Length)
{
    return AdvResult(RtlAbsoluteToSelfRelativeSD(Absolute, Relative, Length));
}

BOOL WINAPI MakeAbsoluteSD(PSECURITY_DESCRIPTOR Relative, PSECURITY_DESCRIPTOR Absolute, LPDWORD AbsoluteSize, PACL Dacl, LPDWORD DaclSize, PACL Sacl,
                           LPDWORD SaclSize, PSID Owner, LPDWORD OwnerSize, PSID Group, LPDWORD GroupSize)
{
    return AdvResult(RtlSelfRelativeToAbsoluteSD(Relative, Absolute, AbsoluteSize, Dacl, DaclSize, Sacl, SaclSize, Owner, OwnerSize, Group, GroupSize));
}

/* ---- of kernel objects and files ------------------------------------------------------------------------------------------------------------ */

BOOL WINAPI GetKernelObjectSecurity(HANDLE Handle, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor, DWORD Length, LPDWORD Needed)
{
    return AdvResult(NtQuerySecurityObject(Handle, Information, Descriptor, Length, Needed));
}

BOOL WINAPI SetKernelObjectSecurity(HANDLE Handle, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor)
{
    return AdvResult(NtSetSecurityObject(Handle, Information, Descriptor));
}

/* The rights an open needs to read or write the parts of a descriptor that Information names. */
DWORD AdvSecurityAccess(SECURITY_INFORMATION Information, BOOL Set)
{
    DWORD Access = 0;

    if (Information & SACL_SECURITY_INFORMATION) {
        Access |= ACCESS_SYSTEM_SECURITY;
    }
    if (!Set) {
        return Access | (Information & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)
                             ? READ_CONTROL
                             : 0);
    }
    if (Information & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)) {
        Access |= WRITE_OWNER;
    }
    if (Information & DACL_SECURITY_INFORMATION) {
        Access |= WRITE_DAC;
    }
    return Access;
}

static HANDLE OpenForSecurity(LPCWSTR Name, DWORD Access)
{
    return CreateFileW(Name, Access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
}

BOOL WINAPI GetFileSecurityW(LPCWSTR Name, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor, DWORD Length, LPDWORD Needed)
{
    HANDLE File = OpenForSecurity(Name, AdvSecurityAccess(Information, FALSE));

    if (File == INVALID_HANDLE_VALUE) {
        return FALSE;
    }
    NTSTATUS Status = NtQuerySecurityObject(File, Information, Descriptor, Length, Needed);
    NtClose(File);
    return AdvResult(Status);
}

BOOL WINAPI GetFileSecurityA(LPCSTR Name, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor, DWORD Length, LPDWORD Needed)
{
    LPWSTR Wide = AdvWide(Name);
    BOOL Done = Wide != NULL && GetFileSecurityW(Wide, Information, Descriptor, Length, Needed);

    AdvFree(Wide);
    return Done;
}

BOOL WINAPI SetFileSecurityW(LPCWSTR Name, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor)
{
    HANDLE File;

    if (!RtlValidSecurityDescriptor(Descriptor)) {
        return AdvFail(ERROR_INVALID_SECURITY_DESCR);
    }
    File = OpenForSecurity(Name, AdvSecurityAccess(Information, TRUE));
    if (File == INVALID_HANDLE_VALUE) {
        return FALSE;
    }
    NTSTATUS Status = NtSetSecurityObject(File, Information, Descriptor);
    NtClose(File);
    return AdvResult(Status);
}

BOOL WINAPI SetFileSecurityA(LPCSTR Name, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor)
{
    LPWSTR Wide = AdvWide(Name);
    BOOL Done = Wide != NULL && SetFileSecurityW(Wide, Information, Descriptor);

    AdvFree(Wide);
    return Done;
}
