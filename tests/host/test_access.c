/* SPDX-License-Identifier: MIT */
/*
 * test_access.c - the access check (kernel/se/access.c): Windows' rules one by one, then many random descriptors and tokens against a slow
 * model that decides every right by itself, from the published rules.
 */
#include "hosttest.h"

typedef struct _SID_AND_ATTRIBUTES
{
    PSID Sid;
    ULONG Attributes;
} SID_AND_ATTRIBUTES;
enum { ACCESS_ALLOWED_CALLBACK_ACE_TYPE = 9 };
enum
{
    SE_SECURITY_PRIVILEGE = 8,
    SE_TAKE_OWNERSHIP_PRIVILEGE = 9,
    SE_RELABEL_PRIVILEGE = 32
};
enum
{
    SYSTEM_MANDATORY_LABEL_NO_WRITE_UP = 1,
    SYSTEM_MANDATORY_LABEL_NO_READ_UP = 2,
    SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP = 4
};
#define SECURITY_MANDATORY_MEDIUM_RID 0x2000u
#define TOKEN_MANDATORY_POLICY_NO_WRITE_UP 1u
#define DELETE 0x00010000u
#define READ_CONTROL 0x00020000u
#define WRITE_DAC 0x00040000u
#define WRITE_OWNER 0x00080000u
#define ACCESS_SYSTEM_SECURITY 0x01000000u
#define MAXIMUM_ALLOWED 0x02000000u
#define STATUS_PRIVILEGE_NOT_HELD ((NTSTATUS)0xC0000061)

#include "../../kernel/se/access.c"

static const GENERIC_MAPPING Mapping = { 0x20001, 0x20002, 0x120004, 0x1F000F };

typedef struct
{
    UCHAR Revision, Count, Authority[6];
    ULONG Sub[2];
} SMALL_SID;
#define PERSON(n)                                                                                                                          \
    {                                                                                                                                      \
        1, 1, { 0, 0, 0, 0, 0, 9 },                                                                                                        \
        {                                                                                                                                  \
            (n)                                                                                                                            \
        }                                                                                                                                  \
    }
static SMALL_SID People[] = { PERSON(0),
                              PERSON(1),
                              PERSON(2),
                              PERSON(3),
                              PERSON(4),
                              PERSON(5),
                              { 1, 1, { 0, 0, 0, 0, 0, 3 }, { 4 } },
                              { 1, 1, { 0, 0, 0, 0, 0, 5 }, { 10 } } };
enum
{
    OWNER_RIGHTS = 6,
    PRINCIPAL_SELF = 7,
    EVERYBODY = 8
};
static SMALL_SID Levels[] = { { 1, 1, { 0, 0, 0, 0, 0, 16 }, { 0x1000 } },
                              { 1, 1, { 0, 0, 0, 0, 0, 16 }, { 0x2000 } },
                              { 1, 1, { 0, 0, 0, 0, 0, 16 }, { 0x3000 } } };

/* An ACL in a fixed place. */
typedef struct
{
    ACL Head;
    UCHAR Room[1024];
} ACL_ROOM;

static void StartAcl(ACL_ROOM *Acl)
{
    memset(Acl, 0, sizeof *Acl);
    Acl->Head.AclRevision = 2;
    Acl->Head.AclSize = sizeof(ACL);
}

static void AddAce(ACL_ROOM *Acl, UCHAR Type, UCHAR Flags, ACCESS_MASK Mask, const SMALL_SID *Sid)
{
    ACCESS_ALLOWED_ACE *Ace = (ACCESS_ALLOWED_ACE *)((PUCHAR)Acl + Acl->Head.AclSize);
    Ace->Header = (ACE_HEADER){ Type, Flags, 8 + 12 };
    Ace->Mask = Mask;
    memcpy(&Ace->SidStart, Sid, 12);
    Acl->Head.AclSize += 20;
    Acl->Head.AceCount++;
}

static SID_AND_ATTRIBUTES Groups[4], Restricting[2];
static SEP_SUBJECT Subject;
static SEP_OBJECT Object;
static ACL_ROOM Dacl, Sacl;

/* The user is person 0; groups 1 enabled, 2 disabled, 3 for deny only.  The object is person 5's. */
static int Setup(void **State)
{
    (void)State;
    for (int Index = 0; Index < 4; Index++)
        Groups[Index].Sid = &People[Index];
    Groups[0].Attributes = 0;
    Groups[1].Attributes = SE_GROUP_ENABLED;
    Groups[2].Attributes = 0;
    Groups[3].Attributes = SE_GROUP_USE_FOR_DENY_ONLY;
    Subject = (SEP_SUBJECT){ .Sids = Groups, .SidCount = 4, .IntegrityLevel = 0x2000, .MandatoryPolicy = 1 };
    Object = (SEP_OBJECT){ .Owner = &People[5], .Group = &People[5], .Dacl = &Dacl.Head };
    StartAcl(&Dacl);
    StartAcl(&Sacl);
    return 0;
}

static NTSTATUS Check(ACCESS_MASK Desired, ACCESS_MASK *Granted)
{
    ULONG64 Used;
    return SepAccessCheck(&Subject, &Object, NULL, Desired, 0, &Mapping, Granted, &Used);
}

#define assert_granted(desired)                                                                                                            \
    do {                                                                                                                                   \
        ACCESS_MASK Given;                                                                                                                 \
        assert_status(Check((desired), &Given), STATUS_SUCCESS);                                                                           \
        assert_int_equal(Given, (desired));                                                                                                \
    } while (0)
#define assert_denied(desired)                                                                                                             \
    do {                                                                                                                                   \
        ACCESS_MASK Given;                                                                                                                 \
        assert_status(Check((desired), &Given), STATUS_ACCESS_DENIED);                                                                     \
        assert_int_equal(Given, 0);                                                                                                        \
    } while (0)

static void test_no_dacl_and_empty_dacl(void **State)
{
    ACCESS_MASK Given;
    (void)State;
    assert_denied(1);
    assert_status(Check(MAXIMUM_ALLOWED, &Given), STATUS_ACCESS_DENIED);
    Object.Dacl = NULL;
    assert_granted(0x1F000F);
    assert_status(Check(MAXIMUM_ALLOWED, &Given), STATUS_SUCCESS);
    assert_int_equal(Given, 0x1F000F);
}

static void test_order_of_entries(void **State)
{
    (void)State;
    AddAce(&Dacl, ACCESS_ALLOWED_ACE_TYPE, 0, 1, &People[0]);
    AddAce(&Dacl, ACCESS_DENIED_ACE_TYPE, 0, 3, &People[1]);
    AddAce(&Dacl, ACCESS_ALLOWED_ACE_TYPE, 0, 7, &People[0]);
    assert_granted(1);
    assert_denied(2);
    assert_granted(5);
    assert_denied(7);
    ACCESS_MASK Given;
    assert_status(Check(MAXIMUM_ALLOWED, &Given), STATUS_SUCCESS);
    assert_int_equal(Given, 5);
    assert_status(Check(MAXIMUM_ALLOWED | 2, &Given), STATUS_ACCESS_DENIED);
}

static void test_disabled_and_deny_only_groups(void **State)
{
    (void)State;
    AddAce(&Dacl, ACCESS_ALLOWED_ACE_TYPE, 0, 1, &People[2]);
    AddAce(&Dacl, ACCESS_ALLOWED_ACE_TYPE, 0, 2, &People[3]);
    AddAce(&Dacl, ACCESS_DENIED_ACE_TYPE, 0, 4, &People[2]);
    AddAce(&Dacl, ACCESS_DENIED_ACE_TYPE, 0, 8, &People[3]);
    AddAce(&Dacl, ACCESS_ALLOWED_ACE_TYPE, 0, 12, &People[0]);
    assert_denied(1);
    assert_denied(2);
    assert_granted(4);
    assert_denied(8);
    Groups[0].Attributes = SE_GROUP_USE_FOR_DENY_ONLY;
    assert_denied(4);
}

static void test_what_is_no_part_of_the_check(void **State)
{
    (void)State;
    AddAce(&Dacl, ACCESS_ALLOWED_ACE_TYPE, INHERIT_ONLY_ACE, 1, &People[0]);
    AddAce(&Dacl, ACCESS_ALLOWED_CALLBACK_ACE_TYPE, 0, 2, &People[0]);
    assert_denied(1);
    assert_denied(2);
}

static void test_owner(void **State)
{
    (void)State;
    assert_denied(READ_CONTROL);
    Object.Owner = &People[0];
    assert_granted(READ_CONTROL | WRITE_DAC);
    assert_denied(WRITE_OWNER);
    AddAce(&Dacl, ACCESS_DENIED_ACE_TYPE, 0, WRITE_DAC, &People[0]);
    assert_granted(WRITE_DAC);
    AddAce(&Dacl, ACCESS_ALLOWED_ACE_TYPE, 0, READ_CONTROL | 1, &People[OWNER_RIGHTS]);
    assert_denied(WRITE_DAC);
    assert_granted(READ_CONTROL | 1);
}

static void test_privileges(void **State)
{
    ACCESS_MASK Given;
    ULONG64 Used;
    (void)State;
    assert_status(Check(ACCESS_SYSTEM_SECURITY, &Given), STATUS_PRIVILEGE_NOT_HELD);
    assert_denied(WRITE_OWNER);
    Subject.Privileges = SEP_PRIVILEGE(SE_SECURITY_PRIVILEGE) | SEP_PRIVILEGE(SE_TAKE_OWNERSHIP_PRIVILEGE);
    assert_status(SepAccessCheck(&Subject, &Object, NULL, ACCESS_SYSTEM_SECURITY | WRITE_OWNER, 0, &Mapping, &Given, &Used),
                  STATUS_SUCCESS);
    assert_int_equal(Given, ACCESS_SYSTEM_SECURITY | WRITE_OWNER);
    assert_int_equal(Used, Subject.Privileges);
}

static void test_mandatory_policy(void **State)
{
    (void)State;
    AddAce(&Dacl, ACCESS_ALLOWED_ACE_TYPE, 0, 0x1F000F, &People[0]);
    Subject.IntegrityLevel = 0x1000;
    assert_granted(1);
    assert_denied(2);
    assert_denied(DELETE);
    Object.Sacl = &Sacl.Head;
    AddAce(&Sacl, SYSTEM_MANDATORY_LABEL_ACE_TYPE, 0, SYSTEM_MANDATORY_LABEL_NO_READ_UP | SYSTEM_MANDATORY_LABEL_NO_WRITE_UP, &Levels[2]);
    assert_denied(1);
    assert_granted(4);
    Subject.IntegrityLevel = 0x3000;
    assert_granted(0x1F000F);
    Subject.IntegrityLevel = 0;
    Subject.MandatoryPolicy = 0;
    assert_granted(0x1F000F);
}

static void test_restricted(void **State)
{
    (void)State;
    AddAce(&Dacl, ACCESS_ALLOWED_ACE_TYPE, 0, 0x7, &People[0]);
    AddAce(&Dacl, ACCESS_ALLOWED_ACE_TYPE, 0, 0x9, &People[4]);
    Restricting[0] = (SID_AND_ATTRIBUTES){ &People[4], SE_GROUP_ENABLED };
    Subject.Restricted = Restricting;
    Subject.RestrictedCount = 1;
    assert_granted(1);
    assert_denied(2);
    assert_denied(8);
    Subject.WriteRestricted = TRUE;
    assert_granted(5);
    assert_denied(2);
}

/* ---- the model: one right at a time ---- */

static int ModelHas(const SID_AND_ATTRIBUTES *Sids, ULONG Count, int Restricted, int Person, int Deny)
{
    for (ULONG Index = 0; Index < Count; Index++) {
        if (Sids[Index].Sid != &People[Person])
            continue;
        if (Sids[Index].Attributes & SE_GROUP_USE_FOR_DENY_ONLY)
            return Deny;
        return (Index == 0 && !Restricted) || (Sids[Index].Attributes & SE_GROUP_ENABLED) != 0;
    }
    return 0;
}

typedef struct
{
    UCHAR Type, Flags;
    ACCESS_MASK Mask;
    int Person;
} MODEL_ACE;
static MODEL_ACE ModelAces[12];
static int ModelCount, ModelOwner, ModelNullDacl;

static int ModelPass(ACCESS_MASK Right, int Restricted)
{
    const SID_AND_ATTRIBUTES *Sids = Restricted ? Subject.Restricted : Subject.Sids;
    ULONG Count = Restricted ? Subject.RestrictedCount : Subject.SidCount;
    int Owner = ModelHas(Sids, Count, Restricted, ModelOwner, 0), NamesOwner = 0;
    if (ModelNullDacl)
        return 1;
    for (int Index = 0; Index < ModelCount; Index++)
        NamesOwner |= ModelAces[Index].Person == OWNER_RIGHTS && !(ModelAces[Index].Flags & INHERIT_ONLY_ACE);
    if (Owner && !NamesOwner && (Right & (READ_CONTROL | WRITE_DAC)))
        return 1;
    for (int Index = 0; Index < ModelCount; Index++) {
        const MODEL_ACE *Ace = &ModelAces[Index];
        int Deny = Ace->Type == ACCESS_DENIED_ACE_TYPE;
        if ((Ace->Flags & INHERIT_ONLY_ACE) || !(Ace->Mask & Right) || Ace->Person == PRINCIPAL_SELF)
            continue;
        if (Ace->Person == OWNER_RIGHTS ? Owner : ModelHas(Sids, Count, Restricted, Ace->Person, Deny))
            return !Deny;
    }
    return 0;
}

static int ModelRight(ACCESS_MASK Right)
{
    if ((Right & WRITE_OWNER) && (Subject.Privileges & SEP_PRIVILEGE(SE_TAKE_OWNERSHIP_PRIVILEGE)))
        return 1;
    if (!ModelPass(Right, 0))
        return 0;
    return Subject.RestrictedCount == 0 || ModelPass(Right, 1);
}

static void test_random_against_the_model(void **State)
{
    static const ACCESS_MASK Rights[] = { 1, 2, 4, 8, DELETE, READ_CONTROL, WRITE_DAC, WRITE_OWNER };
    uint64_t Random = 20240601;
    for (int Round = 0; Round < 100000; Round++) {
        ACCESS_MASK Desired = 0, Expected = 0, Given;
        Setup(State);
        for (int Index = 0; Index < 4; Index++)
            Groups[Index].Attributes =
                (ULONG[]){ 0, SE_GROUP_ENABLED, SE_GROUP_ENABLED, SE_GROUP_USE_FOR_DENY_ONLY }[NextRandom(&Random) % 4];
        if (NextRandom(&Random) % 3 == 0) {
            Subject.Restricted = Restricting;
            Subject.RestrictedCount = 1 + NextRandom(&Random) % 2;
            for (int Index = 0; Index < 2; Index++)
                Restricting[Index] = (SID_AND_ATTRIBUTES){ &People[NextRandom(&Random) % 6], SE_GROUP_ENABLED };
        }
        if (NextRandom(&Random) % 4 == 0)
            Subject.Privileges = SEP_PRIVILEGE(SE_TAKE_OWNERSHIP_PRIVILEGE);
        ModelOwner = (int)(NextRandom(&Random) % 6);
        Object.Owner = &People[ModelOwner];
        ModelNullDacl = NextRandom(&Random) % 50 == 0;
        ModelCount = (int)(NextRandom(&Random) % 12);
        for (int Index = 0; Index < ModelCount; Index++) {
            MODEL_ACE *Ace = &ModelAces[Index];
            *Ace = (MODEL_ACE){ NextRandom(&Random) % 2 ? ACCESS_ALLOWED_ACE_TYPE : ACCESS_DENIED_ACE_TYPE,
                                NextRandom(&Random) % 6 == 0 ? INHERIT_ONLY_ACE : 0, 0, (int)(NextRandom(&Random) % EVERYBODY) };
            for (int Right = 0; Right < 8; Right++)
                Ace->Mask |= NextRandom(&Random) % 2 ? Rights[Right] : 0;
            AddAce(&Dacl, Ace->Type, Ace->Flags, Ace->Mask, &People[Ace->Person]);
        }
        if (ModelNullDacl)
            Object.Dacl = NULL;
        for (int Right = 0; Right < 8; Right++) {
            Desired |= NextRandom(&Random) % 3 == 0 ? Rights[Right] : 0;
            Expected |= ModelRight(Rights[Right]) ? Rights[Right] : 0;
        }
        if (Desired == 0)
            Desired = 1;
        if (Desired & ~Expected)
            assert_denied(Desired);
        else
            assert_granted(Desired);
        /* The most that is allowed: every right of the model, but those only a privilege gives are not asked for. */
        if (Subject.Privileges == 0) {
            NTSTATUS Status = Check(MAXIMUM_ALLOWED, &Given);
            assert_int_equal(Given & 0xF000F, Expected);
            assert_status(Status, Given != 0 ? STATUS_SUCCESS : STATUS_ACCESS_DENIED);
        }
    }
}

/* ---- the oracle ---- */

static UCHAR Guids[7][16];

static void AddObjectAce(ACL_ROOM *Acl, UCHAR Type, UCHAR Flags, ACCESS_MASK Mask, const SMALL_SID *Sid, int Of)
{
    PUCHAR Ace = (PUCHAR)Acl + Acl->Head.AclSize;
    ULONG Present = Of >= 0, Size = 8 + 4 + (Of >= 0 ? 16 : 0) + 12;

    *(ACE_HEADER *)Ace = (ACE_HEADER){ Type, Flags, (USHORT)Size };
    memcpy(Ace + 4, &Mask, 4);
    memcpy(Ace + 8, &Present, 4);
    if (Of >= 0)
        memcpy(Ace + 12, Guids[Of], 16);
    memcpy(Ace + Size - 12, Sid, 12);
    Acl->Head.AclSize += (USHORT)Size;
    Acl->Head.AceCount++;
}

static long long Next(char **Line)
{
    return strtoll(*Line, Line, 10);
}

static void ReadSubject(char **Line, SID_AND_ATTRIBUTES *Sids, SID_AND_ATTRIBUTES *Restrict)
{
    Subject = (SEP_SUBJECT){ .Sids = Sids, .Restricted = Restrict };
    Subject.SidCount = (ULONG)Next(Line);
    for (ULONG Index = 0; Index < Subject.SidCount; Index++) {
        Sids[Index].Sid = &People[Next(Line)];
        Sids[Index].Attributes = (ULONG)Next(Line);
    }
    Subject.RestrictedCount = (ULONG)Next(Line);
    for (ULONG Index = 0; Index < Subject.RestrictedCount; Index++)
        Restrict[Index] = (SID_AND_ATTRIBUTES){ &People[Next(Line)], SE_GROUP_ENABLED };
    Subject.WriteRestricted = Next(Line) != 0;
    Subject.Privileges = (ULONG64)Next(Line);
    Subject.IntegrityLevel = (ULONG)Next(Line);
    Subject.MandatoryPolicy = (ULONG)Next(Line);
}

/* Returns the object's principal, or NULL. */
static PSID ReadObject(char **Line)
{
    StartAcl(&Dacl);
    StartAcl(&Sacl);
    Object = (SEP_OBJECT){ .Owner = &People[Next(Line)], .Group = &People[5], .Dacl = &Dacl.Head };
    long long Count = Next(Line);
    if (Count < 0)
        Object.Dacl = NULL;
    for (; Count > 0; Count--) {
        UCHAR Type = (UCHAR)Next(Line), Flags = (UCHAR)Next(Line);
        ACCESS_MASK Mask = (ACCESS_MASK)Next(Line);
        const SMALL_SID *Sid = &People[Next(Line)];
        int Of = (int)Next(Line);
        if (Type == ACCESS_ALLOWED_OBJECT_ACE_TYPE || Type == ACCESS_DENIED_OBJECT_ACE_TYPE)
            AddObjectAce(&Dacl, Type, Flags, Mask, Sid, Of);
        else
            AddAce(&Dacl, Type, Flags, Mask, Sid);
    }
    long long Level = Next(Line);
    ACCESS_MASK Policy = (ACCESS_MASK)Next(Line);
    if (Level >= 0) {
        AddAce(&Sacl, SYSTEM_MANDATORY_LABEL_ACE_TYPE, 0, Policy, &Levels[Level / 0x1000 - 1]);
        Object.Sacl = &Sacl.Head;
    }
    long long Self = Next(Line);
    return Self >= 0 ? (PSID)&People[Self] : NULL;
}

static ULONG ReadTypes(char **Line, SEP_TYPE_NODE *Nodes)
{
    ULONG Count = (ULONG)Next(Line), Path[8] = { 0 };

    memset(Nodes, 0, 8 * sizeof(*Nodes));
    for (ULONG Index = 0; Index < Count; Index++) {
        Nodes[Index].Level = (USHORT)Next(Line);
        Nodes[Index].HasType = TRUE;
        memcpy(&Nodes[Index].Type, Guids[Index], 16);
        Nodes[Index].Parent = Nodes[Index].Level != 0 ? Path[Nodes[Index].Level - 1] : 0;
        Path[Nodes[Index].Level] = Index;
    }
    return Count != 0 ? Count : 1;
}

/* access_oracle.py's cases: the rules as published, decided right by right. */
static void test_against_the_oracle(void **State)
{
    static const NTSTATUS Answers[] = { STATUS_SUCCESS, STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD };
    SID_AND_ATTRIBUTES Sids[8], Restrict[8];
    SEP_TYPE_NODE Nodes[8];
    char Line[1024];
    long Cases = 0;
    FILE *Oracle;

    (void)State;
    for (int Index = 0; Index < 7; Index++)
        memset(Guids[Index], 0x10 + Index, 16);
    Oracle = popen("python3 tests/host/access_oracle.py", "r");
    assert_non_null(Oracle);
    while (fgets(Line, sizeof Line, Oracle) != NULL) {
        char *At = Line;
        ReadSubject(&At, Sids, Restrict);
        PSID Self = ReadObject(&At);
        ULONG Count = ReadTypes(&At, Nodes);
        ACCESS_MASK Desired = (ACCESS_MASK)Next(&At);
        ULONG64 Used;
        SepAccessCheckByType(&Subject, &Object, Self, Desired, 0, &Mapping, Nodes, Count, &Used);
        for (ULONG Index = 0; Index < Count; Index++) {
            NTSTATUS Expected = Answers[Next(&At)];
            ACCESS_MASK Granted = (ACCESS_MASK)Next(&At);
            if (Nodes[Index].Status != Expected || Nodes[Index].Granted != Granted) {
                print_message("type %u: %08x %08x, the oracle says %08x %08x\n%s", Index, (unsigned)Nodes[Index].Status, Nodes[Index].Granted,
                              (unsigned)Expected, Granted, Line);
                pclose(Oracle);
                fail();
            }
        }
        Cases++;
    }
    assert_int_equal(pclose(Oracle), 0);
    print_message("%ld cases agree with the oracle\n", Cases);
    assert_true(Cases >= 100000);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test_setup(test_no_dacl_and_empty_dacl, Setup),
        cmocka_unit_test_setup(test_order_of_entries, Setup),
        cmocka_unit_test_setup(test_disabled_and_deny_only_groups, Setup),
        cmocka_unit_test_setup(test_what_is_no_part_of_the_check, Setup),
        cmocka_unit_test_setup(test_owner, Setup),
        cmocka_unit_test_setup(test_privileges, Setup),
        cmocka_unit_test_setup(test_mandatory_policy, Setup),
        cmocka_unit_test_setup(test_restricted, Setup),
        cmocka_unit_test_setup(test_random_against_the_model, Setup),
        cmocka_unit_test(test_against_the_oracle),
    };
    return cmocka_run_group_tests_name("access", Tests, NULL, NULL);
}
