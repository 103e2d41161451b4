/* SPDX-License-Identifier: MIT */
/*
 * tls.c - thread-local storage by index: 64 slots in the TEB, 1024 more in a block that a thread gets when it first uses one.
 *
 * Which indexes are taken is in the PEB's two bit maps, under the PEB lock.  A freed index is zeroed in every thread by the kernel
 * (ThreadZeroTlsCell), so that a new owner never sees an old value.  Fiber-local storage is ntdll's.
 */
#include "k32.h"

#define EXPANSION_SLOTS 1024u
#define TLS_SLOTS (TLS_MINIMUM_AVAILABLE + EXPANSION_SLOTS)

static BOOL EnsureExpansion(void)
{
    NTEB *Teb = BaseTeb();

    if (Teb->TlsExpansionSlots == NULL) {
        Teb->TlsExpansionSlots = RtlAllocateHeap(BasePeb()->ProcessHeap, HEAP_ZERO_MEMORY, EXPANSION_SLOTS * sizeof(PVOID));
    }
    return Teb->TlsExpansionSlots != NULL;
}

/* The PEB's maps are plain arrays of bits; the lowest clear one is taken. Bit 0 belongs to ntdll, as on Windows. */
static DWORD TakeBit(ULONG *Bits, DWORD Count, DWORD First)
{
    for (DWORD i = First; i < Count; i++) {
        if (!(Bits[i / 32] & (1u << (i % 32)))) {
            Bits[i / 32] |= 1u << (i % 32);
            return i;
        }
    }
    return TLS_OUT_OF_INDEXES;
}

DWORD WINAPI TlsAlloc(void)
{
    DWORD Index;

    RtlAcquirePebLock();
    Index = TakeBit(BasePeb()->TlsBitmapBits, TLS_MINIMUM_AVAILABLE, 1);
    if (Index != TLS_OUT_OF_INDEXES) {
        BaseTeb()->TlsSlots[Index] = NULL;
    } else if (EnsureExpansion()) {
        Index = TakeBit(BasePeb()->TlsExpansionBitmapBits, EXPANSION_SLOTS, 0);
        if (Index != TLS_OUT_OF_INDEXES) {
            ((PVOID *)BaseTeb()->TlsExpansionSlots)[Index] = NULL;
            Index += TLS_MINIMUM_AVAILABLE;
        }
    }
    RtlReleasePebLock();
    if (Index == TLS_OUT_OF_INDEXES) {
        BaseFail(ERROR_NO_SYSTEM_RESOURCES);
    }
    return Index;
}

BOOL WINAPI TlsFree(DWORD Index)
{
    ULONG *Bits = BasePeb()->TlsBitmapBits;
    DWORD Bit = Index;
    BOOL Taken;

    if (Index >= TLS_SLOTS) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Index >= TLS_MINIMUM_AVAILABLE) {
        Bits = BasePeb()->TlsExpansionBitmapBits;
        Bit = Index - TLS_MINIMUM_AVAILABLE;
    }
    RtlAcquirePebLock();
    Taken = (Bits[Bit / 32] & (1u << (Bit % 32))) != 0;
    if (Taken) {
        ULONG Cell = Index;
        NtSetInformationThread(NtCurrentThread(), ThreadZeroTlsCell, &Cell, sizeof(Cell));
        Bits[Bit / 32] &= ~(1u << (Bit % 32));
    }
    RtlReleasePebLock();
    return Taken || BaseFail(ERROR_INVALID_PARAMETER);
}

/* The one call whose success clears the last error: a null value is not a failure. */
LPVOID WINAPI TlsGetValue(DWORD Index)
{
    NTEB *Teb = BaseTeb();

    Teb->LastErrorValue = ERROR_SUCCESS;
    if (Index < TLS_MINIMUM_AVAILABLE) {
        return Teb->TlsSlots[Index];
    }
    if (Index >= TLS_SLOTS) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    PVOID *Slots = (PVOID *)Teb->TlsExpansionSlots;
    return Slots != NULL ? Slots[Index - TLS_MINIMUM_AVAILABLE] : NULL;
}

BOOL WINAPI TlsSetValue(DWORD Index, LPVOID Value)
{
    if (Index < TLS_MINIMUM_AVAILABLE) {
        BaseTeb()->TlsSlots[Index] = Value;
        return TRUE;
    }
    if (Index >= TLS_SLOTS) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (!EnsureExpansion()) {
        return BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    }
    ((PVOID *)BaseTeb()->TlsExpansionSlots)[Index - TLS_MINIMUM_AVAILABLE] = Value;
    return TRUE;
}

DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION Callback)
{
    ULONG Index;

    return BaseResult(RtlFlsAlloc(Callback, &Index)) ? Index : FLS_OUT_OF_INDEXES;
}

BOOL WINAPI FlsFree(DWORD Index)
{
    return BaseResult(RtlFlsFree(Index));
}

PVOID WINAPI FlsGetValue(DWORD Index)
{
    PVOID Value = NULL;

    if (BaseResult(RtlFlsGetValue(Index, &Value))) {
        BaseFail(ERROR_SUCCESS);
    }
    return Value;
}

BOOL WINAPI FlsSetValue(DWORD Index, PVOID Value)
{
    return BaseResult(RtlFlsSetValue(Index, Value));
}

BOOL WINAPI IsThreadAFiber(void)
{
    return (BaseTeb()->SameTebFlags & 0x4) != 0; /* HasFiberData */
}
