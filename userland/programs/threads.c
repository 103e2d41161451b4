/* SPDX-License-Identifier: MIT */
/*
 * threads.c - many threads, one counter, one event: a small demonstration of what synchronises what.
 *
 * usage: threads [COUNT]
 */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#define ROUNDS 1000
#define MOST 64

static CRITICAL_SECTION lock;
static HANDLE go;
static long counter;

static DWORD WINAPI worker(void *parameter)
{
    WaitForSingleObject(go, INFINITE);
    for (int i = 0; i < ROUNDS; i++) {
        EnterCriticalSection(&lock);
        counter++;
        LeaveCriticalSection(&lock);
        if (i % 100 == 0) {
            Sleep(0);
        }
    }
    return (DWORD)(ULONG_PTR)parameter;
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 8;
    HANDLE thread[MOST];

    count = count < 1 ? 1 : count > MOST ? MOST : count;
    InitializeCriticalSection(&lock);
    go = CreateEventA(NULL, TRUE, FALSE, NULL);
    for (int i = 0; i < count; i++) {
        thread[i] = CreateThread(NULL, 0, worker, (void *)(ULONG_PTR)i, 0, NULL);
        if (thread[i] == NULL) {
            printf("threads: CreateThread failed, error %lu\n", GetLastError());
            return 1;
        }
    }
    SetEvent(go);
    WaitForMultipleObjects((DWORD)count, thread, TRUE, INFINITE);
    for (int i = 0; i < count; i++) {
        DWORD code = 0;
        GetExitCodeThread(thread[i], &code);
        if (code != (DWORD)i) {
            printf("threads: thread %d returned %lu\n", i, code);
            return 1;
        }
        CloseHandle(thread[i]);
    }
    printf("%d threads counted to %ld (%d expected)\n", count, counter, count * ROUNDS);
    return counter == (long)count * ROUNDS ? 0 : 1;
}
