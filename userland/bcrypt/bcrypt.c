/* SPDX-License-Identifier: MIT */
/*
 * bcrypt.c - random numbers, hashes and HMACs of the CNG interface.
 *
 * Algorithm and hash handles point to blocks that begin with a magic number, which every call checks: a wrong handle is STATUS_INVALID_HANDLE.
 * The pseudo handles (BCRYPT_SHA256_ALG_HANDLE and its kin) need no opening.  A caller may give the memory of a hash object; ours come from the
 * heap all the same, so ObjectLength is a promise nobody has to keep.
 */
#include "smalldll.h"
#include <bcrypt.h>
#include "hash.h"
#include "random.h"

#define ALGORITHM_MAGIC 0x41474F52u
#define HASH_MAGIC 0x48534148u
#define RNG_KIND 100u

typedef struct _ALGORITHM
{
    ULONG Magic, Kind, Flags;
} ALGORITHM;

typedef struct _HASH_OBJECT
{
    ULONG Magic, Kind, Flags;
    BOOL Keyed, Finished;
    HMAC_STATE State; /* without a key only Inner is used */
    HMAC_STATE Start; /* what a reusable hash goes back to */
} HASH_OBJECT;

static const struct { LPCWSTR Name; ULONG Kind; } Names[] = {
    {L"RNG", RNG_KIND}, {L"FIPS186DSARNG", RNG_KIND}, {L"MD5", HashMd5}, {L"SHA1", HashSha1}, {L"SHA256", HashSha256},
    {L"SHA384", HashSha384}, {L"SHA512", HashSha512},
};

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Module);
    UNUSED(Reason);
    UNUSED(Reserved);
    return TRUE;
}

/* The kind and the flags of an algorithm handle, pseudo handles included. */
static BOOL GetAlgorithm(BCRYPT_ALG_HANDLE Handle, ALGORITHM *Algorithm)
{
    static const struct { ULONG Handle, Kind, Flags; } Pseudo[] = {
        {0x21, HashMd5, 0}, {0x31, HashSha1, 0}, {0x41, HashSha256, 0}, {0x51, HashSha384, 0}, {0x61, HashSha512, 0}, {0x81, RNG_KIND, 0},
        {0x91, HashMd5, BCRYPT_ALG_HANDLE_HMAC_FLAG}, {0xA1, HashSha1, BCRYPT_ALG_HANDLE_HMAC_FLAG},
        {0xB1, HashSha256, BCRYPT_ALG_HANDLE_HMAC_FLAG}, {0xC1, HashSha384, BCRYPT_ALG_HANDLE_HMAC_FLAG},
        {0xD1, HashSha512, BCRYPT_ALG_HANDLE_HMAC_FLAG},
    };

    for (ULONG i = 0; i < COUNT_OF(Pseudo); i++) {
        if ((ULONG_PTR)Handle == Pseudo[i].Handle) {
            *Algorithm = (ALGORITHM){ALGORITHM_MAGIC, Pseudo[i].Kind, Pseudo[i].Flags};
            return TRUE;
        }
    }
    if ((ULONG_PTR)Handle < 0x10000 || ((ALGORITHM *)Handle)->Magic != ALGORITHM_MAGIC) {
        return FALSE;
    }
    *Algorithm = *(ALGORITHM *)Handle;
    return TRUE;
}

NTSTATUS WINAPI BCryptOpenAlgorithmProvider(BCRYPT_ALG_HANDLE *Handle, LPCWSTR Name, LPCWSTR Provider, ULONG Flags)
{
    if (Handle == NULL || Name == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Flags & ~(ULONG)(BCRYPT_ALG_HANDLE_HMAC_FLAG | BCRYPT_PROV_DISPATCH | 0x20 /* reusable */)) {
        return STATUS_INVALID_PARAMETER;
    }
    *Handle = NULL;
    if (Provider != NULL && wcscmp(Provider, L"Microsoft Primitive Provider") != 0) {
        return STATUS_NOT_FOUND;
    }
    for (ULONG i = 0; i < COUNT_OF(Names); i++) {
        if (wcscmp(Name, Names[i].Name) == 0) {
            if (Names[i].Kind == RNG_KIND && (Flags & BCRYPT_ALG_HANDLE_HMAC_FLAG)) {
                return STATUS_INVALID_PARAMETER;
            }
            ALGORITHM *Algorithm = Allocate(sizeof(*Algorithm));
            if (Algorithm == NULL) {
                return STATUS_NO_MEMORY;
            }
            *Algorithm = (ALGORITHM){ALGORITHM_MAGIC, Names[i].Kind, Flags};
            *Handle = Algorithm;
            return STATUS_SUCCESS;
        }
    }
    DbgPrint("bcrypt: algorithm %ws is not there yet\n", Name);
    return STATUS_NOT_FOUND;
}

NTSTATUS WINAPI BCryptCloseAlgorithmProvider(BCRYPT_ALG_HANDLE Handle, ULONG Flags)
{
    ALGORITHM Algorithm;

    UNUSED(Flags);
    if (!GetAlgorithm(Handle, &Algorithm) || (ULONG_PTR)Handle < 0x10000) {
        return STATUS_INVALID_HANDLE;
    }
    ((ALGORITHM *)Handle)->Magic = 0;
    Release(Handle);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI BCryptGenRandom(BCRYPT_ALG_HANDLE Handle, PUCHAR Buffer, ULONG Length, ULONG Flags)
{
    ALGORITHM Algorithm;

    if (Handle == NULL) {
        if (!(Flags & BCRYPT_USE_SYSTEM_PREFERRED_RNG)) {
            return STATUS_INVALID_HANDLE;
        }
    } else if (!GetAlgorithm(Handle, &Algorithm) || Algorithm.Kind != RNG_KIND) {
        return STATUS_INVALID_HANDLE;
    }
    if (Buffer == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    return RandomBytes(Buffer, Length) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

/* ---- properties ------------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS Give(const void *Source, ULONG Length, PUCHAR Buffer, ULONG Size, ULONG *Result)
{
    *Result = Length;
    if (Buffer == NULL) {
        return STATUS_SUCCESS;
    }
    if (Size < Length) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memcpy(Buffer, Source, Length);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI BCryptGetProperty(BCRYPT_HANDLE Handle, LPCWSTR Name, PUCHAR Buffer, ULONG Size, ULONG *Result, ULONG Flags)
{
    ALGORITHM Algorithm;
    ULONG Value;

    UNUSED(Flags);
    if (Name == NULL || Result == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    if (!GetAlgorithm(Handle, &Algorithm)) {
        if ((ULONG_PTR)Handle < 0x10000 || ((HASH_OBJECT *)Handle)->Magic != HASH_MAGIC) {
            return STATUS_INVALID_HANDLE;
        }
        Algorithm.Kind = ((HASH_OBJECT *)Handle)->Kind;
    }
    for (ULONG i = 0; wcscmp(Name, BCRYPT_ALGORITHM_NAME) == 0 && i < COUNT_OF(Names); i++) {
        if (Names[i].Kind == Algorithm.Kind) {
            return Give(Names[i].Name, ((ULONG)wcslen(Names[i].Name) + 1) * sizeof(WCHAR), Buffer, Size, Result);
        }
    }
    if (Algorithm.Kind == RNG_KIND) {
        return STATUS_NOT_SUPPORTED;
    }
    if (wcscmp(Name, BCRYPT_HASH_LENGTH) == 0) {
        Value = HashDigestLength((HASH_KIND)Algorithm.Kind);
    } else if (wcscmp(Name, BCRYPT_HASH_BLOCK_LENGTH) == 0) {
        Value = HashBlockLength((HASH_KIND)Algorithm.Kind);
    } else if (wcscmp(Name, BCRYPT_OBJECT_LENGTH) == 0) {
        Value = sizeof(HASH_OBJECT);
    } else {
        return STATUS_NOT_SUPPORTED;
    }
    return Give(&Value, sizeof(Value), Buffer, Size, Result);
}

/* ---- hashes ------------------------------------------------------------------------------------------------------------------------------ */

static HASH_OBJECT *GetHash(BCRYPT_HASH_HANDLE Handle)
{
    HASH_OBJECT *Hash = Handle;

    return (ULONG_PTR)Hash < 0x10000 || Hash->Magic != HASH_MAGIC ? NULL : Hash;
}

NTSTATUS WINAPI BCryptCreateHash(BCRYPT_ALG_HANDLE Handle, BCRYPT_HASH_HANDLE *Result, PUCHAR Object, ULONG ObjectLength, PUCHAR Secret,
                                 ULONG SecretLength, ULONG Flags)
{
    ALGORITHM Algorithm;

    if (!GetAlgorithm(Handle, &Algorithm)) {
        return STATUS_INVALID_HANDLE;
    }
    if (Result == NULL || (Flags & ~(ULONG)0x20) || (Secret == NULL && SecretLength != 0)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Algorithm.Kind == RNG_KIND) {
        return STATUS_NOT_SUPPORTED;
    }
    if (Object != NULL && ObjectLength < sizeof(HASH_OBJECT)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (SecretLength != 0 && !(Algorithm.Flags & BCRYPT_ALG_HANDLE_HMAC_FLAG)) {
        return STATUS_INVALID_PARAMETER;
    }
    HASH_OBJECT *Hash = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Hash));
    if (Hash == NULL) {
        return STATUS_NO_MEMORY;
    }
    Hash->Magic = HASH_MAGIC;
    Hash->Kind = Algorithm.Kind;
    Hash->Flags = Flags | Algorithm.Flags;
    Hash->Keyed = (Algorithm.Flags & BCRYPT_ALG_HANDLE_HMAC_FLAG) != 0;
    if (Hash->Keyed) {
        HmacBegin(&Hash->Start, (HASH_KIND)Hash->Kind, Secret, SecretLength);
    } else {
        HashBegin(&Hash->Start.Inner, (HASH_KIND)Hash->Kind);
    }
    Hash->State = Hash->Start;
    *Result = Hash;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI BCryptHashData(BCRYPT_HASH_HANDLE Handle, PUCHAR Data, ULONG Length, ULONG Flags)
{
    HASH_OBJECT *Hash = GetHash(Handle);

    if (Hash == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    if (Flags != 0 || (Data == NULL && Length != 0)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Hash->Finished) {
        return STATUS_INVALID_HANDLE;
    }
    HashAdd(&Hash->State.Inner, Data, Length);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI BCryptFinishHash(BCRYPT_HASH_HANDLE Handle, PUCHAR Digest, ULONG Length, ULONG Flags)
{
    HASH_OBJECT *Hash = GetHash(Handle);

    if (Hash == NULL || Hash->Finished) {
        return STATUS_INVALID_HANDLE;
    }
    if (Digest == NULL || Flags != 0 || Length != HashDigestLength((HASH_KIND)Hash->Kind)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Hash->Keyed) {
        HmacEnd(&Hash->State, Digest);
    } else {
        HashEnd(&Hash->State.Inner, Digest);
    }
    Hash->State = Hash->Start;
    Hash->Finished = !(Hash->Flags & 0x20);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI BCryptDuplicateHash(BCRYPT_HASH_HANDLE Handle, BCRYPT_HASH_HANDLE *Result, PUCHAR Object, ULONG Length, ULONG Flags)
{
    HASH_OBJECT *Hash = GetHash(Handle);

    UNUSED(Object);
    UNUSED(Length);
    if (Hash == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    if (Result == NULL || Flags != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    HASH_OBJECT *Copy = Allocate(sizeof(*Copy));
    if (Copy == NULL) {
        return STATUS_NO_MEMORY;
    }
    *Copy = *Hash;
    *Result = Copy;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI BCryptDestroyHash(BCRYPT_HASH_HANDLE Handle)
{
    HASH_OBJECT *Hash = GetHash(Handle);

    if (Hash == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    memset(Hash, 0, sizeof(*Hash)); /* keys do not stay in the heap */
    Release(Hash);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI BCryptHash(BCRYPT_ALG_HANDLE Handle, PUCHAR Secret, ULONG SecretLength, PUCHAR Data, ULONG Length, PUCHAR Digest, ULONG Size)
{
    BCRYPT_HASH_HANDLE Hash;
    NTSTATUS Status = BCryptCreateHash(Handle, &Hash, NULL, 0, Secret, SecretLength, 0);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = BCryptHashData(Hash, Data, Length, 0);
    if (NT_SUCCESS(Status)) {
        Status = BCryptFinishHash(Hash, Digest, Size, 0);
    }
    BCryptDestroyHash(Hash);
    return Status;
}

/* RFC 8018, with HMAC. */
NTSTATUS WINAPI BCryptDeriveKeyPBKDF2(BCRYPT_ALG_HANDLE Handle, PUCHAR Password, ULONG PasswordLength, PUCHAR Salt, ULONG SaltLength,
                                      ULONGLONG Iterations, PUCHAR Key, ULONG KeyLength, ULONG Flags)
{
    ALGORITHM Algorithm;
    HMAC_STATE Start, State;
    UCHAR Sum[HASH_MAX_DIGEST], Last[HASH_MAX_DIGEST];

    if (!GetAlgorithm(Handle, &Algorithm) || Algorithm.Kind == RNG_KIND) {
        return STATUS_INVALID_HANDLE;
    }
    if (Flags != 0 || Iterations == 0 || Key == NULL || !(Algorithm.Flags & BCRYPT_ALG_HANDLE_HMAC_FLAG)) {
        return STATUS_INVALID_PARAMETER;
    }
    ULONG Digest = HashDigestLength((HASH_KIND)Algorithm.Kind);
    HmacBegin(&Start, (HASH_KIND)Algorithm.Kind, Password, PasswordLength);
    for (ULONG Block = 1; KeyLength != 0; Block++) {
        UCHAR Number[4] = {(UCHAR)(Block >> 24), (UCHAR)(Block >> 16), (UCHAR)(Block >> 8), (UCHAR)Block};
        State = Start;
        HashAdd(&State.Inner, Salt, SaltLength);
        HashAdd(&State.Inner, Number, sizeof(Number));
        HmacEnd(&State, Last);
        memcpy(Sum, Last, sizeof(Sum));
        for (ULONGLONG i = 1; i < Iterations; i++) {
            State = Start;
            HashAdd(&State.Inner, Last, Digest);
            HmacEnd(&State, Last);
            for (ULONG j = 0; j < Digest; j++) {
                Sum[j] ^= Last[j];
            }
        }
        ULONG Part = KeyLength < Digest ? KeyLength : Digest;
        memcpy(Key, Sum, Part);
        Key += Part;
        KeyLength -= Part;
    }
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI BCryptGetFipsAlgorithmMode(BOOLEAN *Enabled)
{
    if (Enabled == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    *Enabled = FALSE;
    return STATUS_SUCCESS;
}

VOID WINAPI BCryptFreeBuffer(PVOID Buffer)
{
    Release(Buffer);
}
