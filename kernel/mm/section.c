/* SPDX-License-Identifier: MIT */
/*
 * section.c - section objects and the services that make, open and ask about them.
 *
 * A section is a thin object: a control area, a size, a protection.  What a file may be mapped as is checked once, here, against the access
 * its handle was opened with.  Windows Internals, 7th ed., part 1, chapter 5 "Section objects".
 */
#include "mi.h"

#define SEC_VALID                                                                                                                          \
    (SEC_FILE | SEC_IMAGE | SEC_PROTECTED_IMAGE | SEC_RESERVE | SEC_COMMIT | SEC_NOCACHE | SEC_WRITECOMBINE | SEC_LARGE_PAGES |            \
     SEC_64K_PAGES | SEC_BASED)

POBJECT_TYPE MmSectionObjectType;

static void DeleteSection(PVOID Object)
{
    PSECTION Section = Object;

    if (Section->ControlArea != NULL)
        MiDereferenceSection(Section->ControlArea, Section->UserReference);
}

void MiInitializeSectionType(void)
{
    OBJECT_TYPE_INITIALIZER Initializer;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Section");

    RtlZeroMemory(&Initializer, sizeof Initializer);
    Initializer.Length = sizeof Initializer;
    Initializer.InvalidAttributes = OBJ_OPENLINK;
    Initializer.GenericMapping =
        (GENERIC_MAPPING){ STANDARD_RIGHTS_READ | SECTION_QUERY | SECTION_MAP_READ, STANDARD_RIGHTS_WRITE | SECTION_MAP_WRITE,
                           STANDARD_RIGHTS_EXECUTE | SECTION_MAP_EXECUTE, SECTION_ALL_ACCESS };
    Initializer.ValidAccessMask = SECTION_ALL_ACCESS;
    Initializer.PoolType = PagedPool;
    Initializer.DefaultPagedPoolCharge = sizeof(SECTION);
    Initializer.DeleteProcedure = DeleteSection;
    Initializer.WaitObjectFlagOffset = -1;
    NTSTATUS Status = ObCreateObjectType(&Name, &Initializer, NULL, &MmSectionObjectType);
    if (!NT_SUCCESS(Status))
        KeBugCheckEx(PHASE1_INITIALIZATION_FAILED, (ULONG_PTR)Status, MI_TAG, 0, 0);
}

static NTSTATUS CheckAttributes(ULONG Attributes)
{
    ULONG Kind = Attributes & (SEC_IMAGE | SEC_RESERVE | SEC_COMMIT);

    if ((Attributes & ~(ULONG)SEC_VALID) != 0 || (Kind & (Kind - 1)) != 0 || Kind == 0)
        return STATUS_INVALID_PARAMETER_6;
    if ((Attributes & SEC_IMAGE) && (Attributes & (SEC_RESERVE | SEC_COMMIT | SEC_WRITECOMBINE | SEC_LARGE_PAGES | SEC_BASED)))
        return STATUS_INVALID_PARAMETER_6;
    if ((Attributes & SEC_LARGE_PAGES) && !(Attributes & SEC_COMMIT))
        return STATUS_INVALID_PARAMETER_6;
    if (Attributes & (SEC_64K_PAGES | SEC_BASED | SEC_PROTECTED_IMAGE))
        return STATUS_NOT_SUPPORTED;
    return STATUS_SUCCESS;
}

/* Memory that lies in a row and stays: for whoever may lock pages, in whole large pages, and without a file behind it. */
static NTSTATUS CheckLarge(BOOLEAN File, PLARGE_INTEGER MaximumSize, KPROCESSOR_MODE Mode)
{
    if (File)
        return STATUS_INVALID_PARAMETER_6;
    if (MaximumSize == NULL || ((ULONG64)MaximumSize->QuadPart & (MI_LARGE_SIZE - 1)) != 0)
        return STATUS_INVALID_PARAMETER_4;
    return SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_LOCK_MEMORY_PRIVILEGE), Mode) ? STATUS_SUCCESS : STATUS_PRIVILEGE_NOT_HELD;
}

/* Access to the file that mapping it with a page protection needs. */
static ACCESS_MASK FileAccess(ULONG Protection)
{
    static const UCHAR Access[] = { 0,
                                    FILE_READ_DATA,
                                    FILE_EXECUTE,
                                    FILE_EXECUTE | FILE_READ_DATA,
                                    FILE_WRITE_DATA | FILE_READ_DATA,
                                    FILE_READ_DATA,
                                    FILE_EXECUTE | FILE_WRITE_DATA | FILE_READ_DATA,
                                    FILE_EXECUTE | FILE_READ_DATA };

    return Access[Protection & MM_ACCESS_MASK];
}

static NTSTATUS CreatePagefileSection(PSECTION New, PLARGE_INTEGER MaximumSize, ULONG Attributes)
{
    ULONG64 Size = MaximumSize != NULL ? (ULONG64)MaximumSize->QuadPart : 0, Pages = MI_PAGES(Size);

    if (Size == 0)
        return STATUS_INVALID_PARAMETER_4;
    if ((LONG64)Size < 0 || Pages > (1ULL << 35))
        return STATUS_SECTION_TOO_BIG;
    if ((Attributes & SEC_COMMIT) && !MiChargeCommitment(Pages))
        return STATUS_COMMITMENT_LIMIT;
    PCONTROL_AREA ControlArea = MiCreateControlArea(Pages, 1, (Attributes & SEC_RESERVE) ? MI_CA_RESERVE : 0);
    if (ControlArea == NULL) {
        if (Attributes & SEC_COMMIT)
            MiReturnCommitment(Pages);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ControlArea->Subsection[0].Pages = Pages;
    ControlArea->SizeOfSegment.QuadPart = (LONGLONG)(Pages << PAGE_SHIFT);
    ControlArea->CommittedPages = (Attributes & SEC_COMMIT) ? Pages : 0;
    ControlArea->NumberOfSectionReferences = 1;
    if (Attributes & SEC_LARGE_PAGES) {
        ControlArea->Flags |= MI_CA_LARGE;
        NTSTATUS Status = MiFillLargeSection(ControlArea);
        if (!NT_SUCCESS(Status)) {
            MiFreeControlArea(ControlArea);
            return Status;
        }
    }
    New->ControlArea = ControlArea;
    New->SizeOfSection = ControlArea->SizeOfSegment; /* whole pages, as NT */
    return STATUS_SUCCESS;
}

static NTSTATUS CreateImageSection(PSECTION New, PFILE_OBJECT File)
{
    NTSTATUS Status = MiReferenceFileControlArea(File, TRUE, NULL, &New->ControlArea);

    if (NT_SUCCESS(Status))
        New->SizeOfSection = New->ControlArea->SizeOfSegment;
    return Status;
}

/* KernelCaller: the cache manager, which knows the size and holds the file system's locks. */
static NTSTATUS CreateDataSection(PSECTION New, PFILE_OBJECT File, PLARGE_INTEGER MaximumSize, BOOLEAN KernelCaller, BOOLEAN Writable)
{
    LARGE_INTEGER FileSize = { .QuadPart = 0 };
    ULONG64 Wanted = MaximumSize != NULL ? (ULONG64)MaximumSize->QuadPart : 0;
    PCONTROL_AREA ControlArea = NULL;
    NTSTATUS Status = STATUS_SUCCESS;

    if (KernelCaller && Wanted != 0) {
        FileSize.QuadPart = (LONGLONG)Wanted;
    } else {
        Status = FsRtlGetFileSize(File, &FileSize);
        if (Status == STATUS_FILE_IS_A_DIRECTORY)
            Status = STATUS_INVALID_FILE_FOR_SECTION;
        if (!NT_SUCCESS(Status))
            return Status;
        if (FileSize.QuadPart == 0 && Wanted == 0)
            return STATUS_MAPPED_FILE_SIZE_ZERO;
        if (Wanted > (ULONG64)FileSize.QuadPart) {
            if (!Writable)
                return STATUS_SECTION_TOO_BIG;
            /* Growing the file is a write: the file system is asked, as NT does. */
            LARGE_INTEGER NewSize = { .QuadPart = (LONGLONG)Wanted };
            Status = IoSetInformation(File, FileEndOfFileInformation, sizeof NewSize, &NewSize);
            if (!NT_SUCCESS(Status))
                return Status;
            FileSize = NewSize;
        }
    }
    ULONG64 Known = (ULONG64)FileSize.QuadPart;
    Status = MiReferenceFileControlArea(File, FALSE, &Known, &ControlArea);
    if (NT_SUCCESS(Status) && Known > (ULONG64)ControlArea->SizeOfSegment.QuadPart) {
        Status = MiExtendControlArea(ControlArea, Known);
        if (!NT_SUCCESS(Status))
            MiDereferenceSection(ControlArea, FALSE);
    }
    if (!NT_SUCCESS(Status))
        return Status;
    New->ControlArea = ControlArea;
    New->SizeOfSection.QuadPart = (LONGLONG)(Wanted != 0 ? Wanted : Known);
    return STATUS_SUCCESS;
}

static NTSTATUS CreateFileSection(PSECTION New, PLARGE_INTEGER MaximumSize, ULONG Protection, ULONG Attributes, HANDLE FileHandle,
                                  PFILE_OBJECT FileObject)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    PFILE_OBJECT File = FileObject;
    BOOLEAN Writable = (Protection & MM_ACCESS_MASK) == MM_READWRITE || (Protection & MM_ACCESS_MASK) == MM_EXECUTE_READWRITE;
    NTSTATUS Status = STATUS_SUCCESS;

    if (FileObject == NULL)
        Status = ObReferenceObjectByHandle(FileHandle, FileAccess(Protection), *IoFileObjectType, Mode, (PVOID *)&File, NULL);
    else
        ObReferenceObject(FileObject);
    if (!NT_SUCCESS(Status))
        return Status;
    if (File->SectionObjectPointer == NULL)
        Status = STATUS_INVALID_FILE_FOR_SECTION;
    else if (Attributes & SEC_IMAGE)
        Status = CreateImageSection(New, File);
    else
        Status = CreateDataSection(New, File, MaximumSize, FileObject != NULL, Writable);
    if (NT_SUCCESS(Status) && FileObject == NULL) {
        New->UserReference = TRUE;
        ExAcquirePushLockExclusive_(&MmSectionLock);
        New->ControlArea->NumberOfUserReferences++;
        ExReleasePushLockExclusive_(&MmSectionLock);
    }
    ObDereferenceObject(File);
    return Status;
}

NTSTATUS MmCreateSection(PVOID *SectionObject, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
                         ULONG PageProtection, ULONG AllocationAttributes, HANDLE FileHandle, PFILE_OBJECT FileObject)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    SECTION New = { .ControlArea = NULL };
    PSECTION Section;

    UNREFERENCED_PARAMETER(DesiredAccess);
    PAGED_CODE();
    NTSTATUS Status = CheckAttributes(AllocationAttributes);
    if (!NT_SUCCESS(Status))
        return Status;
    ULONG Protection = MiMakeProtectionMask(PageProtection);
    if (Protection == MM_INVALID_PROTECTION || (Protection & MM_ACCESS_MASK) == 0 || (PageProtection & PAGE_GUARD))
        return STATUS_INVALID_PAGE_PROTECTION;
    if ((AllocationAttributes & SEC_LARGE_PAGES) &&
        !NT_SUCCESS(Status = CheckLarge(FileHandle != NULL || FileObject != NULL, MaximumSize, Mode)))
        return Status;
    if (FileHandle == NULL && FileObject == NULL) {
        if (AllocationAttributes & SEC_IMAGE)
            return STATUS_INVALID_FILE_FOR_SECTION;
        if (MiIsCopyOnWrite(Protection))
            return STATUS_INVALID_PAGE_PROTECTION;
        Status = CreatePagefileSection(&New, MaximumSize, AllocationAttributes);
    } else {
        Status = CreateFileSection(&New, MaximumSize, Protection, AllocationAttributes, FileHandle, FileObject);
    }
    if (!NT_SUCCESS(Status))
        return Status;
    New.InitialPageProtection = Protection;
    New.AllocationAttributes = AllocationAttributes & (SEC_IMAGE | SEC_RESERVE | SEC_COMMIT | SEC_NOCACHE | SEC_WRITECOMBINE | SEC_LARGE_PAGES);
    if (New.ControlArea->Flags & MI_CA_FILE)
        New.AllocationAttributes |= SEC_FILE;
    Status = ObCreateObject(Mode, MmSectionObjectType, ObjectAttributes, Mode, NULL, sizeof(SECTION), 0, 0, (PVOID *)&Section);
    if (!NT_SUCCESS(Status)) {
        MiDereferenceSection(New.ControlArea, New.UserReference);
        return Status;
    }
    *Section = New;
    *SectionObject = Section;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtCreateSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                               PLARGE_INTEGER MaximumSize, ULONG SectionPageProtection, ULONG AllocationAttributes, HANDLE FileHandle)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    LARGE_INTEGER Size = { .QuadPart = 0 };
    PVOID Section;
    HANDLE Handle;

    NTSTATUS Status = CheckAttributes(AllocationAttributes);
    if (NT_SUCCESS(Status))
        Status = KiProbeForWrite(Mode, SectionHandle, sizeof(HANDLE), sizeof(HANDLE));
    if (NT_SUCCESS(Status) && MaximumSize != NULL)
        Status = CopyFromMode(Mode, &Size, MaximumSize, sizeof Size);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MmCreateSection(&Section, DesiredAccess, ObjectAttributes, MaximumSize != NULL ? &Size : NULL, SectionPageProtection,
                             AllocationAttributes, FileHandle, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObInsertObject(Section, NULL, DesiredAccess, 0, NULL, &Handle);
    if (NT_SUCCESS(Status)) {
        NTSTATUS Copy = CopyToMode(Mode, SectionHandle, &Handle, sizeof Handle);
        (void)Copy;
    }
    return Status;
}

NTSTATUS NTAPI NtOpenSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    HANDLE Handle;

    NTSTATUS Status = KiProbeForWrite(Mode, SectionHandle, sizeof(HANDLE), sizeof(HANDLE));
    if (NT_SUCCESS(Status))
        Status = ObOpenObjectByName(ObjectAttributes, MmSectionObjectType, Mode, NULL, DesiredAccess, NULL, &Handle);
    if (NT_SUCCESS(Status))
        Status = CopyToMode(Mode, SectionHandle, &Handle, sizeof Handle);
    return Status;
}

NTSTATUS MmExtendSection(PVOID SectionObject, PLARGE_INTEGER NewSize)
{
    PSECTION Section = SectionObject;
    NTSTATUS Status = STATUS_SUCCESS;

    PAGED_CODE();
    if (!(Section->ControlArea->Flags & MI_CA_FILE) || (Section->ControlArea->Flags & MI_CA_IMAGE))
        return STATUS_SECTION_NOT_EXTENDED;
    if (NewSize->QuadPart > Section->ControlArea->SizeOfSegment.QuadPart) /* also when the file was longer once, and cut */
        Status = MiExtendControlArea(Section->ControlArea, (ULONG64)NewSize->QuadPart);
    if (NT_SUCCESS(Status) && NewSize->QuadPart > Section->SizeOfSection.QuadPart)
        Section->SizeOfSection = *NewSize;
    return Status;
}

NTSTATUS NTAPI NtExtendSection(HANDLE SectionHandle, PLARGE_INTEGER NewSectionSize);
NTSTATUS NTAPI NtExtendSection(HANDLE SectionHandle, PLARGE_INTEGER NewSectionSize)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    LARGE_INTEGER Size, FileSize;
    PSECTION Section;

    NTSTATUS Status = CopyFromMode(Mode, &Size, NewSectionSize, sizeof Size);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(SectionHandle, SECTION_EXTEND_SIZE, MmSectionObjectType, Mode, (PVOID *)&Section, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    if (!(Section->ControlArea->Flags & MI_CA_FILE) || (Section->ControlArea->Flags & MI_CA_IMAGE)) {
        Status = STATUS_SECTION_NOT_EXTENDED;
    } else {
        Status = FsRtlGetFileSize(Section->ControlArea->FilePointer, &FileSize);
        if (NT_SUCCESS(Status) && Size.QuadPart > FileSize.QuadPart)
            Status = IoSetInformation(Section->ControlArea->FilePointer, FileEndOfFileInformation, sizeof Size, &Size);
        if (NT_SUCCESS(Status))
            Status = MmExtendSection(Section, &Size);
    }
    if (NT_SUCCESS(Status))
        Status = CopyToMode(Mode, NewSectionSize, &Section->SizeOfSection, sizeof(LARGE_INTEGER));
    ObDereferenceObject(Section);
    return Status;
}

/* ---- questions ---- */

typedef struct _SECTION_BASIC_INFORMATION_
{
    PVOID BaseAddress;
    ULONG AllocationAttributes;
    LARGE_INTEGER MaximumSize;
} SECTION_BASIC_INFORMATION_;
enum
{
    SectionBasicInformation_ = 0,
    SectionImageInformation_ = 1,
    SectionRelocationInformation_ = 2,
    SectionOriginalBaseInformation_ = 3
};

NTSTATUS NTAPI NtQuerySection(HANDLE SectionHandle, ULONG InformationClass, PVOID Information, SIZE_T Length, PSIZE_T ReturnLength);
NTSTATUS NTAPI NtQuerySection(HANDLE SectionHandle, ULONG InformationClass, PVOID Information, SIZE_T Length, PSIZE_T ReturnLength)
{
    static const SIZE_T Needed[] = { sizeof(SECTION_BASIC_INFORMATION_), sizeof(SECTION_IMAGE_INFORMATION), sizeof(ULONG64),
                                     sizeof(ULONG64) };
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    SECTION_BASIC_INFORMATION_ Basic = { 0 };
    PSECTION Section;
    const VOID *Answer = NULL;

    if (InformationClass > SectionOriginalBaseInformation_)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < Needed[InformationClass])
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS Status = ObReferenceObjectByHandle(SectionHandle, SECTION_QUERY, MmSectionObjectType, Mode, (PVOID *)&Section, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    PCONTROL_AREA ControlArea = Section->ControlArea;
    if (InformationClass == SectionBasicInformation_) {
        Basic.AllocationAttributes = Section->AllocationAttributes;
        Basic.MaximumSize = Section->SizeOfSection;
        Answer = &Basic;
    } else if (!(ControlArea->Flags & MI_CA_IMAGE)) {
        Status = STATUS_SECTION_NOT_IMAGE;
    } else {
        Answer = InformationClass == SectionImageInformation_        ? (const VOID *)&ControlArea->ImageInformation
                 : InformationClass == SectionRelocationInformation_ ? (const VOID *)&ControlArea->Delta
                                                                     : (const VOID *)&ControlArea->PreferredBase;
    }
    if (NT_SUCCESS(Status))
        Status = CopyToMode(Mode, Information, Answer, Needed[InformationClass]);
    if (NT_SUCCESS(Status) && ReturnLength != NULL)
        Status = CopyToMode(Mode, ReturnLength, &Needed[InformationClass], sizeof(SIZE_T));
    ObDereferenceObject(Section);
    return Status;
}

PFILE_OBJECT MmGetFileObjectForSection(PVOID SectionObject)
{
    return ((PSECTION)SectionObject)->ControlArea->FilePointer;
}
