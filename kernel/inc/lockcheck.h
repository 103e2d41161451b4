/* SPDX-License-Identifier: MIT */
/*
 * lockcheck.h - the checked build's lock checker: every place of the kernel that takes a lock says which lock it is.
 *
 * The class of a lock is its name in the source: the last identifier of the expression that is locked, with the folder if several locks
 * share a name.  kernel/ke/locktable.h gives each class its rank; a thread, or a processor for spin locks, that takes a lock of a rank not
 * above all those it holds is reported with a backtrace, and the verifier (ntcheck) fails.  Boot option LOCKCHECK switches it on, so does
 * EXPLORE.  Without them a lock costs one test more.  Drivers see none of this.
 */
#ifndef NASCENT_LOCKCHECK_H
#define NASCENT_LOCKCHECK_H

enum
{
    KeLockSpin,     /* KSPIN_LOCK, at DISPATCH_LEVEL or above */
    KeLockPush,     /* EX_PUSH_LOCK_ */
    KeLockMutex,    /* FAST_MUTEX, KGUARDED_MUTEX */
    KeLockResource, /* ERESOURCE */
};

typedef struct _KE_LOCK_SITE
{
    const char *Name, *File;
    short Class; /* 0: not looked up yet; -1: none */
} KE_LOCK_SITE;

#ifdef FREE_BUILD
#define KE_LOCKED(Lock, Kind) ((void)0)
#define KE_UNLOCKED(Lock, Kind) ((void)0)
#else
extern unsigned char KeLockChecking_;
void KeNoteLocked_(KE_LOCK_SITE *Site, const volatile void *Lock, int Kind);
void KeNoteUnlocked_(const volatile void *Lock, int Kind);
#define KE_LOCKED(Lock, Kind)                                \
    __extension__({                                          \
        static KE_LOCK_SITE Site_ = { #Lock, __FILE__, 0 };  \
        if (__builtin_expect(KeLockChecking_, 0)) {          \
            KeNoteLocked_(&Site_, (const void *)(Lock), Kind); \
        }                                                    \
    })
#define KE_UNLOCKED(Lock, Kind) (__builtin_expect(KeLockChecking_, 0) ? KeNoteUnlocked_((Lock), (Kind)) : (void)0)

#undef KeAcquireSpinLock
#define KeAcquireSpinLock(Lock, OldIrql) __extension__({ *(OldIrql) = KeAcquireSpinLockRaiseToDpc(Lock); KE_LOCKED(Lock, KeLockSpin); })
#define KeAcquireSpinLockAtDpcLevel(Lock) __extension__({ (KeAcquireSpinLockAtDpcLevel)(Lock); KE_LOCKED(Lock, KeLockSpin); })
#define ExAcquirePushLockExclusive_(Lock) __extension__({ (ExAcquirePushLockExclusive_)(Lock); KE_LOCKED(Lock, KeLockPush); })
#define ExAcquirePushLockShared_(Lock) __extension__({ (ExAcquirePushLockShared_)(Lock); KE_LOCKED(Lock, KeLockPush); })
#undef ExAcquireFastMutex
#define ExAcquireFastMutex(Mutex) __extension__({ (ExAcquireFastMutex)(Mutex); KE_LOCKED(Mutex, KeLockMutex); })
#undef KeAcquireGuardedMutex
#define KeAcquireGuardedMutex(Mutex) __extension__({ (KeAcquireGuardedMutex)(Mutex); KE_LOCKED(Mutex, KeLockMutex); })
#endif
#endif
