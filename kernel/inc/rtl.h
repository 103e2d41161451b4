/* SPDX-License-Identifier: MIT */
/*
 * rtl.h - the run-time library: what <ntifs.h> does not declare of it.
 *
 * Pure code that the kernel, ntdll (compiled with RTL_USER_MODE) and the host tests share.  Nothing in rtl takes a lock or knows what a thread
 * is, except through the hooks of rtl/rtlp.h.  Unless said otherwise a routine may be called at any IRQL as long as its arguments are
 * resident; those that allocate (RtlAnsiStringToUnicodeString with AllocateDestinationString ...) need IRQL <= APC_LEVEL.
 * The ANSI and OEM code pages are UTF-8 (65001): see rtl/convert.c.
 */
#ifndef NASCENT_RTL_H
#define NASCENT_RTL_H

#include "nt.h"
#include "pe.h"

/* ---- C run time (rtl/memory.c crtstr.c crtwide.c strto.c sort.c format.c); <string.h> has the rest ------------------------------------ */
int __cdecl _vsnprintf(char *Buffer, size_t Count, const char *Format, va_list Arguments);
int __cdecl _snprintf(char *Buffer, size_t Count, const char *Format, ...);
int __cdecl vsprintf(char *Buffer, const char *Format, va_list Arguments);
int __cdecl sprintf(char *Buffer, const char *Format, ...);
int __cdecl _vscprintf(const char *Format, va_list Arguments);
int __cdecl _vsnwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, va_list Arguments);
int __cdecl _snwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, ...);
int __cdecl swprintf(wchar_t *Buffer, const wchar_t *Format, ...);
int __cdecl vswprintf(wchar_t *Buffer, const wchar_t *Format, va_list Arguments);
int __cdecl sprintf_s(char *Buffer, size_t Size, const char *Format, ...);
int __cdecl vsprintf_s(char *Buffer, size_t Size, const char *Format, va_list Arguments);
int __cdecl _snprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format, ...);
int __cdecl _vsnprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format, va_list Arguments);
int __cdecl swprintf_s(wchar_t *Buffer, size_t Size, const wchar_t *Format, ...);
int __cdecl vswprintf_s(wchar_t *Buffer, size_t Size, const wchar_t *Format, va_list Arguments);
int __cdecl _snwprintf_s(wchar_t *Buffer, size_t Size, size_t Count, const wchar_t *Format, ...);
int __cdecl _vsnwprintf_s(wchar_t *Buffer, size_t Size, size_t Count, const wchar_t *Format, va_list Arguments);
unsigned long __cdecl strtoul(const char *String, char **End, int Base);
long __cdecl strtol(const char *String, char **End, int Base);
unsigned __int64 __cdecl _strtoui64(const char *String, char **End, int Base);
__int64 __cdecl _strtoi64(const char *String, char **End, int Base);
unsigned long __cdecl wcstoul(const wchar_t *String, wchar_t **End, int Base);
long __cdecl wcstol(const wchar_t *String, wchar_t **End, int Base);
int __cdecl atoi(const char *String);
long __cdecl atol(const char *String);
__int64 __cdecl _atoi64(const char *String);
int __cdecl _wtoi(const wchar_t *String);
long __cdecl _wtol(const wchar_t *String);
__int64 __cdecl _wtoi64(const wchar_t *String);
char *__cdecl _itoa(int Value, char *Buffer, int Radix);
char *__cdecl _ultoa(unsigned long Value, char *Buffer, int Radix);
char *__cdecl _i64toa(__int64 Value, char *Buffer, int Radix);
char *__cdecl _ui64toa(unsigned __int64 Value, char *Buffer, int Radix);
wchar_t *__cdecl _itow(int Value, wchar_t *Buffer, int Radix);
wchar_t *__cdecl _ultow(unsigned long Value, wchar_t *Buffer, int Radix);
wchar_t *__cdecl _i64tow(__int64 Value, wchar_t *Buffer, int Radix);
wchar_t *__cdecl _ui64tow(unsigned __int64 Value, wchar_t *Buffer, int Radix);
void __cdecl qsort(void *Base, size_t Count, size_t Size, int(__cdecl *Compare)(const void *, const void *));
void *__cdecl bsearch(const void *Key, const void *Base, size_t Count, size_t Size, int(__cdecl *Compare)(const void *, const void *));
int __cdecl toupper(int Character);
int __cdecl tolower(int Character);
int __cdecl isalpha(int Character);
int __cdecl isdigit(int Character);
int __cdecl isxdigit(int Character);
int __cdecl isalnum(int Character);
int __cdecl isspace(int Character);
int __cdecl isupper(int Character);
int __cdecl islower(int Character);
int __cdecl isprint(int Character);
int __cdecl ispunct(int Character);
int __cdecl isgraph(int Character);
int __cdecl iscntrl(int Character);
int __cdecl iswctype(wint_t Character, wctype_t Type);
int __cdecl iswalpha(wint_t Character);
int __cdecl iswdigit(wint_t Character);
int __cdecl iswxdigit(wint_t Character);
int __cdecl iswspace(wint_t Character);
int __cdecl iswalnum(wint_t Character);
int __cdecl iswlower(wint_t Character);
wint_t __cdecl towupper(wint_t Character);
wint_t __cdecl towlower(wint_t Character);

/* ---- strings and conversions ------------------------------------------------------------------------------------------------------- */
BOOLEAN NTAPI RtlCreateUnicodeStringFromAsciiz(PUNICODE_STRING Destination, PCSZ Source);
BOOLEAN NTAPI RtlEqualDomainName(PCUNICODE_STRING Left, PCUNICODE_STRING Right);
BOOLEAN NTAPI RtlPrefixString(const STRING *Prefix, const STRING *String, BOOLEAN CaseInsensitive);
NTSTATUS NTAPI RtlAppendAsciizToString(PSTRING Destination, PCSZ Source);
NTSTATUS NTAPI RtlFindCharInUnicodeString(ULONG Flags, PCUNICODE_STRING Search, PCUNICODE_STRING Match, PUSHORT Position);
void NTAPI RtlEraseUnicodeString(PUNICODE_STRING String);
NTSTATUS NTAPI RtlIntegerToChar(ULONG Value, ULONG Base, LONG Length, PSTR String);
NTSTATUS NTAPI RtlLargeIntegerToChar(PLARGE_INTEGER Value, ULONG Base, LONG Length, PSTR String);
NTSTATUS NTAPI RtlUpcaseUnicodeStringToAnsiString(PANSI_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate);
void NTAPI RtlFreeUTF8String(PUTF8_STRING String);
NTSTATUS NTAPI RtlConsoleMultiByteToUnicodeN(PWCH Unicode, ULONG UnicodeSize, PULONG Result, PCSTR MultiByte, ULONG Size, PULONG Special);
#define RTL_FIND_CHAR_IN_UNICODE_STRING_START_AT_END 1
#define RTL_FIND_CHAR_IN_UNICODE_STRING_COMPLEMENT_CHAR_SET 2
#define RTL_FIND_CHAR_IN_UNICODE_STRING_CASE_INSENSITIVE 4

/* ---- trees ---------------------------------------------------------------------------------------------------------------------------- */
/* Red-black trees of nodes embedded in the caller's structures; the caller holds the lock.  Root: Min is the leftmost node. */
typedef struct _RTL_RB_TREE {
    PRTL_BALANCED_NODE Root;
    PRTL_BALANCED_NODE Min; /* bit 0 is reserved (NT: parent pointers are encoded); always 0 here */
} RTL_RB_TREE, *PRTL_RB_TREE;
/* Parent NULL: the tree is empty.  Right: Node becomes Parent's right child (which must be NULL now), else the left. */
void NTAPI RtlRbInsertNodeEx(PRTL_RB_TREE Tree, PRTL_BALANCED_NODE Parent, BOOLEAN Right, PRTL_BALANCED_NODE Node);
void NTAPI RtlRbRemoveNode(PRTL_RB_TREE Tree, PRTL_BALANCED_NODE Node);
/* In-order neighbours; NULL at the ends. */
PRTL_BALANCED_NODE RtlRbNextNode(PRTL_BALANCED_NODE Node);
PRTL_BALANCED_NODE RtlRbPreviousNode(PRTL_BALANCED_NODE Node);
/* Every rule of the tree holds: links, colours, black height, Min.  For assertions and tests. */
BOOLEAN RtlRbCheckTree(const RTL_RB_TREE *Tree);

/* ---- numbers ---------------------------------------------------------------------------------------------------------------------------- */
ULONG NTAPI RtlComputeCrc32(ULONG PartialCrc, const VOID *Buffer, ULONG Length);
ULONG NTAPI RtlUniform(PULONG Seed);
BOOLEAN NTAPI RtlCutoverTimeToSystemTime(PTIME_FIELDS Cutover, PLARGE_INTEGER SystemTime, PLARGE_INTEGER Now, BOOLEAN ThisYear);
/* "STATUS_ACCESS_DENIED"; NULL if the code has no name. */
const char *RtlStatusName(NTSTATUS Status);

/* ---- security ------------------------------------------------------------------------------------------------------------------------- */
BOOLEAN NTAPI RtlValidAcl(PACL Acl);
BOOLEAN NTAPI RtlFirstFreeAce(PACL Acl, PVOID *FirstFree);
NTSTATUS NTAPI RtlQueryInformationAcl(PACL Acl, PVOID Information, ULONG Length, ULONG Class);
NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL Acl, ULONG Revision, ACCESS_MASK Mask, PSID Sid);
NTSTATUS NTAPI RtlAddAccessDeniedAceEx(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, PSID Sid);
NTSTATUS NTAPI RtlAddAuditAccessAce(PACL Acl, ULONG Revision, ACCESS_MASK Mask, PSID Sid, BOOLEAN Success, BOOLEAN Failure);
NTSTATUS NTAPI RtlAddMandatoryAce(PACL Acl, ULONG Revision, ULONG Flags, PSID Sid, UCHAR Type, ACCESS_MASK Mask);
NTSTATUS NTAPI RtlMakeSelfRelativeSD(PSECURITY_DESCRIPTOR Source, PSECURITY_DESCRIPTOR SelfRelative, PULONG Length);
NTSTATUS NTAPI RtlCopySecurityDescriptor(PSECURITY_DESCRIPTOR Source, PSECURITY_DESCRIPTOR *Copy);
NTSTATUS NTAPI RtlGetControlSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSECURITY_DESCRIPTOR_CONTROL Control, PULONG Revision);
NTSTATUS NTAPI RtlSetControlSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, SECURITY_DESCRIPTOR_CONTROL OfInterest, SECURITY_DESCRIPTOR_CONTROL Set);
BOOLEAN NTAPI RtlAreAllAccessesGranted(ACCESS_MASK Granted, ACCESS_MASK Desired);
BOOLEAN NTAPI RtlAreAnyAccessesGranted(ACCESS_MASK Granted, ACCESS_MASK Desired);

/* ---- images: NT's names over pe.h ------------------------------------------------------------------------------------------------------ */
PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID Base);
NTSTATUS NTAPI RtlImageNtHeaderEx(ULONG Flags, PVOID Base, ULONG64 Size, PIMAGE_NT_HEADERS *Headers);
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN MappedAsImage, USHORT Index, PULONG Size);
PIMAGE_SECTION_HEADER NTAPI RtlImageRvaToSection(PIMAGE_NT_HEADERS Headers, PVOID Base, ULONG Rva);
PVOID NTAPI RtlAddressInSectionTable(PIMAGE_NT_HEADERS Headers, PVOID Base, ULONG Rva);
PVOID NTAPI RtlImageRvaToVa(PIMAGE_NT_HEADERS Headers, PVOID Base, ULONG Rva, PIMAGE_SECTION_HEADER *Section);
PVOID NTAPI RtlFindExportedRoutineByName(PVOID Base, PCSTR Name);

/* ---- unwinding (rtl/unwind.c except.c): winnt.h's declarations, for those who include the DDK ------------------------------------------ */
#define UNW_FLAG_NHANDLER 0x0
#define UNW_FLAG_EHANDLER 0x1
#define UNW_FLAG_UHANDLER 0x2
#define UNW_FLAG_CHAININFO 0x4
#define EXCEPTION_UNWINDING 0x2
#define EXCEPTION_EXIT_UNWIND 0x4
#define EXCEPTION_STACK_INVALID 0x8
#define EXCEPTION_NESTED_CALL 0x10
#define EXCEPTION_TARGET_UNWIND 0x20
#define EXCEPTION_COLLIDED_UNWIND 0x40
#define EXCEPTION_UNWIND (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND | EXCEPTION_TARGET_UNWIND | EXCEPTION_COLLIDED_UNWIND)
#define UNWIND_HISTORY_TABLE_SIZE 12

typedef struct _RUNTIME_FUNCTION {
    ULONG BeginAddress;
    ULONG EndAddress;
    ULONG UnwindData;
} RUNTIME_FUNCTION, *PRUNTIME_FUNCTION;

typedef struct _UNWIND_HISTORY_TABLE_ENTRY {
    ULONG64 ImageBase;
    PRUNTIME_FUNCTION FunctionEntry;
} UNWIND_HISTORY_TABLE_ENTRY;

typedef struct _UNWIND_HISTORY_TABLE {
    ULONG Count;
    UCHAR LocalHint;
    UCHAR GlobalHint;
    UCHAR Search;
    UCHAR Once;
    ULONG64 LowAddress;
    ULONG64 HighAddress;
    UNWIND_HISTORY_TABLE_ENTRY Entry[UNWIND_HISTORY_TABLE_SIZE];
} UNWIND_HISTORY_TABLE, *PUNWIND_HISTORY_TABLE;

typedef EXCEPTION_DISPOSITION NTAPI EXCEPTION_ROUTINE(PEXCEPTION_RECORD Record, PVOID EstablisherFrame, PCONTEXT Context,
                                                      PVOID DispatcherContext);
typedef EXCEPTION_ROUTINE *PEXCEPTION_ROUTINE;

typedef struct _DISPATCHER_CONTEXT {
    ULONG64 ControlPc;
    ULONG64 ImageBase;
    PRUNTIME_FUNCTION FunctionEntry;
    ULONG64 EstablisherFrame;
    ULONG64 TargetIp;
    PCONTEXT ContextRecord;
    PEXCEPTION_ROUTINE LanguageHandler;
    PVOID HandlerData;
    PUNWIND_HISTORY_TABLE HistoryTable;
    ULONG ScopeIndex;
    ULONG Fill0;
} DISPATCHER_CONTEXT, *PDISPATCHER_CONTEXT;

typedef struct _KNONVOLATILE_CONTEXT_POINTERS {
    PM128A FloatingContext[16];
    PULONG64 IntegerContext[16];
} KNONVOLATILE_CONTEXT_POINTERS, *PKNONVOLATILE_CONTEXT_POINTERS;

static_assert(sizeof(UNWIND_HISTORY_TABLE) == 0xD8, "UNWIND_HISTORY_TABLE");
static_assert(sizeof(DISPATCHER_CONTEXT) == 0x50, "DISPATCHER_CONTEXT");

PRUNTIME_FUNCTION NTAPI RtlLookupFunctionEntry(ULONG64 ControlPc, PULONG64 ImageBase, PUNWIND_HISTORY_TABLE HistoryTable);
PEXCEPTION_ROUTINE NTAPI RtlVirtualUnwind(ULONG HandlerType, ULONG64 ImageBase, ULONG64 ControlPc, PRUNTIME_FUNCTION FunctionEntry, PCONTEXT Context,
                                          PVOID *HandlerData, PULONG64 EstablisherFrame, PKNONVOLATILE_CONTEXT_POINTERS ContextPointers);
/*
 * As RtlVirtualUnwind without a handler, for stacks that may be broken: nothing outside [Low, High) is read from the stack, and the
 * return says whether the frame could be unwound.  *HadMachineFrame, in and out: Rip is where a trap struck, not a return address.
 */
BOOLEAN RtlUnwindFrameSafely(PCONTEXT Context, ULONG64 Low, ULONG64 High, BOOLEAN *HadMachineFrame);
void NTAPI RtlUnwindEx(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD Record, PVOID ReturnValue, PCONTEXT Context, PUNWIND_HISTORY_TABLE HistoryTable);
void NTAPI RtlUnwind(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD Record, PVOID ReturnValue);
/* TRUE: a handler asked to continue at *Context.  FALSE: nobody wanted the exception. */
BOOLEAN NTAPI RtlDispatchException(PEXCEPTION_RECORD Record, PCONTEXT Context);
void NTAPI RtlRaiseException(PEXCEPTION_RECORD Record);
DECLSPEC_NORETURN VOID NTAPI RtlRaiseStatus(NTSTATUS Status);
void NTAPI RtlRestoreContext(PCONTEXT Context, PEXCEPTION_RECORD Record);
PVOID NTAPI RtlPcToFileHeader(PVOID Pc, PVOID *Base);
#endif
