/* SPDX-License-Identifier: MIT */
/* hash.h - MD5, SHA-1 and SHA-2, and HMAC over them, for bcrypt and for advapi32's CryptoAPI. */
#ifndef NASCENT_HASH_H
#define NASCENT_HASH_H

#include <stdint.h>
#include <stddef.h>
#include <stdbool.h>

typedef enum _HASH_KIND
{
    HashMd5,
    HashSha1,
    HashSha256,
    HashSha384,
    HashSha512,
    HashKinds
} HASH_KIND;

#define HASH_MAX_BLOCK 128
#define HASH_MAX_DIGEST 64

typedef struct _HASH
{
    HASH_KIND Kind;
    uint64_t Length; /* bytes so far */
    union
    {
        uint32_t Words32[8];
        uint64_t Words64[8];
    };
    uint8_t Block[HASH_MAX_BLOCK];
} HASH;

typedef struct _HMAC
{
    HASH Inner;
    uint8_t Key[HASH_MAX_BLOCK]; /* as long as a block, padded */
} HMAC_STATE;

uint32_t HashDigestLength(HASH_KIND Kind);
uint32_t HashBlockLength(HASH_KIND Kind);
void HashBegin(HASH *Hash, HASH_KIND Kind);
void HashAdd(HASH *Hash, const void *Data, size_t Length);
void HashEnd(HASH *Hash, uint8_t *Digest); /* the state is used up */
void HmacBegin(HMAC_STATE *Hmac, HASH_KIND Kind, const void *Key, size_t Length);
void HmacEnd(HMAC_STATE *Hmac, uint8_t *Digest);

#endif
