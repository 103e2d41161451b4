/* SPDX-License-Identifier: MIT */
/*
 * etw.h - the trace: one ring of fixed-size records a processor, written as things happen, read by user mode, the bugcheck log and `birth`.
 *
 * A record is 64 bytes.  Writing one costs a predictable branch when its class is off, and when on: interrupts off, one slot of the processor's own ring,
 * interrupts back.  No lock, any IRQL.  The stages of process creation (docs/process-creation.md) are class ETW_BIRTH and are on by default.
 */
#ifndef NASCENT_ETW_H
#define NASCENT_ETW_H
#include <stdint.h>

typedef struct _ETW_RECORD
{
    uint64_t Time;       /* time-stamp counter */
    uint32_t Sequence;   /* global order */
    uint16_t Event;      /* ETW_EVENT */
    uint8_t Phase;       /* ETW_PHASE_* */
    uint8_t Processor;
    uint32_t ProcessId;  /* the process being born (birth) or the current one */
    uint32_t ThreadId;   /* who does it */
    int32_t Status;      /* NTSTATUS at the end of a stage */
    uint32_t Extra;
    uint64_t Data[4];
} ETW_RECORD;

enum { ETW_PHASE_POINT = 0, ETW_PHASE_BEGIN = 1, ETW_PHASE_END = 2 };

/* The stages of a birth, numbered as in docs/process-creation.md; then other events. */
typedef enum _ETW_EVENT
{
    EtwBirthCreateProcess = 0,     /* kernel32: reported by user mode through NtTraceEvent */
    EtwBirthParameters = 1,        /* ntdll */
    EtwBirthOpenImage = 2,
    EtwBirthImageSection = 3,
    EtwBirthProcessObject = 4,
    EtwBirthAddressSpace = 5,
    EtwBirthHandleTable = 6,
    EtwBirthPeb = 7,
    EtwBirthFirstThread = 8,
    EtwBirthSubsystem = 9,
    EtwBirthFirstSwitch = 10,
    EtwBirthLoader = 11,
    EtwBirthCrt = 12,
    EtwProcessExit = 20,
    EtwThreadExit = 21,
    EtwContextSwitch = 32,
    EtwPageFault = 33,
    EtwSystemCall = 34,
    EtwImageMapped = 35,
    EtwBugCheck = 36,
} ETW_EVENT;

#define ETW_CLASS_BIRTH 0x1u
#define ETW_CLASS_SCHED 0x2u
#define ETW_CLASS_FAULT 0x4u
#define ETW_CLASS_SYSCALL 0x8u
#define ETW_CLASS_EXPLORE 0x80000000u /* not a class: EXPLORE= wants to see the ends of system services */

/* NtTraceControl(FunctionCode, In, InLen, Out, OutLen, &ReturnLength): our own codes (Windows' are undocumented). */
#define ETW_CONTROL_READ 0x4E430001u  /* In: uint32_t first sequence wanted; Out: ETW_RECORD[], oldest first */
#define ETW_CONTROL_CLASSES 0x4E430002u /* In: uint32_t class mask; Out: uint32_t old mask */
/* NtTraceEvent(NULL, EVENT_USER_BIRTH, sizeof(ETW_USER_EVENT), &event): user-mode stages report themselves with it. */
typedef struct _ETW_USER_EVENT
{
    uint16_t Event;
    uint8_t Phase;
    uint8_t Reserved;
    int32_t Status;
    uint64_t Data[3];
} ETW_USER_EVENT;
#define ETW_USER_EVENT_FLAG 0x4E43u

#ifdef _NTOSKRNL_
extern volatile uint32_t EtwClasses;
void EtwpWrite(uint16_t Event, uint8_t Phase, uint32_t ProcessId, int32_t Status, uint64_t Data0, uint64_t Data1, uint64_t Data2, uint64_t Data3);
#define ETW_TRACE(Class, Event, Phase, Pid, Status, D0, D1, D2, D3)                                                                          \
    (__builtin_expect((EtwClasses & (Class)) != 0, 0)                                                                                        \
         ? EtwpWrite((Event), (Phase), (uint32_t)(uintptr_t)(Pid), (Status), (uint64_t)(D0), (uint64_t)(D1), (uint64_t)(D2), (uint64_t)(D3)) \
         : (void)0)
void EtwInitPhase0(void);
struct _KPRCB;
void EtwInitProcessor(struct _KPRCB *Prcb); /* gives another processor its ring; pool is there */
/* The last records of every processor, newest first, for the bugcheck log; fills at most Count. */
unsigned EtwLastRecords(ETW_RECORD *Buffer, unsigned Count);
#endif
#endif
