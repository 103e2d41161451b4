/* SPDX-License-Identifier: MIT */
/*
 * tls.c - thread-local and fiber-local storage: how many there are, what a new one holds, callbacks, wrong indexes.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include "tap.h"

static HANDLE Ready, Go;
static DWORD Index, FlsIndex;
static volatile LONG Calls, Sum, Answer;

static VOID WINAPI OnFls(PVOID Value)
{
    Calls++;
    Sum += (LONG)(LONG_PTR)Value;
}

static DWORD WINAPI Hold(PVOID Value)
{
    TlsSetValue(Index, Value);
    FlsSetValue(FlsIndex, Value);
    ReleaseSemaphore(Ready, 1, NULL);
    WaitForSingleObject(Go, 20000);
    return (DWORD)(ULONG_PTR)TlsGetValue(Index);
}

static void Limits(void)
{
    static DWORD Got[1100];
    int Count = 0;

    while (Count < 1100 && (Got[Count] = TlsAlloc()) != TLS_OUT_OF_INDEXES) {
        Count++;
    }
    Ok(GetLastError() != 0 && Count > 1024 && Count <= 1088, "between 1024 and 1088 indexes (some are the runtime's)");
    Is(Got[Count - 1] < 1088, 1, "all below 1088");
    int Zero = 1;
    for (int i = 0; i < Count; i++) {
        Zero &= TlsGetValue(Got[i]) == NULL && TlsSetValue(Got[i], (PVOID)(LONG_PTR)(i + 1));
    }
    Ok(Zero, "each is null at first");
    int Same = 1;
    for (int i = 0; i < Count; i++) {
        Same &= TlsGetValue(Got[i]) == (PVOID)(LONG_PTR)(i + 1);
    }
    Ok(Same, "and holds its own value");
    for (int i = 0; i < Count; i++) {
        Same &= TlsFree(Got[i]);
    }
    Ok(Same, "freed");
    Ok(!TlsFree(Got[0]) && GetLastError() == ERROR_INVALID_PARAMETER, "not twice");
    SetLastError(5);
    Index = TlsAlloc();
    Ok(TlsGetValue(Index) == NULL && GetLastError() == ERROR_SUCCESS, "TlsGetValue clears the last error");
    Ok(TlsGetValue(1088) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "an index out of range");
    Ok(!TlsSetValue(1088, NULL) && GetLastError() == ERROR_INVALID_PARAMETER, "to set, too");
    Ok(!TlsFree(1088) && GetLastError() == ERROR_INVALID_PARAMETER, "or to free");
}

static void Threads(void)
{
    HANDLE Thread[3];
    DWORD Code;

    FlsIndex = FlsAlloc(OnFls);
    Ok(FlsIndex != 0 && FlsIndex != FLS_OUT_OF_INDEXES, "an FLS index is not zero");
    for (LONG_PTR i = 0; i < 3; i++) {
        Thread[i] = CreateThread(NULL, 0, Hold, (PVOID)(i + 1), 0, NULL);
        WaitForSingleObject(Ready, 20000);
    }
    /* an index freed and taken again is null in threads that had a value */
    DWORD Old = Index;
    TlsFree(Index);
    Index = TlsAlloc();
    Ok(Index == Old, "the lowest free index is taken");
    Calls = Sum = 0;
    Ok(FlsFree(FlsIndex) && Calls == 3 && Sum == 6, "FlsFree calls back for every thread that has a value");
    SetEvent(Go);
    for (int i = 0; i < 3; i++) {
        WaitForSingleObject(Thread[i], 20000);
        GetExitCodeThread(Thread[i], &Code);
        Ok(Code == 0, "the new owner finds null in each thread");
        CloseHandle(Thread[i]);
    }
    Calls = Sum = 0;
    FlsIndex = FlsAlloc(OnFls);
    Thread[0] = CreateThread(NULL, 0, Hold, (PVOID)7, 0, NULL);
    WaitForSingleObject(Thread[0], 20000);
    CloseHandle(Thread[0]);
    Ok(Calls == 1 && Sum == 7, "a thread's end calls back once");
    FlsFree(FlsIndex);
    TlsFree(Index);
}

static void Fls(void)
{
    static DWORD Got[4200];
    int Count = 0;

    while (Count < 4200 && (Got[Count] = FlsAlloc(NULL)) != FLS_OUT_OF_INDEXES) {
        Count++;
    }
    Ok(Count >= 100 && Count < 4200, "FLS indexes end");
    int Fine = 1;
    for (int i = 0; i < Count; i++) {
        Fine &= FlsSetValue(Got[i], (PVOID)(LONG_PTR)(i + 1)) != 0;
    }
    for (int i = 0; i < Count; i++) {
        Fine &= FlsGetValue(Got[i]) == (PVOID)(LONG_PTR)(i + 1);
    }
    for (int i = 0; i < Count; i++) {
        Fine &= FlsFree(Got[i]) != 0;
    }
    Ok(Fine, "all can be used and freed");
    Ok(!FlsFree(Got[0]) && GetLastError() == ERROR_INVALID_PARAMETER, "not twice");
    Ok(!FlsFree(0) && GetLastError() == ERROR_INVALID_PARAMETER, "index 0");
    Ok(!FlsSetValue(0, NULL) && GetLastError() == ERROR_INVALID_PARAMETER, "is none");
    Ok(FlsGetValue(100000) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "nor is a large one");
    DWORD One = FlsAlloc(NULL);
    FlsSetValue(One, NULL);
    SetLastError(5);
    Ok(FlsGetValue(One) == NULL && GetLastError() == ERROR_SUCCESS, "FlsGetValue clears the last error");
    FlsFree(One);
}

int main(void)
{
    Ready = CreateSemaphoreA(NULL, 0, 10, NULL);
    Go = CreateEventA(NULL, TRUE, FALSE, NULL);
    Limits();
    Threads();
    Fls();
    return Done();
}
