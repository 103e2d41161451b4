/* SPDX-License-Identifier: MIT */
/*
 * memcond.c - \KernelObjects\LowMemoryCondition and HighMemoryCondition: events that say whether little or much memory is available
 * (CreateMemoryResourceNotification; a garbage collector waits on them).  Windows Internals, 7th ed., part 1, chapter 5 "Memory notification events".
 *
 * What is available changes with each fault, so it is looked at once a second, in a DPC, and the events change with the answer.  The limits are
 * Windows': little is 32 MiB for each 4 GiB of the machine, at most 64 MiB (and here at least 8); much is three times that.
 */
#include "exp.h"
#include "exobj.h"
#include "sysinfo.h"

#define PERIOD 1000 /* ms */
#define LEAST_PAGES (0x800000 / PAGE_SIZE)
#define MOST_PAGES (0x4000000 / PAGE_SIZE)

static PKEVENT ExpLowMemory, ExpHighMemory;
static KTIMER ExpMemoryTimer;
static KDPC ExpMemoryDpc;

/* Signalled while Holds is true.  A change is rare, so the event is only touched for one. */
static void Show(PKEVENT Event, BOOLEAN Holds)
{
    if (Holds != (KeReadStateEvent(Event) != 0)) {
        if (Holds) {
            KeSetEvent(Event, 0, FALSE);
        } else {
            KeClearEvent(Event);
        }
    }
}

static VOID NTAPI ExpMemoryConditions(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    MM_STATISTICS Memory;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    MmQueryStatistics(&Memory);
    SIZE_T Low = Memory.TotalPages / 128, Available = Memory.FreePages + Memory.ZeroedPages + Memory.StandbyPages;
    Low = Low < LEAST_PAGES ? LEAST_PAGES : Low > MOST_PAGES ? MOST_PAGES : Low;
    Show(ExpLowMemory, Available < Low);
    Show(ExpHighMemory, Available >= 3 * Low);
}

static NTSTATUS Make(PCWSTR Name, PKEVENT *Event)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Attributes, &String, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE, NULL, SePublicDefaultSd);
    NTSTATUS Status = ObCreateObject(KernelMode, ExEventObjectType_, &Attributes, KernelMode, NULL, sizeof(KEVENT), 0, 0, (PVOID *)Event);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KeInitializeEvent(*Event, NotificationEvent, FALSE);
    return ObInsertObject(*Event, NULL, 0, 0, NULL, NULL);
}

NTSTATUS ExpInitializeMemoryConditions(void)
{
    LARGE_INTEGER Due = {.QuadPart = 0};
    NTSTATUS Status = Make(L"\\KernelObjects\\LowMemoryCondition", &ExpLowMemory);

    if (NT_SUCCESS(Status)) {
        Status = Make(L"\\KernelObjects\\HighMemoryCondition", &ExpHighMemory);
    }
    if (NT_SUCCESS(Status)) {
        KeInitializeTimer(&ExpMemoryTimer);
        KeInitializeDpc(&ExpMemoryDpc, ExpMemoryConditions, NULL);
        (void)KeSetTimerEx(&ExpMemoryTimer, Due, PERIOD, &ExpMemoryDpc);
    }
    return Status;
}
