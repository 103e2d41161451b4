/* SPDX-License-Identifier: MIT */
/*
 * birth.c - the end of a birth, good or bad: what a PSP_BIRTH still holds is given back here and nowhere else.
 *
 * On success the file and section handles belong to the caller (he finds them in PS_CREATE_INFO.SuccessState), as does the file handle
 * when the section could not be made, so that CreateProcess can look at the file again (an MS-DOS image, a script).
 */
#include "psp.h"

static void PspCloseHandle(HANDLE *Handle)
{
    if (*Handle != NULL) {
        (void)ObCloseHandle(*Handle, KernelMode);
        *Handle = NULL;
    }
}

void PspEndBirth(PSP_BIRTH *Birth, NTSTATUS Status)
{
    BOOLEAN Born = Birth->CreateInfo.State == PsCreateSuccess;

    if (!Born) {
        PspCloseHandle(&Birth->ThreadHandle);
        PspCloseHandle(&Birth->ProcessHandle);
        PspCloseHandle(&Birth->SectionHandle);
        if (Birth->CreateInfo.State != PsCreateFailOnSectionCreate) {
            PspCloseHandle(&Birth->FileHandle);
        }
        if (Birth->Process != NULL && Birth->Process->ActiveProcessLinks.Flink != NULL) {
            /* It was published: whoever found it meanwhile must see a dead process. */
            Birth->Process->ExitStatus = Status;
            InterlockedOr((volatile LONG *)&Birth->Process->Flags, PS_PROCESS_FLAGS_PROCESS_DELETE | PS_PROCESS_FLAGS_PROCESS_EXITING);
            PspNotifyProcessExit(Birth->Process); /* who was told of the birth is told of its end, also who refused it */
        }
    }
    if (Birth->Thread != NULL) {
        ObDereferenceObject(Birth->Thread);
    }
    if (Birth->Process != NULL) {
        ObDereferenceObject(Birth->Process);
    }
    if (Birth->Token != NULL) {
        ObDereferenceObject(Birth->Token);
    }
    if (Birth->Section != NULL) {
        ObDereferenceObject(Birth->Section);
    }
    if (Birth->FileObject != NULL) {
        ObDereferenceObject(Birth->FileObject);
    }
    if (Birth->Parent != NULL) {
        ObDereferenceObject(Birth->Parent);
    }
    if (Birth->Parameters != NULL) {
        ExFreePoolWithTag(Birth->Parameters, PSP_TAG);
    }
    PspReleaseAttributes(&Birth->Attributes);
}
