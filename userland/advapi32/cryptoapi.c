/* SPDX-License-Identifier: MIT */
/*
 * cryptoapi.c - the old CryptoAPI: contexts, random numbers, hashes.
 *
 * Contexts without keys (CRYPT_VERIFYCONTEXT) exist for the two providers everybody names; key containers do not: NTE_KEYSET_NOT_DEF to whoever
 * opens one.  A hash takes data until its value is asked for (NTE_BAD_HASH_STATE afterwards), as documented.  Ciphers are in absent.c.
 */
#include "smalldll.h"
#include <wincrypt.h>
#include "hash.h"
#include "random.h"

#define CONTEXT_MAGIC 0x43505250u
#define HASH_MAGIC 0x48505250u

typedef struct _PROVIDER
{
    ULONG Magic, Type;
    volatile LONG References;
} PROVIDER;

typedef struct _HASH_OBJECT
{
    ULONG Magic;
    ALG_ID Algorithm;
    BOOL Finished;
    HASH State;
    UCHAR Digest[HASH_MAX_DIGEST];
} HASH_OBJECT;

static PROVIDER *GetProvider(HCRYPTPROV Handle)
{
    PROVIDER *Provider = (PROVIDER *)Handle;

    if (Handle < 0x10000 || Provider->Magic != CONTEXT_MAGIC) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return Provider;
}

static HASH_OBJECT *GetHash(HCRYPTHASH Handle)
{
    HASH_OBJECT *Hash = (HASH_OBJECT *)Handle;

    if (Handle < 0x10000 || Hash->Magic != HASH_MAGIC) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return Hash;
}

static BOOL Acquire(HCRYPTPROV *Handle, DWORD Type, DWORD Flags)
{
    if (Handle == NULL) {
        return Fail(ERROR_INVALID_PARAMETER);
    }
    *Handle = 0;
    if (Type < 1 || Type > 999) {
        return Fail((DWORD)NTE_BAD_PROV_TYPE);
    }
    if (Type != PROV_RSA_FULL && Type != PROV_RSA_AES) {
        return Fail((DWORD)NTE_PROV_TYPE_NOT_DEF);
    }
    if (!(Flags & CRYPT_VERIFYCONTEXT)) {
        DbgPrint("advapi32!CryptAcquireContext: key containers are not there yet\n");
        return Fail((DWORD)(Flags & CRYPT_NEWKEYSET ? NTE_FAIL : NTE_BAD_KEYSET));
    }
    PROVIDER *Provider = Allocate(sizeof(*Provider));
    if (Provider == NULL) {
        return Fail(ERROR_NOT_ENOUGH_MEMORY);
    }
    *Provider = (PROVIDER){CONTEXT_MAGIC, Type, 1};
    *Handle = (HCRYPTPROV)Provider;
    return TRUE;
}

BOOL WINAPI CryptAcquireContextW(HCRYPTPROV *Handle, LPCWSTR Container, LPCWSTR Name, DWORD Type, DWORD Flags)
{
    UNUSED(Container);
    UNUSED(Name);
    return Acquire(Handle, Type, Flags);
}

BOOL WINAPI CryptAcquireContextA(HCRYPTPROV *Handle, LPCSTR Container, LPCSTR Name, DWORD Type, DWORD Flags)
{
    UNUSED(Container);
    UNUSED(Name);
    return Acquire(Handle, Type, Flags);
}

BOOL WINAPI CryptContextAddRef(HCRYPTPROV Handle, DWORD *Reserved, DWORD Flags)
{
    PROVIDER *Provider = GetProvider(Handle);

    UNUSED(Reserved);
    UNUSED(Flags);
    if (Provider == NULL) {
        return FALSE;
    }
    InterlockedIncrement(&Provider->References);
    return TRUE;
}

BOOL WINAPI CryptReleaseContext(HCRYPTPROV Handle, DWORD Flags)
{
    PROVIDER *Provider = GetProvider(Handle);

    if (Provider == NULL) {
        return FALSE;
    }
    if (Flags != 0) {
        return Fail((DWORD)NTE_BAD_FLAGS);
    }
    if (InterlockedDecrement(&Provider->References) == 0) {
        Provider->Magic = 0;
        Release(Provider);
    }
    return TRUE;
}

BOOL WINAPI CryptGenRandom(HCRYPTPROV Handle, DWORD Length, BYTE *Buffer)
{
    if (GetProvider(Handle) == NULL) {
        return FALSE;
    }
    return RandomBytes(Buffer, Length) ? TRUE : Fail((DWORD)NTE_FAIL);
}

/* ---- hashes ----------------------------------------------------------------------------------------------------------------------------- */

BOOL WINAPI CryptCreateHash(HCRYPTPROV Handle, ALG_ID Algorithm, HCRYPTKEY Key, DWORD Flags, HCRYPTHASH *Result)
{
    static const struct { ALG_ID Id; HASH_KIND Kind; } Kinds[] = {
        {CALG_MD5, HashMd5}, {CALG_SHA1, HashSha1}, {CALG_SHA_256, HashSha256}, {CALG_SHA_384, HashSha384}, {CALG_SHA_512, HashSha512},
    };

    if (GetProvider(Handle) == NULL) {
        return FALSE;
    }
    if (Result == NULL || Flags != 0) {
        return Fail(Result == NULL ? ERROR_INVALID_PARAMETER : (DWORD)NTE_BAD_FLAGS);
    }
    for (ULONG i = 0; i < COUNT_OF(Kinds); i++) {
        if (Kinds[i].Id == Algorithm) {
            HASH_OBJECT *Hash = Key != 0 ? NULL : Allocate(sizeof(*Hash));
            if (Hash == NULL) {
                return Fail(Key != 0 ? (DWORD)NTE_BAD_KEY : ERROR_NOT_ENOUGH_MEMORY);
            }
            Hash->Magic = HASH_MAGIC;
            Hash->Algorithm = Algorithm;
            Hash->Finished = FALSE;
            HashBegin(&Hash->State, Kinds[i].Kind);
            *Result = (HCRYPTHASH)Hash;
            return TRUE;
        }
    }
    return Fail((DWORD)NTE_BAD_ALGID);
}

BOOL WINAPI CryptHashData(HCRYPTHASH Handle, const BYTE *Data, DWORD Length, DWORD Flags)
{
    HASH_OBJECT *Hash = GetHash(Handle);

    if (Hash == NULL) {
        return FALSE;
    }
    if (Flags != 0 || Hash->Finished) {
        return Fail((DWORD)(Flags != 0 ? NTE_BAD_FLAGS : NTE_BAD_HASH_STATE));
    }
    HashAdd(&Hash->State, Data, Length);
    return TRUE;
}

static BOOL Give(const void *Source, DWORD Length, BYTE *Data, DWORD *Size)
{
    DWORD Room = *Size;

    *Size = Length;
    if (Data == NULL) {
        return TRUE;
    }
    if (Room < Length) {
        return Fail(ERROR_MORE_DATA);
    }
    memcpy(Data, Source, Length);
    return TRUE;
}

BOOL WINAPI CryptGetHashParam(HCRYPTHASH Handle, DWORD What, BYTE *Data, DWORD *Size, DWORD Flags)
{
    HASH_OBJECT *Hash = GetHash(Handle);

    if (Hash == NULL) {
        return FALSE;
    }
    if (Size == NULL || Flags != 0) {
        return Fail(Size == NULL ? ERROR_INVALID_PARAMETER : (DWORD)NTE_BAD_FLAGS);
    }
    DWORD Length = HashDigestLength(Hash->State.Kind);
    switch (What) {
    case HP_ALGID:
        return Give(&Hash->Algorithm, sizeof(Hash->Algorithm), Data, Size);
    case HP_HASHSIZE:
        return Give(&Length, sizeof(Length), Data, Size);
    case HP_HASHVAL:
        if (Data != NULL && *Size >= Length && !Hash->Finished) {
            HashEnd(&Hash->State, Hash->Digest);
            Hash->Finished = TRUE;
        }
        return Give(Hash->Digest, Length, Data, Size);
    default:
        return Fail((DWORD)NTE_BAD_TYPE);
    }
}

BOOL WINAPI CryptDuplicateHash(HCRYPTHASH Handle, DWORD *Reserved, DWORD Flags, HCRYPTHASH *Result)
{
    HASH_OBJECT *Hash = GetHash(Handle);

    UNUSED(Reserved);
    UNUSED(Flags);
    if (Hash == NULL || Result == NULL) {
        return Hash == NULL ? FALSE : Fail(ERROR_INVALID_PARAMETER);
    }
    HASH_OBJECT *Copy = Allocate(sizeof(*Copy));
    if (Copy == NULL) {
        return Fail(ERROR_NOT_ENOUGH_MEMORY);
    }
    *Copy = *Hash;
    *Result = (HCRYPTHASH)Copy;
    return TRUE;
}

BOOL WINAPI CryptDestroyHash(HCRYPTHASH Handle)
{
    HASH_OBJECT *Hash = GetHash(Handle);

    if (Hash == NULL) {
        return FALSE;
    }
    Hash->Magic = 0;
    Release(Hash);
    return TRUE;
}
