/* SPDX-License-Identifier: MIT */
/*
 * nt.h - the one way into Microsoft's own headers, and the few macros every kernel file uses.
 *
 * The public interface of this kernel is declared by the DDK headers of mingw-w64 (<ntifs.h>); the contract headers beside this
 * one declare only what those leave opaque.  Include this first, then the contract headers you need.
 */
#ifndef NASCENT_NT_H
#define NASCENT_NT_H

/* The C run time is our own (rtl): nothing of it is imported. */
#ifndef _CRTIMP
#define _CRTIMP
#endif
/* NTSYSAPI routines are defined here, not imported. */
#ifndef _NTSYSTEM_
#define _NTSYSTEM_
#endif
#include <ntifs.h>
#include <ntimage.h>
#include <stdint.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdarg.h>

#ifndef static_assert
#define static_assert _Static_assert
#endif

#define NODISCARD __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* A failed assertion is a bugcheck with file and line in a checked build (the default); `make FREE=1` compiles assertions away. */
NORETURN void KiAssertFailed(const char *Expression, const char *File, int Line);
#undef ASSERT
#undef NT_ASSERT
#ifdef FREE_BUILD
#define ASSERT(e) ((void)sizeof((e) ? 1 : 0))
#else
#define ASSERT(e) (LIKELY(e) ? (void)0 : KiAssertFailed(#e, __FILE__, __LINE__))
#endif
#define NT_ASSERT ASSERT

#define ASSERT_IRQL_LE(irql) ASSERT(KeGetCurrentIrql() <= (irql))
#define ASSERT_IRQL_EQ(irql) ASSERT(KeGetCurrentIrql() == (irql))
#undef PAGED_CODE
#define PAGED_CODE() ASSERT_IRQL_LE(APC_LEVEL)

/* The kernel is compiled without built-in functions; what is small and of known size is filled and copied in line all the same. */
#undef RtlZeroMemory
#define RtlZeroMemory(Destination, Length) ((void)__builtin_memset((Destination), 0, (Length)))
#undef RtlCopyMemory
#define RtlCopyMemory(Destination, Source, Length) ((void)__builtin_memcpy((Destination), (Source), (Length)))

#define POOL_TAG(a, b, c, d) ((ULONG)(a) | ((ULONG)(b) << 8) | ((ULONG)(c) << 16) | ((ULONG)(d) << 24))

#endif
