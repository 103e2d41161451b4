/* SPDX-License-Identifier: MIT */
/*
 * scale.c - how much more several processors do: processes created, and events handed to and fro, by one worker a processor, in a given time.
 *
 * usage: scale [SECONDS]        prints `key<TAB>operations a second`
 *
 * Wall time of an emulator says nothing by itself; `tools/bench --scale` runs this with 1, 2 and 4 processors and prints ratios.
 */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "native.h"

#define MOST_WORKERS 64

static NATIVE Native;
static volatile LONG Stop, Done;

static DWORD WINAPI Create(PVOID Parameter)
{
    (void)Parameter;
    while (!Stop) {
        NATIVE_PROCESS Process;
        if (NativeCreate(&Native, L"\\??\\C:\\Programs\\nop.exe", L"C:\\Programs\\nop.exe", &Process) < 0) {
            return 1;
        }
        Native.ResumeThread(Process.Thread, NULL);
        WaitForSingleObject(Process.Process, INFINITE);
        CloseHandle(Process.Thread);
        CloseHandle(Process.Process);
        InterlockedIncrement(&Done);
    }
    return 0;
}

typedef struct _PAIR
{
    HANDLE Ping, Pong;
} PAIR;

static DWORD WINAPI Answer(PVOID Parameter)
{
    PAIR *Pair = Parameter;

    while (!Stop) {
        if (WaitForSingleObject(Pair->Ping, 100) == WAIT_OBJECT_0) {
            SetEvent(Pair->Pong);
        }
    }
    SetEvent(Pair->Pong);
    return 0;
}

static DWORD WINAPI PingPong(PVOID Parameter)
{
    PAIR Pair = {CreateEventA(NULL, FALSE, FALSE, NULL), CreateEventA(NULL, FALSE, FALSE, NULL)};
    HANDLE Thread = CreateThread(NULL, 0, Answer, &Pair, 0, NULL);

    (void)Parameter;
    while (!Stop) {
        SetEvent(Pair.Ping);
        WaitForSingleObject(Pair.Pong, INFINITE);
        InterlockedIncrement(&Done);
    }
    WaitForSingleObject(Thread, INFINITE);
    CloseHandle(Thread);
    CloseHandle(Pair.Ping);
    CloseHandle(Pair.Pong);
    return 0;
}

/* Operations a second of one worker a processor. */
static double Measure(LPTHREAD_START_ROUTINE Routine, DWORD Workers, DWORD Seconds)
{
    HANDLE Threads[MOST_WORKERS];
    LARGE_INTEGER Frequency, From, To;

    Stop = 0;
    QueryPerformanceFrequency(&Frequency);
    for (DWORD i = 0; i < Workers; i++) {
        Threads[i] = CreateThread(NULL, 0, Routine, NULL, 0, NULL);
    }
    Sleep(200); /* everyone is under way */
    Done = 0;
    QueryPerformanceCounter(&From);
    Sleep(Seconds * 1000);
    LONG Count = Done;
    QueryPerformanceCounter(&To);
    Stop = 1;
    WaitForMultipleObjects(Workers, Threads, TRUE, INFINITE);
    for (DWORD i = 0; i < Workers; i++) {
        CloseHandle(Threads[i]);
    }
    return Count * (double)Frequency.QuadPart / (double)(To.QuadPart - From.QuadPart);
}

int main(int Count, char **Arguments)
{
    DWORD Seconds = Count > 1 ? (DWORD)atoi(Arguments[1]) : 3;
    SYSTEM_INFO System;

    GetSystemInfo(&System);
    if (!NativeLoad(&Native) || System.dwNumberOfProcessors > MOST_WORKERS) {
        printf("scale: ntdll lacks a function\n");
        return 1;
    }
    printf("processes_per_second\t%.1f\n", Measure(Create, System.dwNumberOfProcessors, Seconds));
    printf("pingpongs_per_second\t%.1f\n", Measure(PingPong, System.dwNumberOfProcessors, Seconds));
    return 0;
}
