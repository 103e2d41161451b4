/* SPDX-License-Identifier: MIT */
/*
 * test_security.c - SIDs, ACLs and security descriptors: built, converted, and validated against every truncation and mutation.
 */
#include "hosttest.h"
#include "inherit.h"

typedef struct { SID Head; ULONG More[4]; } SID_BUFFER;

static PSID MakeSid(SID_BUFFER *Buffer, UCHAR Authority, UCHAR Count, ULONG First, ULONG Second)
{
    SID_IDENTIFIER_AUTHORITY Value = { { 0, 0, 0, 0, 0, Authority } };
    assert_status(RtlInitializeSid(&Buffer->Head, &Value, Count), STATUS_SUCCESS);
    for (ULONG Index = 0; Index < Count; Index++)
        *RtlSubAuthoritySid(&Buffer->Head, Index) = Index == 0 ? First : Second;
    return &Buffer->Head;
}

static void test_sid_text(void **State)
{
    (void)State;
    SID_BUFFER Buffer, Copy;
    UNICODE_STRING Text;
    PSID Sid = MakeSid(&Buffer, 5, 2, 32, 544);
    assert_int_equal(RtlLengthSid(Sid), 16);
    assert_true(RtlValidSid(Sid));
    assert_status(RtlConvertSidToUnicodeString(&Text, Sid, TRUE), STATUS_SUCCESS);
    assert_int_equal(wcscmp(Text.Buffer, L"S-1-5-32-544"), 0);
    RtlFreeUnicodeString(&Text);
    wchar_t Small[5];
    Text = (UNICODE_STRING){ 0, sizeof Small, Small };
    assert_status(RtlConvertSidToUnicodeString(&Text, Sid, FALSE), STATUS_BUFFER_OVERFLOW);
    assert_status(RtlCopySid(15, &Copy, Sid), STATUS_BUFFER_TOO_SMALL);
    assert_status(RtlCopySid(16, &Copy, Sid), STATUS_SUCCESS);
    assert_true(RtlEqualSid(&Copy, Sid));
    *RtlSubAuthoritySid(&Copy, 1) = 545;
    assert_false(RtlEqualSid(&Copy, Sid));
    Buffer.Head.SubAuthorityCount = 16;
    assert_false(RtlValidSid(Sid));
}

static void test_acl_holds_what_fits(void **State)
{
    (void)State;
    SID_BUFFER Buffer;
    PVOID Ace;
    PSID Sid = MakeSid(&Buffer, 1, 1, 0, 0);
    ULONG AceSize = 8 + RtlLengthSid(Sid), Size = sizeof(ACL) + 2 * AceSize;
    PACL Acl = malloc(Size);
    assert_status(RtlCreateAcl(Acl, 4, ACL_REVISION), STATUS_BUFFER_TOO_SMALL);
    assert_status(RtlCreateAcl(Acl, Size, 1), STATUS_INVALID_PARAMETER);
    assert_status(RtlCreateAcl(Acl, Size, ACL_REVISION), STATUS_SUCCESS);
    assert_status(RtlAddAccessAllowedAce(Acl, ACL_REVISION, 1, Sid), STATUS_SUCCESS);
    assert_status(RtlAddAccessDeniedAce(Acl, ACL_REVISION, 2, Sid), STATUS_SUCCESS);
    assert_status(RtlAddAccessAllowedAce(Acl, ACL_REVISION, 4, Sid), STATUS_ALLOTTED_SPACE_EXCEEDED);
    assert_true(RtlValidAcl(Acl));
    assert_status(RtlGetAce(Acl, 1, &Ace), STATUS_SUCCESS);
    assert_int_equal(((ACE_HEADER *)Ace)->AceType, ACCESS_DENIED_ACE_TYPE);
    assert_status(RtlGetAce(Acl, 2, &Ace), STATUS_INVALID_PARAMETER);
    assert_status(RtlDeleteAce(Acl, 0), STATUS_SUCCESS);
    assert_int_equal(Acl->AceCount, 1);
    assert_status(RtlGetAce(Acl, 0, &Ace), STATUS_SUCCESS);
    assert_int_equal(((ACE_HEADER *)Ace)->AceType, ACCESS_DENIED_ACE_TYPE);
    assert_status(RtlAddAccessAllowedAceEx(Acl, ACL_REVISION, CONTAINER_INHERIT_ACE, 8, Sid), STATUS_SUCCESS);
    assert_status(RtlAddAccessAllowedAceEx(Acl, ACL_REVISION, 0x40, 8, Sid), STATUS_INVALID_PARAMETER);
    free(Acl);
}

/* A self-relative descriptor with everything in it, in memory of exactly its size. */
static PUCHAR MakeRelative(PULONG Length)
{
    SID_BUFFER Owner, Group, Everyone;
    SECURITY_DESCRIPTOR Absolute;
    union { ACL Acl; UCHAR Room[128]; } Dacl;
    PSID Sid = MakeSid(&Everyone, 1, 1, 0, 0);
    RtlCreateAcl(&Dacl.Acl, 64, ACL_REVISION);
    RtlAddAccessAllowedAce(&Dacl.Acl, ACL_REVISION, 0x1F01FF, Sid);
    RtlAddAccessAllowedAce(&Dacl.Acl, ACL_REVISION, 0x20000, MakeSid(&Owner, 5, 1, 18, 0));
    assert_status(RtlCreateSecurityDescriptor(&Absolute, 2), STATUS_UNKNOWN_REVISION);
    assert_status(RtlCreateSecurityDescriptor(&Absolute, 1), STATUS_SUCCESS);
    RtlSetOwnerSecurityDescriptor(&Absolute, &Owner, FALSE);
    RtlSetGroupSecurityDescriptor(&Absolute, MakeSid(&Group, 5, 2, 32, 544), TRUE);
    RtlSetDaclSecurityDescriptor(&Absolute, TRUE, &Dacl.Acl, FALSE);
    assert_true(RtlValidSecurityDescriptor(&Absolute));
    *Length = 0;
    assert_status(RtlAbsoluteToSelfRelativeSD(&Absolute, NULL, Length), STATUS_BUFFER_TOO_SMALL);
    PUCHAR Relative = malloc(*Length);
    assert_status(RtlAbsoluteToSelfRelativeSD(&Absolute, Relative, Length), STATUS_SUCCESS);
    return Relative;
}

static void test_self_relative_descriptor(void **State)
{
    (void)State;
    ULONG Length;
    BOOLEAN Present, Defaulted;
    PACL Dacl;
    PSID Owner;
    PUCHAR Relative = MakeRelative(&Length);
    assert_int_equal(RtlLengthSecurityDescriptor(Relative), Length);
    assert_true(RtlValidRelativeSecurityDescriptor(Relative, Length, 7));
    assert_false(RtlValidRelativeSecurityDescriptor(Relative, Length, 8));
    assert_status(RtlGetDaclSecurityDescriptor(Relative, &Present, &Dacl, &Defaulted), STATUS_SUCCESS);
    assert_true(Present && !Defaulted && Dacl->AceCount == 2);
    assert_status(RtlGetOwnerSecurityDescriptor(Relative, &Owner, &Defaulted), STATUS_SUCCESS);
    assert_int_equal(*RtlSubAuthoritySid(Owner, 0), 18);
    assert_status(RtlSetOwnerSecurityDescriptor(Relative, Owner, FALSE), STATUS_INVALID_SECURITY_DESCR);
    assert_status(RtlAbsoluteToSelfRelativeSD(Relative, Relative, &Length), STATUS_BAD_DESCRIPTOR_FORMAT);
    PSECURITY_DESCRIPTOR Copy;
    assert_status(RtlCopySecurityDescriptor(Relative, &Copy), STATUS_SUCCESS);
    assert_memory_equal(Copy, Relative, Length);
    RtlpFree(Copy);
    free(Relative);
}

static void test_hostile_descriptors_never_read_outside(void **State)
{
    (void)State;
    ULONG Length;
    PUCHAR Good = MakeRelative(&Length);
    for (ULONG Cut = 0; Cut < Length; Cut++) {
        PUCHAR Copy = malloc(Cut + 1);
        memcpy(Copy, Good, Cut);
        RtlValidRelativeSecurityDescriptor(Copy, Cut, 0);
        free(Copy);
    }
    for (ULONG Offset = 0; Offset < Length; Offset++) {
        for (int Value = 0; Value < 256; Value++) {
            PUCHAR Copy = malloc(Length);
            memcpy(Copy, Good, Length);
            Copy[Offset] = (UCHAR)Value;
            if (RtlValidRelativeSecurityDescriptor(Copy, Length, 0)) {
                PSECURITY_DESCRIPTOR Again;
                assert_status(RtlCopySecurityDescriptor(Copy, &Again), STATUS_SUCCESS);
                RtlpFree(Again);
            }
            free(Copy);
        }
    }
    free(Good);
}

/* An ACL may hold an entry of a type nobody knows that ends with its header; what lies behind it is not its mask. */
static void test_unknown_entries_are_inherited_as_they_are(void **State)
{
    (void)State;
    GENERIC_MAPPING Mapping = { 1, 2, 4, 0x1F };
    RTLP_INHERIT Inherit = { .Mapping = &Mapping, .Container = TRUE };
    SECURITY_DESCRIPTOR_CONTROL Control;
    PACL Parent = malloc(sizeof(ACL) + sizeof(ACE_HEADER)), Dacl;
    *Parent = (ACL){ .AclRevision = ACL_REVISION, .AclSize = sizeof(ACL) + sizeof(ACE_HEADER), .AceCount = 1 };
    *(ACE_HEADER *)(Parent + 1) = (ACE_HEADER){ 0x77, CONTAINER_INHERIT_ACE | OBJECT_INHERIT_ACE, sizeof(ACE_HEADER) };
    assert_true(RtlValidAcl(Parent));
    assert_status(RtlpInheritDacl(&Inherit, 0, NULL, Parent, NULL, &Dacl, &Control), STATUS_SUCCESS);
    assert_int_equal(Dacl->AceCount, 1);
    assert_int_equal(Dacl->AclSize, sizeof(ACL) + sizeof(ACE_HEADER));
    assert_int_equal(((ACE_HEADER *)(Dacl + 1))->AceType, 0x77);
    RtlpFree(Dacl);
    free(Parent);
}

static void test_generic_bits_are_mapped(void **State)
{
    (void)State;
    GENERIC_MAPPING Mapping = { 1, 2, 4, 0x1F };
    ACCESS_MASK Mask = GENERIC_READ | GENERIC_EXECUTE | 0x100;
    RtlMapGenericMask(&Mask, &Mapping);
    assert_int_equal(Mask, 0x105);
    Mask = GENERIC_ALL;
    RtlMapGenericMask(&Mask, &Mapping);
    assert_int_equal(Mask, 0x1F);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(test_sid_text),
        cmocka_unit_test(test_acl_holds_what_fits),
        cmocka_unit_test(test_self_relative_descriptor),
        cmocka_unit_test(test_hostile_descriptors_never_read_outside),
        cmocka_unit_test(test_unknown_entries_are_inherited_as_they_are),
        cmocka_unit_test(test_generic_bits_are_mapped),
    };
    return cmocka_run_group_tests_name("security", Tests, NULL, NULL);
}
