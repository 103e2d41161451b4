/* SPDX-License-Identifier: MIT */
/*
 * waitpacket.c - wait completion packets, and completion ports as objects that are waited for.
 */
#define _WIN32_WINNT 0x0A00
#include "native.h"
#include "tap.h"

#define LONG_TIME 20000

typedef struct
{
    PVOID Key, Context;
    IO_STATUS_BLOCK Io;
} ENTRY;

NATIVE(NtCreateWaitCompletionPacket, (PHANDLE Handle, ACCESS_MASK Access, PVOID Attributes), (Handle, Access, Attributes))
NATIVE(NtAssociateWaitCompletionPacket,
       (HANDLE Packet, HANDLE Port, HANDLE Target, PVOID Key, PVOID Context, NTSTATUS Status, ULONG_PTR Information, PBOOLEAN Already),
       (Packet, Port, Target, Key, Context, Status, Information, Already))
NATIVE(NtCancelWaitCompletionPacket, (HANDLE Packet, BOOLEAN Remove), (Packet, Remove))
NATIVE(NtRemoveIoCompletion, (HANDLE Port, PVOID *Key, PVOID *Context, PIO_STATUS_BLOCK Io, PLARGE_INTEGER Timeout), (Port, Key, Context, Io, Timeout))
NATIVE(NtQueryIoCompletion, (HANDLE Port, ULONG Class, PVOID Information, ULONG Length, PULONG Returned), (Port, Class, Information, Length, Returned))

static HANDLE Port;

static NTSTATUS Take(ENTRY *Entry)
{
    LARGE_INTEGER Zero = {.QuadPart = 0};

    return NtRemoveIoCompletion(Port, &Entry->Key, &Entry->Context, &Entry->Io, &Zero);
}

static LONG Depth(void)
{
    LONG Value = -1;

    NtQueryIoCompletion(Port, 0, &Value, sizeof(Value), NULL);
    return Value;
}

static HANDLE Packet(void)
{
    HANDLE Handle = NULL;

    NtCreateWaitCompletionPacket(&Handle, GENERIC_ALL, NULL);
    return Handle;
}

static NTSTATUS Associate(HANDLE Packet, HANDLE Target, ULONG_PTR Key, PBOOLEAN Already)
{
    return NtAssociateWaitCompletionPacket(Packet, Port, Target, (PVOID)Key, (PVOID)(Key + 1), STATUS_MORE_ENTRIES, Key + 2, Already);
}

static void OneAfterTheOther(void)
{
    HANDLE One = NULL, Event = CreateEventA(NULL, FALSE, FALSE, NULL);
    BOOLEAN Already = 9;
    ENTRY Entry;

    Is((ULONG)NtCreateWaitCompletionPacket(&One, GENERIC_ALL, NULL), 0, "a packet");
    Is((ULONG)Associate(One, Event, 0x100, &Already), 0, "is associated");
    Is(Already, FALSE, "with an event that is not set");
    Is((ULONG)Take(&Entry), STATUS_TIMEOUT, "nothing comes");
    Is((ULONG)Associate(One, Event, 0x200, NULL), (ULONG)STATUS_INVALID_PARAMETER_1, "a packet in use");
    SetEvent(Event);
    Is(WaitForSingleObject(Event, 0), WAIT_TIMEOUT, "the event is set, and taken by the packet");
    Is((ULONG)Depth(), 1, "which lies in the port");
    Is((ULONG)Associate(One, Event, 0x200, NULL), (ULONG)STATUS_INVALID_PARAMETER_1, "and is still in use");
    Ok(Take(&Entry) == 0 && Entry.Key == (PVOID)0x100 && Entry.Context == (PVOID)0x101, "key and context");
    Ok(Entry.Io.Status == STATUS_MORE_ENTRIES && Entry.Io.Information == 0x102, "status and information");
    SetEvent(Event);
    Is((ULONG)Take(&Entry), STATUS_TIMEOUT, "it comes once");
    Is((ULONG)Associate(One, Event, 0x300, &Already), 0, "associated again");
    Ok(Already == TRUE && Take(&Entry) == 0 && Entry.Key == (PVOID)0x300, "with what is set already: it comes at once, and that is told");
    Is(WaitForSingleObject(Event, 0), WAIT_TIMEOUT, "the signal is taken then, too");
    CloseHandle(One);
    CloseHandle(Event);
}

static void Cancelling(void)
{
    HANDLE One = Packet(), Event = CreateEventA(NULL, FALSE, FALSE, NULL);
    ENTRY Entry;

    Is((ULONG)NtCancelWaitCompletionPacket(One, FALSE), (ULONG)STATUS_CANCELLED, "nothing to cancel");
    Associate(One, Event, 1, NULL);
    Is((ULONG)NtCancelWaitCompletionPacket(One, FALSE), 0, "an armed packet is cancelled");
    SetEvent(Event);
    Ok(Take(&Entry) == STATUS_TIMEOUT && WaitForSingleObject(Event, 0) == WAIT_OBJECT_0, "and leaves the signal alone");
    Associate(One, Event, 1, NULL);
    SetEvent(Event);
    Is((ULONG)NtCancelWaitCompletionPacket(One, FALSE), STATUS_PENDING, "one that lies in the port stays there");
    Is((ULONG)NtCancelWaitCompletionPacket(One, TRUE), 0, "unless it is to be removed");
    Is((ULONG)Depth(), 0, "from the port");
    Is((ULONG)Associate(One, Event, 2, NULL), 0, "it can be used again");
    SetEvent(Event);
    Ok(Take(&Entry) == 0 && Entry.Key == (PVOID)2, "and comes");
    Is((ULONG)NtCancelWaitCompletionPacket(One, TRUE), (ULONG)STATUS_CANCELLED, "after that there is nothing to cancel");
    Associate(One, Event, 3, NULL);
    CloseHandle(One);
    SetEvent(Event);
    Ok(Take(&Entry) == STATUS_TIMEOUT && WaitForSingleObject(Event, 0) == WAIT_OBJECT_0, "a packet that is closed is cancelled");
    CloseHandle(Event);
}

static void WrongOnes(void)
{
    HANDLE One = Packet(), Mutex = CreateMutexA(NULL, FALSE, NULL), Event = CreateEventA(NULL, FALSE, FALSE, NULL), Weak = NULL;

    Is((ULONG)Associate(One, Mutex, 1, NULL), (ULONG)STATUS_INVALID_PARAMETER_3, "a mutex: no thread would own it");
    Is((ULONG)Associate(One, NULL, 1, NULL), (ULONG)STATUS_INVALID_HANDLE, "no object");
    Is((ULONG)Associate(Event, Event, 1, NULL), (ULONG)STATUS_OBJECT_TYPE_MISMATCH, "an event is no packet");
    Is((ULONG)NtAssociateWaitCompletionPacket(One, Event, Event, NULL, NULL, 0, 0, NULL), (ULONG)STATUS_OBJECT_TYPE_MISMATCH, "nor a port");
    DuplicateHandle(GetCurrentProcess(), Event, GetCurrentProcess(), &Weak, EVENT_MODIFY_STATE, FALSE, 0);
    Is((ULONG)Associate(One, Weak, 1, NULL), (ULONG)STATUS_ACCESS_DENIED, "an event that may not be waited for");
    Is((ULONG)NtCancelWaitCompletionPacket(Event, FALSE), (ULONG)STATUS_OBJECT_TYPE_MISMATCH, "to cancel an event");
    Is((ULONG)NtCreateWaitCompletionPacket((PHANDLE)16, GENERIC_ALL, NULL), (ULONG)STATUS_ACCESS_VIOLATION, "a bad pointer");
    CloseHandle(Weak);
    CloseHandle(One);
    CloseHandle(Mutex);
    CloseHandle(Event);
}

static DWORD WINAPI Seven(void *Unused)
{
    (void)Unused;
    return 7;
}

/* Whatever can be waited for; and all packets of one event come, in the order of their association. */
static void Everything(void)
{
    HANDLE Packets[8], Event = CreateEventA(NULL, TRUE, FALSE, NULL), Semaphore = CreateSemaphoreA(NULL, 2, 5, NULL);
    HANDLE Timer = CreateWaitableTimerA(NULL, TRUE, NULL), Thread = CreateThread(NULL, 0, Seven, NULL, CREATE_SUSPENDED, NULL);
    LARGE_INTEGER Soon = {.QuadPart = -10000};
    DWORD Bytes;
    ULONG_PTR Key;
    OVERLAPPED *Overlapped;
    LONG Previous = 9;
    ENTRY Entry;
    int Order = 1;

    for (int i = 0; i < 8; i++) {
        Packets[i] = Packet();
        Associate(Packets[i], Event, (ULONG_PTR)i + 1, NULL);
    }
    SetEvent(Event);
    for (int i = 0; i < 8; i++) {
        Order = Order && Take(&Entry) == 0 && Entry.Key == (PVOID)(ULONG_PTR)(i + 1);
    }
    Ok(Order, "eight packets for one event, in their order");
    for (ULONG_PTR i = 0; i < 3; i++) {
        Associate(Packets[i], Semaphore, i, NULL);
    }
    Ok(Take(&Entry) == 0 && Take(&Entry) == 0 && Take(&Entry) == STATUS_TIMEOUT, "a semaphore of two gives two of three");
    ReleaseSemaphore(Semaphore, 2, &Previous);
    Ok(Previous == 0 && Take(&Entry) == 0 && WaitForSingleObject(Semaphore, 0) == WAIT_OBJECT_0, "and the third later");
    Associate(Packets[0], Timer, 44, NULL);
    SetWaitableTimer(Timer, &Soon, 0, NULL, NULL, FALSE);
    Ok(GetQueuedCompletionStatus(Port, &Bytes, &Key, &Overlapped, LONG_TIME) && Key == 44 && Overlapped == (PVOID)45 && Bytes == 46, "a timer");
    Associate(Packets[0], Thread, 55, NULL);
    ResumeThread(Thread);
    Ok(GetQueuedCompletionStatus(Port, &Bytes, &Key, &Overlapped, LONG_TIME) && Key == 55, "a thread's end wakes whoever waits at the port");
    for (int i = 0; i < 8; i++) {
        CloseHandle(Packets[i]);
    }
    CloseHandle(Event);
    CloseHandle(Semaphore);
    CloseHandle(Timer);
    CloseHandle(Thread);
}

static DWORD WINAPI WaitForPort(void *Unused)
{
    (void)Unused;
    return WaitForSingleObject(Port, LONG_TIME);
}

/* A port is signalled while something lies in it.  Waiting takes nothing out. */
static void PortAsObject(void)
{
    DWORD Code = 0;
    ENTRY Entry;
    HANDLE One = Packet(), Event = CreateEventA(NULL, TRUE, TRUE, NULL), Thread;

    Is(WaitForSingleObject(Port, 0), WAIT_TIMEOUT, "an empty port is not signalled");
    Thread = CreateThread(NULL, 0, WaitForPort, NULL, 0, NULL);
    Sleep(20);
    PostQueuedCompletionStatus(Port, 1, 77, NULL);
    WaitForSingleObject(Thread, LONG_TIME);
    GetExitCodeThread(Thread, &Code);
    Is(Code, WAIT_OBJECT_0, "a thread that waits for the port is woken by a packet");
    Is((ULONG)Depth(), 1, "and does not take it");
    Is(WaitForSingleObject(Port, 0), WAIT_OBJECT_0, "it is signalled still");
    Ok(Take(&Entry) == 0 && Entry.Key == (PVOID)77 && WaitForSingleObject(Port, 0) == WAIT_TIMEOUT, "until the packet is taken");
    CloseHandle(Thread);
    Associate(One, Event, 1, NULL);
    CloseHandle(Port); /* with the packet in it */
    Port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    Is((ULONG)Associate(One, Event, 2, NULL), 0, "a packet that lay in a port which was closed can be used again");
    Ok(Take(&Entry) == 0 && Entry.Key == (PVOID)2, "with another");
    CloseHandle(One);
    CloseHandle(Event);
}

int main(void)
{
    Port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OneAfterTheOther();
    Cancelling();
    WrongOnes();
    Everything();
    PortAsObject();
    return Done();
}
