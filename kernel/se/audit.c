/* SPDX-License-Identifier: MIT */
/*
 * audit.c - what file systems call for audits.  There is no audit log: no event is ever asked for, and SACLs' audit entries are kept but not acted on.
 */
#include "sep.h"

BOOLEAN NTAPI SeAuditingFileEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    return FALSE;
}

BOOLEAN NTAPI SeAuditingFileEventsWithContext(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor, PSECURITY_SUBJECT_CONTEXT Context)
{
    return FALSE;
}

BOOLEAN NTAPI SeAuditingAnyFileEventsWithContext(PSECURITY_DESCRIPTOR SecurityDescriptor, PSECURITY_SUBJECT_CONTEXT Context)
{
    return FALSE;
}

BOOLEAN NTAPI SeAuditingFileOrGlobalEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor, PSECURITY_SUBJECT_CONTEXT Context)
{
    return FALSE;
}

BOOLEAN NTAPI SeAuditingHardLinkEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    return FALSE;
}

VOID NTAPI SeOpenObjectAuditAlarm(PUNICODE_STRING ObjectTypeName, PVOID Object, PUNICODE_STRING AbsoluteObjectName, PSECURITY_DESCRIPTOR Descriptor,
                                  PACCESS_STATE AccessState, BOOLEAN ObjectCreated, BOOLEAN AccessGranted, KPROCESSOR_MODE AccessMode,
                                  PBOOLEAN GenerateOnClose)
{
    *GenerateOnClose = FALSE;
}

VOID NTAPI SeOpenObjectForDeleteAuditAlarm(PUNICODE_STRING ObjectTypeName, PVOID Object, PUNICODE_STRING AbsoluteObjectName,
                                           PSECURITY_DESCRIPTOR Descriptor, PACCESS_STATE AccessState, BOOLEAN ObjectCreated, BOOLEAN AccessGranted,
                                           KPROCESSOR_MODE AccessMode, PBOOLEAN GenerateOnClose)
{
    *GenerateOnClose = FALSE;
}

VOID NTAPI SeDeleteObjectAuditAlarm(PVOID Object, HANDLE Handle)
{
}
