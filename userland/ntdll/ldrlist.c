/* SPDX-License-Identifier: MIT */
/*
 * ldrlist.c - the lists of loaded modules that hang on PEB->Ldr, and finding a module in them.
 *
 * Debuggers, packers and C run-times walk these lists by offset, so they are exactly Windows': load order (executable first), memory order (the
 * same order, another link), initialisation order, a hash table of 32 buckets over the upper-cased base name (x65599, as
 * RtlHashUnicodeString), and two red-black trees, by address and by what a file's header says, whose roots are found by climbing from
 * any module.  All of it belongs to the loader lock.
 */
#include "ldrp.h"

NPEB_LDR_DATA LdrpData = {
    .Length = sizeof(NPEB_LDR_DATA),
    .InLoadOrderModuleList = {&LdrpData.InLoadOrderModuleList, &LdrpData.InLoadOrderModuleList},
    .InMemoryOrderModuleList = {&LdrpData.InMemoryOrderModuleList, &LdrpData.InMemoryOrderModuleList},
    .InInitializationOrderModuleList = {&LdrpData.InInitializationOrderModuleList, &LdrpData.InInitializationOrderModuleList},
};

static LIST_ENTRY HashTable[LDRP_HASH_BUCKETS];

typedef struct _TREE { NBALANCED_NODE *Root, *Min; } TREE; /* RTL_RB_TREE */
VOID NTAPI RtlRbInsertNodeEx(TREE *Tree, NBALANCED_NODE *Parent, BOOLEAN Right, NBALANCED_NODE *Node);
VOID NTAPI RtlRbRemoveNode(TREE *Tree, NBALANCED_NODE *Node);

static TREE AddressTree, MappingTree;

#define BY_ADDRESS(Node) CONTAINING_RECORD(Node, NLDR_DATA_TABLE_ENTRY, BaseAddressIndexNode)
#define BY_MAPPING(Node) CONTAINING_RECORD(Node, NLDR_DATA_TABLE_ENTRY, MappingInfoIndexNode)

static bool AddressLess(NBALANCED_NODE *Left, NBALANCED_NODE *Right)
{
    return (ULONG_PTR)BY_ADDRESS(Left)->DllBase < (ULONG_PTR)BY_ADDRESS(Right)->DllBase;
}

static bool MappingLess(NBALANCED_NODE *Left, NBALANCED_NODE *Right)
{
    NLDR_DATA_TABLE_ENTRY *A = BY_MAPPING(Left), *B = BY_MAPPING(Right);

    return A->TimeDateStamp != B->TimeDateStamp ? A->TimeDateStamp < B->TimeDateStamp : A->SizeOfImage < B->SizeOfImage;
}

static void InsertNode(TREE *Tree, NBALANCED_NODE *Node, bool (*Less)(NBALANCED_NODE *, NBALANCED_NODE *))
{
    NBALANCED_NODE *Parent = NULL;
    bool Right = false;

    for (NBALANCED_NODE *At = Tree->Root; At != NULL; At = At->Children[Right]) {
        Parent = At;
        Right = !Less(Node, At);
    }
    RtlRbInsertNodeEx(Tree, Parent, Right, Node);
}

static WCHAR FastUpcase(WCHAR Character)
{
    if (Character < 0x80)
        return Character >= 'a' && Character <= 'z' ? (WCHAR)(Character - 32) : Character;
    return RtlpUpcase(Character);
}

static ULONG HashName(PCUNICODE_STRING Name)
{
    ULONG Hash = 0;

    for (ULONG Index = 0; Index < Name->Length / sizeof(WCHAR); Index++)
        Hash = Hash * 65599 + FastUpcase(Name->Buffer[Index]);
    return Hash;
}

static bool SameName(PCUNICODE_STRING Left, PCUNICODE_STRING Right)
{
    if (Left->Length != Right->Length)
        return false;
    for (ULONG Index = 0; Index < Left->Length / sizeof(WCHAR); Index++) {
        WCHAR A = Left->Buffer[Index], B = Right->Buffer[Index];
        if (A != B && FastUpcase(A) != FastUpcase(B))
            return false;
    }
    return true;
}

static LIST_ENTRY *BucketOf(ULONG Hash)
{
    LIST_ENTRY *Bucket = &HashTable[Hash % LDRP_HASH_BUCKETS];

    if (Bucket->Flink == NULL)
        InitializeListHead(Bucket);
    return Bucket;
}

static void SplitPath(LDRP_MODULE *Module, USHORT Length)
{
    UNICODE_STRING *Full = &Module->Entry.FullDllName, *Base = &Module->Entry.BaseDllName;
    ULONG Start = Length / sizeof(WCHAR);

    Full->Buffer = Module->Path;
    Full->Length = Length;
    Full->MaximumLength = (USHORT)(Length + sizeof(WCHAR));
    while (Start != 0 && !RtlpIsSeparator(Module->Path[Start - 1]))
        Start--;
    Base->Buffer = Module->Path + Start;
    Base->Length = (USHORT)(Length - Start * sizeof(WCHAR));
    Base->MaximumLength = (USHORT)(Base->Length + sizeof(WCHAR));
}

LDRP_MODULE *LdrpCreateModule(PVOID Base, const PE_INFO *Info, PCUNICODE_STRING Path, LDR_DLL_LOAD_REASON Reason)
{
    LDRP_MODULE *Module = AllocateZero(sizeof *Module + Path->Length + sizeof(WCHAR));

    if (Module == NULL)
        return NULL;
    memcpy(Module->Path, Path->Buffer, Path->Length);
    SplitPath(Module, Path->Length);
    Module->Info = *Info;
    Module->Entry.DllBase = Base;
    Module->Entry.SizeOfImage = Info->SizeOfImage;
    Module->Entry.EntryPoint = Info->EntryPoint != 0 ? (UCHAR *)Base + Info->EntryPoint : NULL;
    Module->Entry.TimeDateStamp = Info->TimeDateStamp;
    Module->Entry.OriginalBase = (ULONG_PTR)Info->ImageBase;
    Module->Entry.LoadReason = Reason;
    Module->Entry.LoadTime.QuadPart = (LONGLONG)SharedSystemTime();
    Module->Entry.ReferenceCount = 1;
    Module->Entry.BaseNameHashValue = HashName(&Module->Entry.BaseDllName);
    Module->Entry.DdagNode = &Module->Node;
    InitializeListHead(&Module->Node.Modules);
    InsertTailList(&Module->Node.Modules, &Module->Entry.NodeModuleLink);
    InitializeListHead(&Module->Entry.InInitializationOrderLinks);
    if (Info->Characteristics & PE_FILE_DLL)
        Module->Entry.Flags |= LDRP_IMAGE_DLL;
    return Module;
}

void LdrpInsertModule(LDRP_MODULE *Module)
{
    InsertTailList(&LdrpData.InLoadOrderModuleList, &Module->Entry.InLoadOrderLinks);
    InsertTailList(&LdrpData.InMemoryOrderModuleList, &Module->Entry.InMemoryOrderLinks);
    InsertTailList(BucketOf(Module->Entry.BaseNameHashValue), &Module->Entry.HashLinks);
    InsertNode(&AddressTree, &Module->Entry.BaseAddressIndexNode, AddressLess);
    InsertNode(&MappingTree, &Module->Entry.MappingInfoIndexNode, MappingLess);
    Module->Entry.Flags |= LDRP_IN_LEGACY_LISTS | LDRP_IN_INDEXES;
    Module->Node.State = LdrModulesMapped;
}

void LdrpRemoveModule(LDRP_MODULE *Module)
{
    RemoveEntryList(&Module->Entry.InLoadOrderLinks);
    RemoveEntryList(&Module->Entry.InMemoryOrderLinks);
    RemoveEntryList(&Module->Entry.InInitializationOrderLinks);
    InitializeListHead(&Module->Entry.InInitializationOrderLinks);
    RemoveEntryList(&Module->Entry.HashLinks);
    RtlRbRemoveNode(&AddressTree, &Module->Entry.BaseAddressIndexNode);
    RtlRbRemoveNode(&MappingTree, &Module->Entry.MappingInfoIndexNode);
}

LDRP_MODULE *LdrpFindByName(PCUNICODE_STRING BaseName)
{
    ULONG Hash = HashName(BaseName);
    LIST_ENTRY *Bucket = BucketOf(Hash);

    for (LIST_ENTRY *Link = Bucket->Flink; Link != Bucket; Link = Link->Flink) {
        NLDR_DATA_TABLE_ENTRY *Entry = CONTAINING_RECORD(Link, NLDR_DATA_TABLE_ENTRY, HashLinks);
        if (Entry->BaseNameHashValue == Hash && SameName(&Entry->BaseDllName, BaseName))
            return LdrpFromEntry(Entry);
    }
    return NULL;
}

LDRP_MODULE *LdrpFindByPath(PCUNICODE_STRING Path)
{
    for (LIST_ENTRY *Link = LdrpData.InLoadOrderModuleList.Flink; Link != &LdrpData.InLoadOrderModuleList; Link = Link->Flink) {
        LDRP_MODULE *Module = LdrpFromLoadLink(Link);
        if (SameName(&Module->Entry.FullDllName, Path))
            return Module;
    }
    return NULL;
}

LDRP_MODULE *LdrpFindByAddress(PVOID Address)
{
    for (NBALANCED_NODE *At = AddressTree.Root; At != NULL;) {
        NLDR_DATA_TABLE_ENTRY *Entry = BY_ADDRESS(At);
        if ((ULONG_PTR)Address - (ULONG_PTR)Entry->DllBase < Entry->SizeOfImage)
            return LdrpFromEntry(Entry);
        At = At->Children[(ULONG_PTR)Address > (ULONG_PTR)Entry->DllBase];
    }
    return NULL;
}

/* The module that Base, a fresh view of an image with this header, is another view of: one file reached by two paths. */
LDRP_MODULE *LdrpFindSameFile(PVOID Base, const PE_INFO *Info)
{
    for (LIST_ENTRY *Link = LdrpData.InLoadOrderModuleList.Flink; Link != &LdrpData.InLoadOrderModuleList; Link = Link->Flink) {
        NLDR_DATA_TABLE_ENTRY *Entry = &LdrpFromLoadLink(Link)->Entry;
        if (Entry->TimeDateStamp == Info->TimeDateStamp && Entry->SizeOfImage == Info->SizeOfImage &&
            NT_SUCCESS(NtAreMappedFilesTheSame(Entry->DllBase, Base)))
            return LdrpFromEntry(Entry);
    }
    return NULL;
}

LDRP_MODULE *LdrpFindByBase(PVOID Base)
{
    LDRP_MODULE *Module = LdrpFindByAddress(Base);

    return Module != NULL && Module->Entry.DllBase == Base ? Module : NULL;
}

void LdrpSetReferences(LDRP_MODULE *Module, ULONG Count)
{
    Module->Node.LoadCount = Count;
    Module->Entry.ObsoleteLoadCount = Count >= 0xFFFF ? 0xFFFF : (USHORT)Count;
}

void LdrpReference(LDRP_MODULE *Module)
{
    if (Module->Node.LoadCount != LDRP_PINNED)
        LdrpSetReferences(Module, Module->Node.LoadCount + 1);
}

/* Takes over the caller's reference on On; drops it again if the dependency is already noted. */
NTSTATUS LdrpAddDependency(LDRP_MODULE *Module, LDRP_MODULE *On)
{
    if (On->Node.LoadCount == LDRP_PINNED)
        return STATUS_SUCCESS;
    for (LDRP_DEPENDENCY *At = Module->Dependencies; At != NULL; At = At->Next) {
        if (At->Module == On) {
            LdrpSetReferences(On, On->Node.LoadCount - 1);
            return STATUS_SUCCESS;
        }
    }
    LDRP_DEPENDENCY *New = On == Module ? NULL : Allocate(sizeof *New);
    if (New == NULL) {
        LdrpSetReferences(On, On->Node.LoadCount - 1);
        return On == Module ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    }
    New->Module = On;
    New->Next = Module->Dependencies;
    Module->Dependencies = New;
    return STATUS_SUCCESS;
}
