/* SPDX-License-Identifier: MIT */
/*
 * secapi.h - ntdll's routines on SIDs, ACLs and security descriptors, and the services for tokens and checks that ntapi.h does not name.
 */
#ifndef NASCENT_SECAPI_H
#define NASCENT_SECAPI_H

#include "ntapi.h"

NTSYSAPI BOOLEAN NTAPI RtlEqualPrefixSid(PSID First, PSID Second);
NTSYSAPI ULONG NTAPI RtlLengthRequiredSid(ULONG Count);
NTCALL RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY Authority, UCHAR Count, ULONG S0, ULONG S1, ULONG S2, ULONG S3, ULONG S4, ULONG S5,
                                   ULONG S6, ULONG S7, PSID *Sid);
NTSYSAPI PVOID NTAPI RtlFreeSid(PSID Sid);
NTCALL RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY Authority, UCHAR Count);
NTSYSAPI PSID_IDENTIFIER_AUTHORITY NTAPI RtlIdentifierAuthoritySid(PSID Sid);
NTSYSAPI PULONG NTAPI RtlSubAuthoritySid(PSID Sid, ULONG Index);
NTSYSAPI PUCHAR NTAPI RtlSubAuthorityCountSid(PSID Sid);

NTCALL RtlCreateAcl(PACL Acl, ULONG Length, ULONG Revision);
NTSYSAPI BOOLEAN NTAPI RtlValidAcl(PACL Acl);
NTCALL RtlQueryInformationAcl(PACL Acl, PVOID Information, ULONG Length, ACL_INFORMATION_CLASS Class);
NTCALL RtlAddAce(PACL Acl, ULONG Revision, ULONG Index, PVOID Aces, ULONG Length);
NTCALL RtlDeleteAce(PACL Acl, ULONG Index);
NTCALL RtlGetAce(PACL Acl, ULONG Index, PVOID *Ace);
NTSYSAPI BOOLEAN NTAPI RtlFirstFreeAce(PACL Acl, PVOID *Ace);
NTCALL RtlAddAccessAllowedAce(PACL Acl, ULONG Revision, ACCESS_MASK Mask, PSID Sid);
NTCALL RtlAddAccessAllowedAceEx(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, PSID Sid);
NTCALL RtlAddAccessDeniedAce(PACL Acl, ULONG Revision, ACCESS_MASK Mask, PSID Sid);
NTCALL RtlAddAccessDeniedAceEx(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, PSID Sid);
NTCALL RtlAddAuditAccessAce(PACL Acl, ULONG Revision, ACCESS_MASK Mask, PSID Sid, BOOLEAN Success, BOOLEAN Failure);
NTCALL RtlAddMandatoryAce(PACL Acl, ULONG Revision, ULONG Flags, PSID Sid, UCHAR Type, ACCESS_MASK Mask);
NTCALL RtlAddAuditAccessAceEx(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, PSID Sid, BOOLEAN Success, BOOLEAN Failure);
NTCALL RtlAddAccessAllowedObjectAce(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, GUID *Object, GUID *Inherited, PSID Sid);
NTCALL RtlAddAccessDeniedObjectAce(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, GUID *Object, GUID *Inherited, PSID Sid);
NTCALL RtlAddAuditAccessObjectAce(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, GUID *Object, GUID *Inherited, PSID Sid, BOOLEAN Success,
                                  BOOLEAN Failure);
NTCALL RtlSetInformationAcl(PACL Acl, PVOID Information, ULONG Length, ACL_INFORMATION_CLASS Class);
NTSYSAPI VOID NTAPI RtlMapGenericMask(PACCESS_MASK Mask, PGENERIC_MAPPING Mapping);

NTSYSAPI BOOLEAN NTAPI RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor);
NTSYSAPI BOOLEAN NTAPI RtlValidRelativeSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Length, SECURITY_INFORMATION Required);
NTSYSAPI ULONG NTAPI RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor);
NTCALL RtlSetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, BOOLEAN Present, PACL Acl, BOOLEAN Defaulted);
NTCALL RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID Owner, BOOLEAN Defaulted);
NTCALL RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID Group, BOOLEAN Defaulted);
NTCALL RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PBOOLEAN Present, PACL *Acl, PBOOLEAN Defaulted);
NTCALL RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PBOOLEAN Present, PACL *Acl, PBOOLEAN Defaulted);
NTCALL RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID *Owner, PBOOLEAN Defaulted);
NTCALL RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID *Group, PBOOLEAN Defaulted);
NTCALL RtlGetControlSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSECURITY_DESCRIPTOR_CONTROL Control, PULONG Revision);
NTCALL RtlSetControlSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, SECURITY_DESCRIPTOR_CONTROL Interest, SECURITY_DESCRIPTOR_CONTROL Set);
NTCALL RtlMakeSelfRelativeSD(PSECURITY_DESCRIPTOR Source, PSECURITY_DESCRIPTOR Target, PULONG Length);
NTCALL RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR Source, PSECURITY_DESCRIPTOR Target, PULONG Length);
NTCALL RtlSelfRelativeToAbsoluteSD(PSECURITY_DESCRIPTOR Source, PSECURITY_DESCRIPTOR Target, PULONG TargetSize, PACL Dacl, PULONG DaclSize, PACL Sacl,
                                   PULONG SaclSize, PSID Owner, PULONG OwnerSize, PSID Group, PULONG GroupSize);

NTSYSAPI BOOLEAN NTAPI RtlGetSecurityDescriptorRMControl(PSECURITY_DESCRIPTOR Descriptor, PUCHAR Control);
NTSYSAPI VOID NTAPI RtlSetSecurityDescriptorRMControl(PSECURITY_DESCRIPTOR Descriptor, PUCHAR Control);

/* Private objects: ntdll/secobj.c. */
NTCALL RtlNewSecurityObject(PSECURITY_DESCRIPTOR Parent, PSECURITY_DESCRIPTOR Creator, PSECURITY_DESCRIPTOR *New, BOOLEAN IsDirectory, HANDLE Token,
                            PGENERIC_MAPPING Mapping);
NTCALL RtlNewSecurityObjectEx(PSECURITY_DESCRIPTOR Parent, PSECURITY_DESCRIPTOR Creator, PSECURITY_DESCRIPTOR *New, GUID *ObjectType,
                              BOOLEAN IsDirectory, ULONG AutoInheritFlags, HANDLE Token, PGENERIC_MAPPING Mapping);
NTCALL RtlNewSecurityObjectWithMultipleInheritance(PSECURITY_DESCRIPTOR Parent, PSECURITY_DESCRIPTOR Creator, PSECURITY_DESCRIPTOR *New,
                                                   GUID **ObjectTypes, ULONG GuidCount, BOOLEAN IsDirectory, ULONG AutoInheritFlags, HANDLE Token,
                                                   PGENERIC_MAPPING Mapping);
NTCALL RtlConvertToAutoInheritSecurityObject(PSECURITY_DESCRIPTOR Parent, PSECURITY_DESCRIPTOR Current, PSECURITY_DESCRIPTOR *New, GUID *ObjectType,
                                             BOOLEAN IsDirectory, PGENERIC_MAPPING Mapping);
NTCALL RtlQuerySecurityObject(PSECURITY_DESCRIPTOR Descriptor, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Result, ULONG Length,
                              PULONG ReturnLength);
NTCALL RtlSetSecurityObject(SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Modification, PSECURITY_DESCRIPTOR *Descriptor,
                            PGENERIC_MAPPING Mapping, HANDLE Token);
NTCALL RtlSetSecurityObjectEx(SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Modification, PSECURITY_DESCRIPTOR *Descriptor,
                              ULONG AutoInheritFlags, PGENERIC_MAPPING Mapping, HANDLE Token);
NTCALL RtlDeleteSecurityObject(PSECURITY_DESCRIPTOR *Descriptor);

/* ntdll/secrtl.c */
#ifndef CTMF_VALID_FLAGS
#define CTMF_VALID_FLAGS 0x1u
#endif
NTCALL RtlImpersonateSelf(SECURITY_IMPERSONATION_LEVEL Level);
NTCALL RtlCheckTokenMembership(HANDLE Token, PSID Sid, PBOOLEAN Member);
NTCALL RtlCheckTokenMembershipEx(HANDLE Token, PSID Sid, ULONG Flags, PBOOLEAN Member);
NTCALL RtlCheckTokenCapability(HANDLE Token, PSID Capability, PBOOLEAN Has);

NTCALL NtAccessCheckByType(PSECURITY_DESCRIPTOR Descriptor, PSID PrincipalSelf, HANDLE Token, ACCESS_MASK Access, POBJECT_TYPE_LIST Types,
                           ULONG TypeCount, PGENERIC_MAPPING Mapping, PPRIVILEGE_SET Privileges, PULONG Length, PACCESS_MASK Granted,
                           PNTSTATUS AccessStatus);
NTCALL NtAccessCheckByTypeResultList(PSECURITY_DESCRIPTOR Descriptor, PSID PrincipalSelf, HANDLE Token, ACCESS_MASK Access, POBJECT_TYPE_LIST Types,
                                     ULONG TypeCount, PGENERIC_MAPPING Mapping, PPRIVILEGE_SET Privileges, PULONG Length, PACCESS_MASK Granted,
                                     PNTSTATUS AccessStatus);
NTCALL NtCompareTokens(HANDLE First, HANDLE Second, PBOOLEAN Equal);
NTCALL NtCreateToken(PHANDLE Token, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, TOKEN_TYPE Type, PLUID AuthenticationId,
                     PLARGE_INTEGER ExpirationTime, PTOKEN_USER User, PTOKEN_GROUPS Groups, PTOKEN_PRIVILEGES Privileges, PTOKEN_OWNER Owner,
                     PTOKEN_PRIMARY_GROUP PrimaryGroup, PTOKEN_DEFAULT_DACL DefaultDacl, PTOKEN_SOURCE Source);

#endif
