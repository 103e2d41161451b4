/* SPDX-License-Identifier: MIT */
/*
 * init.c - the object manager's beginning: its own three types, then the namespace.
 *
 * Phase 0 (one processor, no waiting possible): caches and types.  Phase 1: the directories that others rely on, with the descriptors
 * Windows gives them: everybody may look; only administrators and the system may add to most, everybody to \BaseNamedObjects.
 */
#include "obp.h"
#include "rtl.h"

POBJECT_DIRECTORY ObpTypeDirectoryObject;

static NORETURN void ObpInitializationFailed(ULONG Step, NTSTATUS Status)
{
    KeBugCheckEx(0x5E /* OBJECT_INITIALIZATION_FAILED */, Step, (ULONG)Status, 0, 0);
}

static void ObpCreateBasicTypes(void)
{
    static const OBJECT_TYPE_INITIALIZER Directory = {
        .CaseInsensitive = TRUE,
        .InvalidAttributes = OBJ_OPENLINK,
        .GenericMapping = {STANDARD_RIGHTS_READ | DIRECTORY_QUERY | DIRECTORY_TRAVERSE,
                           STANDARD_RIGHTS_WRITE | DIRECTORY_CREATE_OBJECT | DIRECTORY_CREATE_SUBDIRECTORY,
                           STANDARD_RIGHTS_EXECUTE | DIRECTORY_QUERY | DIRECTORY_TRAVERSE, DIRECTORY_ALL_ACCESS},
        .ValidAccessMask = DIRECTORY_ALL_ACCESS,
        .PoolType = PagedPool,
        .CloseProcedure = ObpCloseDirectory,
        .DeleteProcedure = ObpDeleteDirectory,
        .WaitObjectFlagOffset = -1,
    };
    static const OBJECT_TYPE_INITIALIZER SymbolicLink = {
        .CaseInsensitive = TRUE,
        .InvalidAttributes = OBJ_OPENLINK,
        .GenericMapping = {STANDARD_RIGHTS_READ | SYMBOLIC_LINK_QUERY, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_EXECUTE | SYMBOLIC_LINK_QUERY,
                           SYMBOLIC_LINK_ALL_ACCESS},
        .ValidAccessMask = SYMBOLIC_LINK_ALL_ACCESS,
        .PoolType = PagedPool,
        .DeleteProcedure = ObpDeleteSymbolicLink,
        .ParseProcedure = ObpParseSymbolicLink,
        .WaitObjectFlagOffset = -1,
    };
    UNICODE_STRING DirectoryName = RTL_CONSTANT_STRING(L"Directory"), LinkName = RTL_CONSTANT_STRING(L"SymbolicLink");
    NTSTATUS Status;

    ObpCreateTypeType();
    Status = ObCreateObjectType(&DirectoryName, &Directory, NULL, &ObpDirectoryObjectType);
    if (NT_SUCCESS(Status)) {
        Status = ObCreateObjectType(&LinkName, &SymbolicLink, NULL, &ObpSymbolicLinkObjectType);
    }
    if (!NT_SUCCESS(Status)) {
        ObpInitializationFailed(10, Status);
    }
}

void ObInitSystemPhase0(void)
{
    ObpInitializeSecurityCache();
    ObpInitializeCreateInfo();
    ObpCreateBasicTypes();
}

/* The root has no name and no parent, so it is not inserted anywhere. */
static void ObpCreateRoot(void)
{
    ACCESS_STATE AccessState;
    AUX_ACCESS_DATA AuxData;
    OBJECT_HEADER *Header;
    NTSTATUS Status = ObpAllocateObject(ObpDirectoryObjectType, OBJ_PERMANENT, NULL, sizeof(OBJECT_DIRECTORY), &Header);

    if (!NT_SUCCESS(Status)) {
        ObpInitializationFailed(20, Status);
    }
    Header->Flags &= ~OB_FLAG_NEW_OBJECT;
    ObpRootDirectoryObject = (POBJECT_DIRECTORY)Header->Body;
    RtlZeroMemory(ObpRootDirectoryObject, sizeof(*ObpRootDirectoryObject));
    Status = SeCreateAccessState(&AccessState, &AuxData, 0, NULL);
    if (NT_SUCCESS(Status)) {
        Status = ObpAssignSecurity(ObpRootDirectoryObject, SePublicDefaultUnrestrictedSd, NULL, &AccessState);
        SeDeleteAccessState(&AccessState);
    }
    if (!NT_SUCCESS(Status)) {
        ObpInitializationFailed(21, Status);
    }
}

/* A permanent directory; *Object, if wanted, is not referenced: it never goes. */
static void ObpMakeDirectory(PCWSTR Path, PSECURITY_DESCRIPTOR Descriptor, POBJECT_DIRECTORY *Object)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    HANDLE Handle;
    NTSTATUS Status;

    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, Descriptor);
    Status = NtCreateDirectoryObject(&Handle, DIRECTORY_ALL_ACCESS, &Attributes);
    if (NT_SUCCESS(Status) && Object != NULL) {
        Status = ObReferenceObjectByHandle(Handle, 0, ObpDirectoryObjectType, KernelMode, (PVOID *)Object, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        KdPrint_("Ob: cannot create %ls: %08lx\n", Path, Status);
        ObpInitializationFailed(30, Status);
    }
    ObCloseHandle(Handle, KernelMode);
}

/* One that everybody may add to, at low integrity too, for which it needs a label. */
static void ObpMakeOpenDirectory(PCWSTR Path)
{
    struct
    {
        ACL Acl;
        UCHAR Label[32];
    } Sacl;
    SECURITY_DESCRIPTOR Descriptor;
    BOOLEAN Present, Defaulted;
    PACL Dacl;
    NTSTATUS Status = RtlCreateAcl(&Sacl.Acl, sizeof(Sacl), ACL_REVISION);

    if (NT_SUCCESS(Status)) {
        Status = RtlAddMandatoryAce(&Sacl.Acl, ACL_REVISION, 0, SeExports->SeLowMandatorySid, SYSTEM_MANDATORY_LABEL_ACE_TYPE,
                                    SYSTEM_MANDATORY_LABEL_NO_WRITE_UP);
    }
    if (!NT_SUCCESS(Status)) {
        ObpInitializationFailed(32, Status);
    }
    RtlGetDaclSecurityDescriptor(SePublicOpenUnrestrictedSd, &Present, &Dacl, &Defaulted);
    RtlCreateSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&Descriptor, TRUE, Dacl, FALSE);
    RtlSetSaclSecurityDescriptor(&Descriptor, TRUE, &Sacl.Acl, FALSE);
    ObpMakeDirectory(Path, &Descriptor, NULL);
}

static void ObpMakeLink(PCWSTR Path, PCWSTR Target)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name, TargetName;
    HANDLE Handle;
    NTSTATUS Status;

    RtlInitUnicodeString(&Name, Path);
    RtlInitUnicodeString(&TargetName, Target);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, SePublicDefaultUnrestrictedSd);
    Status = NtCreateSymbolicLinkObject(&Handle, SYMBOLIC_LINK_ALL_ACCESS, &Attributes, &TargetName);
    if (!NT_SUCCESS(Status)) {
        KdPrint_("Ob: cannot create link %ls: %08lx\n", Path, Status);
        ObpInitializationFailed(31, Status);
    }
    ObCloseHandle(Handle, KernelMode);
}

void ObInitSystemPhase1(void)
{
    static const PCWSTR Plain[] = {L"\\Device", L"\\Driver", L"\\FileSystem", L"\\Callback", L"\\KernelObjects", L"\\KnownDlls", L"\\Security",
                                   L"\\Sessions", L"\\Windows", L"\\ArcName", L"\\NLS"};

    ObpCreateRoot();
    ObpMakeDirectory(L"\\ObjectTypes", SePublicDefaultUnrestrictedSd, &ObpTypeDirectoryObject);
    ObpPublishTypes();
    for (ULONG i = 0; i < RTL_NUMBER_OF(Plain); i++) {
        ObpMakeDirectory(Plain[i], SePublicDefaultUnrestrictedSd, NULL);
    }
    ObpMakeDirectory(L"\\GLOBAL??", SePublicOpenUnrestrictedSd, &ObpGlobalDosDevices);
    ObpMakeDirectory(L"\\RPC Control", SePublicOpenUnrestrictedSd, NULL);
    ObpMakeOpenDirectory(L"\\BaseNamedObjects");
    ObpMakeOpenDirectory(L"\\BaseNamedObjects\\Restricted");
    ObpMakeLink(L"\\BaseNamedObjects\\Global", L"\\BaseNamedObjects");
    ObpMakeLink(L"\\BaseNamedObjects\\Local", L"\\BaseNamedObjects");
    ObpMakeDirectory(L"\\Sessions\\BNOLINKS", SePublicDefaultUnrestrictedSd, NULL);
    ObpMakeLink(L"\\Sessions\\BNOLINKS\\0", L"\\BaseNamedObjects");
    ObpMakeLink(L"\\BaseNamedObjects\\Session", L"\\Sessions\\BNOLINKS");
    ObpMakeLink(L"\\DosDevices", L"\\??");
    ObpMakeLink(L"\\GLOBAL??\\Global", L"\\GLOBAL??");
    ObpMakeLink(L"\\GLOBAL??\\GLOBALROOT", L"");
}
