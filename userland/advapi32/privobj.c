/* SPDX-License-Identifier: MIT */
/*
 * privobj.c - descriptors of a program's own objects (private objects): ntdll's RtlNewSecurityObject and its kin.
 */
#include "adv.h"

BOOL WINAPI CreatePrivateObjectSecurityWithMultipleInheritance(PSECURITY_DESCRIPTOR Parent, PSECURITY_DESCRIPTOR Creator, PSECURITY_DESCRIPTOR *New,
                                                               GUID **ObjectTypes, ULONG GuidCount, BOOL IsContainer, ULONG AutoInheritFlags,
                                                               HANDLE Token, PGENERIC_MAPPING Mapping)
{
    return AdvResult(RtlNewSecurityObjectWithMultipleInheritance(Parent, Creator, New, ObjectTypes, GuidCount, IsContainer != FALSE, AutoInheritFlags,
                                                                 Token, Mapping));
}

BOOL WINAPI CreatePrivateObjectSecurityEx(PSECURITY_DESCRIPTOR Parent, PSECURITY_DESCRIPTOR Creator, PSECURITY_DESCRIPTOR *New, GUID *ObjectType,
                                          BOOL IsContainer, ULONG AutoInheritFlags, HANDLE Token, PGENERIC_MAPPING Mapping)
{
    return AdvResult(RtlNewSecurityObjectEx(Parent, Creator, New, ObjectType, IsContainer != FALSE, AutoInheritFlags, Token, Mapping));
}

BOOL WINAPI CreatePrivateObjectSecurity(PSECURITY_DESCRIPTOR Parent, PSECURITY_DESCRIPTOR Creator, PSECURITY_DESCRIPTOR *New, BOOL IsDirectory,
                                        HANDLE Token, PGENERIC_MAPPING Mapping)
{
    return AdvResult(RtlNewSecurityObject(Parent, Creator, New, IsDirectory != FALSE, Token, Mapping));
}

BOOL WINAPI ConvertToAutoInheritPrivateObjectSecurity(PSECURITY_DESCRIPTOR Parent, PSECURITY_DESCRIPTOR Current, PSECURITY_DESCRIPTOR *New,
                                                      GUID *ObjectType, BOOLEAN IsDirectory, PGENERIC_MAPPING Mapping)
{
    return AdvResult(RtlConvertToAutoInheritSecurityObject(Parent, Current, New, ObjectType, IsDirectory, Mapping));
}

BOOL WINAPI GetPrivateObjectSecurity(PSECURITY_DESCRIPTOR Object, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Result, DWORD Length,
                                     PDWORD Returned)
{
    return AdvResult(RtlQuerySecurityObject(Object, Information, Result, Length, Returned));
}

BOOL WINAPI SetPrivateObjectSecurityEx(SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Modification, PSECURITY_DESCRIPTOR *Object,
                                       ULONG AutoInheritFlags, PGENERIC_MAPPING Mapping, HANDLE Token)
{
    return AdvResult(RtlSetSecurityObjectEx(Information, Modification, Object, AutoInheritFlags, Mapping, Token));
}

BOOL WINAPI SetPrivateObjectSecurity(SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Modification, PSECURITY_DESCRIPTOR *Object,
                                     PGENERIC_MAPPING Mapping, HANDLE Token)
{
    return AdvResult(RtlSetSecurityObject(Information, Modification, Object, Mapping, Token));
}

BOOL WINAPI DestroyPrivateObjectSecurity(PSECURITY_DESCRIPTOR *Object)
{
    return AdvResult(RtlDeleteSecurityObject(Object));
}

/* The resource manager's byte of a descriptor, which nobody but he looks at. */
DWORD WINAPI GetSecurityDescriptorRMControl(PSECURITY_DESCRIPTOR Descriptor, PUCHAR Control)
{
    return RtlGetSecurityDescriptorRMControl(Descriptor, Control) ? ERROR_SUCCESS : ERROR_INVALID_DATA;
}

DWORD WINAPI SetSecurityDescriptorRMControl(PSECURITY_DESCRIPTOR Descriptor, PUCHAR Control)
{
    RtlSetSecurityDescriptorRMControl(Descriptor, Control);
    return ERROR_SUCCESS;
}
