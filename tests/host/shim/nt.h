/* SPDX-License-Identifier: MIT */
/*
 * shim/nt.h - stands in for kernel/inc/nt.h when pure kernel code is compiled by the host's compiler for the unit tests.
 *
 * The DDK headers cannot be used there (long has 64 bits, wchar_t 32 without -fshort-wchar, glibc's names are in the way), so the types that the run-time
 * library uses are declared here with the sizes they have on Windows; layouts that matter are asserted.  Nothing here is seen by the kernel.
 * It bears the include guard of the real nt.h and is included before everything else, after shim/crtnames.h, which keeps our C library's
 * names apart from the host's.
 */
#ifndef NASCENT_NT_H
#define NASCENT_NT_H

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NTAPI
#define __cdecl
#define CONST const
#define VOID void
#define IN
#define OUT
#define OPTIONAL
#define DECLSPEC_NORETURN __attribute__((noreturn))
#define NODISCARD __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define UNREFERENCED_PARAMETER(p) ((void)(p))
#define FIELD_OFFSET(t, f) ((LONG)offsetof(t, f))
#define CONTAINING_RECORD(a, t, f) ((t *)((PUCHAR)(a) - offsetof(t, f)))
#define ASSERT assert

typedef char CHAR, CCHAR, *PCHAR, *PSTR;
typedef const char *PCSZ, *PCSTR, *PCCH;
typedef unsigned char UCHAR, BOOLEAN, *PUCHAR, *PBOOLEAN;
typedef int16_t SHORT, CSHORT;
typedef uint16_t USHORT, *PUSHORT;
typedef int32_t LONG, NTSTATUS, *PLONG;
typedef uint32_t ULONG, CLONG, ACCESS_MASK, SECURITY_INFORMATION, *PULONG, *PACCESS_MASK;
typedef int64_t LONG64, LONGLONG, LONG_PTR, __int64_t_;
typedef uint64_t ULONG64, ULONGLONG, ULONG_PTR, SIZE_T, DWORD64, *PULONG64;
typedef USHORT SECURITY_DESCRIPTOR_CONTROL, *PSECURITY_DESCRIPTOR_CONTROL;
typedef wchar_t WCHAR, *PWCH, *PWSTR, *PWCHAR;
typedef const wchar_t *PCWCH, *PCWSTR;
typedef unsigned short wint_t_, wctype_t_;
typedef void *PVOID, *PSID, *PSECURITY_DESCRIPTOR, *HANDLE;
typedef int EXCEPTION_DISPOSITION;
static_assert(sizeof(WCHAR) == 2, "compile with -fshort-wchar");

#define wint_t wint_t_
#define wctype_t wctype_t_
#define __int64 long long
#define TRUE 1
#define FALSE 0
#define MAXUCHAR 0xFFu
#define MAXUSHORT 0xFFFFu
#define MAXLONG 0x7FFFFFFF
#define MAXULONG 0xFFFFFFFFu
#define MAXULONG64 0xFFFFFFFFFFFFFFFFULL
#define MAXLONGLONG 0x7FFFFFFFFFFFFFFFLL

#define NT_SUCCESS(s) ((NTSTATUS)(s) >= 0)
#define STATUS_SUCCESS ((NTSTATUS)0)
#define STATUS_SOME_NOT_MAPPED ((NTSTATUS)0x00000107)
#define STATUS_NOT_IMPLEMENTED ((NTSTATUS)0xC0000002)
#define STATUS_BUFFER_OVERFLOW ((NTSTATUS)0x80000005)
#define STATUS_NOT_SUPPORTED ((NTSTATUS)0xC00000BB)
#define STATUS_NO_MORE_ENTRIES ((NTSTATUS)0x8000001A)
#define STATUS_INVALID_PARAMETER ((NTSTATUS)0xC000000D)
#define STATUS_NO_MEMORY ((NTSTATUS)0xC0000017)
#define STATUS_ACCESS_DENIED ((NTSTATUS)0xC0000022)
#define STATUS_BUFFER_TOO_SMALL ((NTSTATUS)0xC0000023)
#define STATUS_UNKNOWN_REVISION ((NTSTATUS)0xC0000058)
#define STATUS_REVISION_MISMATCH ((NTSTATUS)0xC0000059)
#define STATUS_INVALID_ACL ((NTSTATUS)0xC0000077)
#define STATUS_BAD_INHERITANCE_ACL ((NTSTATUS)0xC000007D)
#define STATUS_INSUFFICIENT_RESOURCES ((NTSTATUS)0xC000009A)
#define STATUS_INVALID_SID ((NTSTATUS)0xC0000078)
#define STATUS_INVALID_SECURITY_DESCR ((NTSTATUS)0xC0000079)
#define STATUS_INVALID_IMAGE_FORMAT ((NTSTATUS)0xC000007B)
#define STATUS_ALLOTTED_SPACE_EXCEEDED ((NTSTATUS)0xC0000099)
#define STATUS_BAD_DESCRIPTOR_FORMAT ((NTSTATUS)0xC00000E7)
#define STATUS_INVALID_PARAMETER_1 ((NTSTATUS)0xC00000EF)
#define STATUS_INVALID_PARAMETER_2 ((NTSTATUS)0xC00000F0)
#define STATUS_INVALID_PARAMETER_4 ((NTSTATUS)0xC00000F2)
#define STATUS_INVALID_PARAMETER_5 ((NTSTATUS)0xC00000F3)
#define STATUS_NAME_TOO_LONG ((NTSTATUS)0xC0000106)
#define STATUS_INVALID_INFO_CLASS ((NTSTATUS)0xC0000003)
#define STATUS_NOT_FOUND ((NTSTATUS)0xC0000225)
#define STATUS_NO_MORE_MATCHES ((NTSTATUS)0xC0000273)

typedef union _LARGE_INTEGER {
    struct { ULONG LowPart; LONG HighPart; };
    LONG64 QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;
typedef struct _LUID { ULONG LowPart; LONG HighPart; } LUID, *PLUID;
typedef struct _GUID { ULONG Data1; USHORT Data2, Data3; UCHAR Data4[8]; } GUID;
typedef const GUID *REFGUID;
typedef struct _LIST_ENTRY { struct _LIST_ENTRY *Flink, *Blink; } LIST_ENTRY, *PLIST_ENTRY;

typedef struct _STRING { USHORT Length, MaximumLength; PCHAR Buffer; } STRING, *PSTRING, ANSI_STRING, *PANSI_STRING, OEM_STRING, *POEM_STRING,
    UTF8_STRING, *PUTF8_STRING;
typedef const STRING *PCANSI_STRING, *PCOEM_STRING;
typedef struct _UNICODE_STRING { USHORT Length, MaximumLength; PWSTR Buffer; } UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;
#define HASH_STRING_ALGORITHM_DEFAULT 0
#define HASH_STRING_ALGORITHM_X65599 1
#define RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE 1
#define RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING 2

typedef struct _TIME_FIELDS { CSHORT Year, Month, Day, Hour, Minute, Second, Milliseconds, Weekday; } TIME_FIELDS, *PTIME_FIELDS;
typedef struct _RTL_BITMAP { ULONG SizeOfBitMap; PULONG Buffer; } RTL_BITMAP, *PRTL_BITMAP;
typedef struct _RTL_BITMAP_RUN { ULONG StartingIndex, NumberOfBits; } RTL_BITMAP_RUN, *PRTL_BITMAP_RUN;

typedef struct _RTL_BALANCED_NODE {
    union {
        struct _RTL_BALANCED_NODE *Children[2];
        struct { struct _RTL_BALANCED_NODE *Left, *Right; };
    };
    union {
        UCHAR Red : 1;
        UCHAR Balance : 2;
        ULONG_PTR ParentValue;
    };
} RTL_BALANCED_NODE, *PRTL_BALANCED_NODE;
#define RTL_BALANCED_NODE_RESERVED_PARENT_MASK 3ULL
#define RTL_BALANCED_NODE_GET_PARENT_POINTER(n) ((PRTL_BALANCED_NODE)((n)->ParentValue & ~RTL_BALANCED_NODE_RESERVED_PARENT_MASK))

typedef enum _TABLE_SEARCH_RESULT { TableEmptyTree, TableFoundNode, TableInsertAsLeft, TableInsertAsRight } TABLE_SEARCH_RESULT;
typedef enum _RTL_GENERIC_COMPARE_RESULTS { GenericLessThan, GenericGreaterThan, GenericEqual } RTL_GENERIC_COMPARE_RESULTS;
struct _RTL_AVL_TABLE;
typedef RTL_GENERIC_COMPARE_RESULTS (*PRTL_AVL_COMPARE_ROUTINE)(struct _RTL_AVL_TABLE *, PVOID, PVOID);
typedef PVOID (*PRTL_AVL_ALLOCATE_ROUTINE)(struct _RTL_AVL_TABLE *, CLONG);
typedef VOID (*PRTL_AVL_FREE_ROUTINE)(struct _RTL_AVL_TABLE *, PVOID);
typedef NTSTATUS (*PRTL_AVL_MATCH_FUNCTION)(struct _RTL_AVL_TABLE *, PVOID, PVOID);
typedef struct _RTL_BALANCED_LINKS {
    struct _RTL_BALANCED_LINKS *Parent, *LeftChild, *RightChild;
    signed char Balance;
    UCHAR Reserved[3];
} RTL_BALANCED_LINKS, *PRTL_BALANCED_LINKS;
typedef struct _RTL_AVL_TABLE {
    RTL_BALANCED_LINKS BalancedRoot;
    PVOID OrderedPointer;
    ULONG WhichOrderedElement, NumberGenericTableElements, DepthOfTree;
    PRTL_BALANCED_LINKS RestartKey;
    ULONG DeleteCount;
    PRTL_AVL_COMPARE_ROUTINE CompareRoutine;
    PRTL_AVL_ALLOCATE_ROUTINE AllocateRoutine;
    PRTL_AVL_FREE_ROUTINE FreeRoutine;
    PVOID TableContext;
} RTL_AVL_TABLE, *PRTL_AVL_TABLE;

/* security */
#define SID_REVISION 1
#define SID_MAX_SUB_AUTHORITIES 15
typedef struct _SID_IDENTIFIER_AUTHORITY { UCHAR Value[6]; } SID_IDENTIFIER_AUTHORITY, *PSID_IDENTIFIER_AUTHORITY;
typedef struct _SID { UCHAR Revision, SubAuthorityCount; SID_IDENTIFIER_AUTHORITY IdentifierAuthority; ULONG SubAuthority[1]; } SID;
typedef struct _ACL { UCHAR AclRevision, Sbz1; USHORT AclSize, AceCount, Sbz2; } ACL, *PACL;
typedef struct _ACE_HEADER { UCHAR AceType, AceFlags; USHORT AceSize; } ACE_HEADER;
typedef struct _ACCESS_ALLOWED_ACE { ACE_HEADER Header; ULONG Mask, SidStart; } ACCESS_ALLOWED_ACE;
typedef struct _GENERIC_MAPPING { ACCESS_MASK GenericRead, GenericWrite, GenericExecute, GenericAll; } GENERIC_MAPPING, *PGENERIC_MAPPING;
typedef struct _SECURITY_DESCRIPTOR {
    UCHAR Revision, Sbz1;
    SECURITY_DESCRIPTOR_CONTROL Control;
    PSID Owner, Group;
    PACL Sacl, Dacl;
} SECURITY_DESCRIPTOR;
typedef struct _SECURITY_DESCRIPTOR_RELATIVE {
    UCHAR Revision, Sbz1;
    SECURITY_DESCRIPTOR_CONTROL Control;
    ULONG Owner, Group, Sacl, Dacl;
} SECURITY_DESCRIPTOR_RELATIVE, *PISECURITY_DESCRIPTOR_RELATIVE;
#define SECURITY_DESCRIPTOR_REVISION 1
#define MIN_ACL_REVISION 2
#define MAX_ACL_REVISION 4
#define ACL_REVISION 2
#define ACL_REVISION_DS 4
enum { ACCESS_ALLOWED_ACE_TYPE = 0, ACCESS_DENIED_ACE_TYPE = 1, SYSTEM_AUDIT_ACE_TYPE = 2, SYSTEM_ALARM_ACE_TYPE = 3,
       ACCESS_ALLOWED_OBJECT_ACE_TYPE = 5, ACCESS_DENIED_OBJECT_ACE_TYPE = 6, SYSTEM_AUDIT_OBJECT_ACE_TYPE = 7, SYSTEM_ALARM_OBJECT_ACE_TYPE = 8,
       SYSTEM_MANDATORY_LABEL_ACE_TYPE = 0x11 };
enum { OBJECT_INHERIT_ACE = 1, CONTAINER_INHERIT_ACE = 2, NO_PROPAGATE_INHERIT_ACE = 4, INHERIT_ONLY_ACE = 8, INHERITED_ACE = 16,
       SUCCESSFUL_ACCESS_ACE_FLAG = 0x40, FAILED_ACCESS_ACE_FLAG = 0x80 };
enum { SE_OWNER_DEFAULTED = 1, SE_GROUP_DEFAULTED = 2, SE_DACL_PRESENT = 4, SE_DACL_DEFAULTED = 8, SE_SACL_PRESENT = 0x10, SE_SACL_DEFAULTED = 0x20,
       SE_DACL_UNTRUSTED = 0x40, SE_SERVER_SECURITY = 0x80, SE_DACL_AUTO_INHERIT_REQ = 0x100, SE_SACL_AUTO_INHERIT_REQ = 0x200,
       SE_DACL_AUTO_INHERITED = 0x400, SE_SACL_AUTO_INHERITED = 0x800, SE_DACL_PROTECTED = 0x1000, SE_SACL_PROTECTED = 0x2000, SE_SELF_RELATIVE = 0x8000 };
#define OWNER_SECURITY_INFORMATION 1u
#define GROUP_SECURITY_INFORMATION 2u
#define DACL_SECURITY_INFORMATION 4u
#define SACL_SECURITY_INFORMATION 8u
#define GENERIC_READ 0x80000000u
#define GENERIC_WRITE 0x40000000u
#define GENERIC_EXECUTE 0x20000000u
#define GENERIC_ALL 0x10000000u

/* exceptions: only what unwinding needs */
typedef struct _M128A { ULONGLONG Low; LONGLONG High; } M128A, *PM128A;
typedef struct _CONTEXT {
    DWORD64 P1Home[6];
    ULONG ContextFlags, MxCsr;
    USHORT SegCs, SegDs, SegEs, SegFs, SegGs, SegSs;
    ULONG EFlags;
    DWORD64 Dr0, Dr1, Dr2, Dr3, Dr6, Dr7;
    DWORD64 Rax, Rcx, Rdx, Rbx, Rsp, Rbp, Rsi, Rdi, R8, R9, R10, R11, R12, R13, R14, R15, Rip;
    UCHAR FltHeader[0xA0];
    M128A Xmm0, Xmm1, Xmm2, Xmm3, Xmm4, Xmm5, Xmm6, Xmm7, Xmm8, Xmm9, Xmm10, Xmm11, Xmm12, Xmm13, Xmm14, Xmm15;
    UCHAR Rest[0x4D0 - 0x2A0];
} CONTEXT, *PCONTEXT;
static_assert(sizeof(CONTEXT) == 0x4D0 && offsetof(CONTEXT, Rip) == 0xF8 && offsetof(CONTEXT, Xmm0) == 0x1A0, "CONTEXT");
typedef struct _EXCEPTION_RECORD {
    NTSTATUS ExceptionCode;
    ULONG ExceptionFlags;
    struct _EXCEPTION_RECORD *ExceptionRecord;
    PVOID ExceptionAddress;
    ULONG NumberParameters;
    ULONG_PTR ExceptionInformation[15];
} EXCEPTION_RECORD, *PEXCEPTION_RECORD;
typedef struct _IMAGE_NT_HEADERS *PIMAGE_NT_HEADERS;
typedef struct _IMAGE_SECTION_HEADER *PIMAGE_SECTION_HEADER;

/* What ntifs.h declares and rtl defines (the C library's names are in crtnames.h). */
typedef struct _CPTABLEINFO {
    USHORT CodePage, MaximumCharacterSize, DefaultChar, UniDefaultChar, TransDefaultChar, TransUniDefaultChar, DBCSCodePage;
    UCHAR LeadByte[12];
    PUSHORT MultiByteTable;
    PVOID WideCharTable;
    PUSHORT DBCSRanges, DBCSOffsets;
} CPTABLEINFO, *PCPTABLEINFO;

#include "shim/rtldecl.h"
#endif
