/* SPDX-License-Identifier: MIT */
/*
 * cpattributes.c - the attribute list of STARTUPINFOEX, and how CreateProcess reads it.
 *
 * The list keeps pointers to the caller's values, which must live until DeleteProcThreadAttributeList.  The low 16 bits of an attribute
 * are its number, the rest says what it applies to: that is all in the constants of winbase.h.
 */
#include "create.h"

#define MAX_ATTRIBUTE_NUMBER 31

BOOL WINAPI InitializeProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST List, DWORD Count, DWORD Flags, PSIZE_T Size)
{
    SIZE_T Need = sizeof(*List) + Count * sizeof(BASE_ATTRIBUTE);

    if (Flags != 0 || Count > MAX_ATTRIBUTE_NUMBER) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (List == NULL || *Size < Need) {
        *Size = Need;
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    memset(List, 0, sizeof(*List));
    List->Capacity = Count;
    *Size = Need;
    return TRUE;
}

VOID WINAPI DeleteProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST List)
{
    UNUSED(List);
}

/* Attributes of Windows that are not there say so in the log. */
static void NameAbsent(DWORD_PTR Attribute)
{
    static const struct
    {
        DWORD Attribute;
        const char *Name;
    } Absent[] = {
        {0x00030006, "PROC_THREAD_ATTRIBUTE_UMS_THREAD"},
        {0x00020009, "PROC_THREAD_ATTRIBUTE_SECURITY_CAPABILITIES"},
        {0x0002000B, "PROC_THREAD_ATTRIBUTE_PROTECTION_LEVEL"},
        {0x0002000F, "PROC_THREAD_ATTRIBUTE_ALL_APPLICATION_PACKAGES_POLICY"},
        {0x00020010, "PROC_THREAD_ATTRIBUTE_WIN32K_FILTER"},
        {0x00020012, "PROC_THREAD_ATTRIBUTE_DESKTOP_APP_POLICY"},
        {0x00020016, "PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE"},
        {0x00020018, "PROC_THREAD_ATTRIBUTE_MITIGATION_AUDIT_POLICY"},
        {0x00020019, "PROC_THREAD_ATTRIBUTE_MACHINE_TYPE"},
        {0x0002001A, "PROC_THREAD_ATTRIBUTE_COMPONENT_FILTER"},
        {0x0003001B, "PROC_THREAD_ATTRIBUTE_ENABLE_OPTIONAL_XSTATE_FEATURES"},
    };

    for (ULONG i = 0; i < COUNT_OF(Absent); i++) {
        if (Absent[i].Attribute == Attribute) {
            BaseNotSupported(Absent[i].Name);
        }
    }
}

/* Which sizes an attribute may have; 0 as result: not known here. */
static BOOL CheckSize(DWORD_PTR Attribute, SIZE_T Size, DWORD *Error)
{
    BOOL Good;

    switch (Attribute) {
    case PROC_THREAD_ATTRIBUTE_PARENT_PROCESS:
        Good = Size == sizeof(HANDLE);
        break;
    case PROC_THREAD_ATTRIBUTE_HANDLE_LIST:
    case 0x0002000D: /* PROC_THREAD_ATTRIBUTE_JOB_LIST */
        Good = Size != 0 && Size % sizeof(HANDLE) == 0;
        break;
    case PROC_THREAD_ATTRIBUTE_GROUP_AFFINITY:
        Good = Size == sizeof(GROUP_AFFINITY);
        break;
    case PROC_THREAD_ATTRIBUTE_IDEAL_PROCESSOR:
        Good = Size == sizeof(PROCESSOR_NUMBER);
        break;
    case PROC_THREAD_ATTRIBUTE_PREFERRED_NODE:
        Good = Size == sizeof(WORD);
        break;
    case PROC_THREAD_ATTRIBUTE_CHILD_PROCESS_POLICY:
        Good = Size == sizeof(DWORD);
        break;
    case PROC_THREAD_ATTRIBUTE_MITIGATION_POLICY:
        Good = Size == sizeof(DWORD) || Size == sizeof(DWORD64) || Size == 2 * sizeof(DWORD64);
        break;
    default:
        NameAbsent(Attribute);
        *Error = ERROR_NOT_SUPPORTED;
        return FALSE;
    }
    *Error = ERROR_BAD_LENGTH;
    return Good;
}

BOOL WINAPI UpdateProcThreadAttribute(LPPROC_THREAD_ATTRIBUTE_LIST List, DWORD Flags, DWORD_PTR Attribute, PVOID Value, SIZE_T Size,
                                      PVOID Previous, PSIZE_T ReturnSize)
{
    DWORD Number = (DWORD)(Attribute & PROC_THREAD_ATTRIBUTE_NUMBER), Error;

    if (Flags != 0 || Previous != NULL || ReturnSize != NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (!CheckSize(Attribute, Size, &Error)) {
        return BaseFail(Error);
    }
    if (List->Count >= List->Capacity) {
        return BaseFail(ERROR_GEN_FAILURE);
    }
    if (List->Present & (1u << Number)) {
        return BaseFail(698 /* ERROR_OBJECT_NAME_EXISTS */);
    }
    List->Present |= 1u << Number;
    List->Entry[List->Count++] = (BASE_ATTRIBUTE){Attribute, Size, Value};
    return TRUE;
}

/* Data is never executable and addresses are random anyway, so asking for these is no news: DEP, SEHOP, bottom-up and high-entropy randomisation. */
#define MITIGATIONS_ALWAYS_ON (0x01ull | 0x04ull | (1ull << 16) | (1ull << 20))

static BOOL MitigationHolds(const BASE_ATTRIBUTE *Entry)
{
    DWORD64 Flags[2] = {0};

    memcpy(Flags, Entry->Value, Entry->Size);
    return (Flags[0] & ~MITIGATIONS_ALWAYS_ON) == 0 && Flags[1] == 0;
}

BOOL BaseReadAttributes(BASE_CREATE *Create)
{
    if (!(Create->Flags & EXTENDED_STARTUPINFO_PRESENT)) {
        return TRUE;
    }
    const struct _PROC_THREAD_ATTRIBUTE_LIST *List = ((const STARTUPINFOEXW *)Create->Startup)->lpAttributeList;
    for (DWORD i = 0; List != NULL && i < List->Count; i++) {
        const BASE_ATTRIBUTE *Entry = &List->Entry[i];
        switch (Entry->Attribute) {
        case PROC_THREAD_ATTRIBUTE_PARENT_PROCESS:
            Create->HasParentProcess = TRUE;
            Create->ParentProcess = *(const HANDLE *)Entry->Value;
            break;
        case PROC_THREAD_ATTRIBUTE_HANDLE_LIST:
            if (!Create->InheritHandles) {
                return BaseFail(ERROR_INVALID_PARAMETER);
            }
            Create->HandleList = Entry->Value;
            Create->HandleListSize = Entry->Size;
            break;
        case 0x0002000D: /* PROC_THREAD_ATTRIBUTE_JOB_LIST */
            Create->JobList = Entry->Value;
            Create->JobListSize = Entry->Size;
            break;
        case PROC_THREAD_ATTRIBUTE_CHILD_PROCESS_POLICY:
            Create->ChildPolicy = Entry->Value;
            break;
        case PROC_THREAD_ATTRIBUTE_GROUP_AFFINITY:
            Create->Affinity = Entry->Value;
            break;
        case PROC_THREAD_ATTRIBUTE_IDEAL_PROCESSOR:
            Create->IdealProcessor = Entry->Value;
            break;
        case PROC_THREAD_ATTRIBUTE_PREFERRED_NODE:
            if (*(const WORD *)Entry->Value != 0) {
                return BaseFail(ERROR_INVALID_PARAMETER); /* there is one node */
            }
            break;
        case PROC_THREAD_ATTRIBUTE_MITIGATION_POLICY:
            if (!MitigationHolds(Entry)) {
                BaseNotSupported("CreateProcess(mitigation policy)");
                return BaseFail(ERROR_NOT_SUPPORTED);
            }
            break;
        default:
            break;
        }
    }
    return TRUE;
}
