/* SPDX-License-Identifier: MIT */
/*
 * hash.c - MD5 (RFC 1321), SHA-1 and SHA-2 (FIPS 180-4), HMAC (RFC 2104).
 *
 * All five take blocks of 64 or 128 bytes, and end with a one bit, zeros, and the length in bits; they differ in the function that mixes a
 * block in, in the width of a word, and in the order of bytes (MD5's is little-endian).
 */
#include "hash.h"
#include <string.h>

#define ROL(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define ROR(x, n) ((x) >> (n) | (x) << (32 - (n)))
#define ROR64(x, n) ((x) >> (n) | (x) << (64 - (n)))

static const struct
{
    uint32_t Digest, Block;
} Shapes[HashKinds] = {{16, 64}, {20, 64}, {32, 64}, {48, 128}, {64, 128}};

static const uint32_t Start32[HashKinds][8] = {
    [HashMd5] = {0x67452301u, 0xEFCDAB89u, 0x98BADCFEu, 0x10325476u},
    [HashSha1] = {0x67452301u, 0xEFCDAB89u, 0x98BADCFEu, 0x10325476u, 0xC3D2E1F0u},
    [HashSha256] = {
        0x6A09E667u, 0xBB67AE85u, 0x3C6EF372u, 0xA54FF53Au,
        0x510E527Fu, 0x9B05688Cu, 0x1F83D9ABu, 0x5BE0CD19u,
    },
};

static const uint64_t Start384[8] = {
    0xCBBB9D5DC1059ED8ull, 0x629A292A367CD507ull, 0x9159015A3070DD17ull, 0x152FECD8F70E5939ull,
    0x67332667FFC00B31ull, 0x8EB44A8768581511ull, 0xDB0C2E0D64F98FA7ull, 0x47B5481DBEFA4FA4ull,
};

static const uint64_t Start512[8] = {
    0x6A09E667F3BCC908ull, 0xBB67AE8584CAA73Bull, 0x3C6EF372FE94F82Bull, 0xA54FF53A5F1D36F1ull,
    0x510E527FADE682D1ull, 0x9B05688C2B3E6C1Full, 0x1F83D9ABFB41BD6Bull, 0x5BE0CD19137E2179ull,
};

/* The sines of 1 to 64. */
static const uint32_t Md5Table[64] = {
    0xD76AA478u, 0xE8C7B756u, 0x242070DBu, 0xC1BDCEEEu, 0xF57C0FAFu, 0x4787C62Au, 0xA8304613u, 0xFD469501u,
    0x698098D8u, 0x8B44F7AFu, 0xFFFF5BB1u, 0x895CD7BEu, 0x6B901122u, 0xFD987193u, 0xA679438Eu, 0x49B40821u,
    0xF61E2562u, 0xC040B340u, 0x265E5A51u, 0xE9B6C7AAu, 0xD62F105Du, 0x02441453u, 0xD8A1E681u, 0xE7D3FBC8u,
    0x21E1CDE6u, 0xC33707D6u, 0xF4D50D87u, 0x455A14EDu, 0xA9E3E905u, 0xFCEFA3F8u, 0x676F02D9u, 0x8D2A4C8Au,
    0xFFFA3942u, 0x8771F681u, 0x6D9D6122u, 0xFDE5380Cu, 0xA4BEEA44u, 0x4BDECFA9u, 0xF6BB4B60u, 0xBEBFBC70u,
    0x289B7EC6u, 0xEAA127FAu, 0xD4EF3085u, 0x04881D05u, 0xD9D4D039u, 0xE6DB99E5u, 0x1FA27CF8u, 0xC4AC5665u,
    0xF4292244u, 0x432AFF97u, 0xAB9423A7u, 0xFC93A039u, 0x655B59C3u, 0x8F0CCC92u, 0xFFEFF47Du, 0x85845DD1u,
    0x6FA87E4Fu, 0xFE2CE6E0u, 0xA3014314u, 0x4E0811A1u, 0xF7537E82u, 0xBD3AF235u, 0x2AD7D2BBu, 0xEB86D391u,
};

/* The cube roots of the first 80 primes; SHA-256 uses the upper halves of 64. */
static const uint64_t Sha2Table[80] = {
    0x428A2F98D728AE22ull, 0x7137449123EF65CDull, 0xB5C0FBCFEC4D3B2Full, 0xE9B5DBA58189DBBCull, 0x3956C25BF348B538ull,
    0x59F111F1B605D019ull, 0x923F82A4AF194F9Bull, 0xAB1C5ED5DA6D8118ull, 0xD807AA98A3030242ull, 0x12835B0145706FBEull,
    0x243185BE4EE4B28Cull, 0x550C7DC3D5FFB4E2ull, 0x72BE5D74F27B896Full, 0x80DEB1FE3B1696B1ull, 0x9BDC06A725C71235ull,
    0xC19BF174CF692694ull, 0xE49B69C19EF14AD2ull, 0xEFBE4786384F25E3ull, 0x0FC19DC68B8CD5B5ull, 0x240CA1CC77AC9C65ull,
    0x2DE92C6F592B0275ull, 0x4A7484AA6EA6E483ull, 0x5CB0A9DCBD41FBD4ull, 0x76F988DA831153B5ull, 0x983E5152EE66DFABull,
    0xA831C66D2DB43210ull, 0xB00327C898FB213Full, 0xBF597FC7BEEF0EE4ull, 0xC6E00BF33DA88FC2ull, 0xD5A79147930AA725ull,
    0x06CA6351E003826Full, 0x142929670A0E6E70ull, 0x27B70A8546D22FFCull, 0x2E1B21385C26C926ull, 0x4D2C6DFC5AC42AEDull,
    0x53380D139D95B3DFull, 0x650A73548BAF63DEull, 0x766A0ABB3C77B2A8ull, 0x81C2C92E47EDAEE6ull, 0x92722C851482353Bull,
    0xA2BFE8A14CF10364ull, 0xA81A664BBC423001ull, 0xC24B8B70D0F89791ull, 0xC76C51A30654BE30ull, 0xD192E819D6EF5218ull,
    0xD69906245565A910ull, 0xF40E35855771202Aull, 0x106AA07032BBD1B8ull, 0x19A4C116B8D2D0C8ull, 0x1E376C085141AB53ull,
    0x2748774CDF8EEB99ull, 0x34B0BCB5E19B48A8ull, 0x391C0CB3C5C95A63ull, 0x4ED8AA4AE3418ACBull, 0x5B9CCA4F7763E373ull,
    0x682E6FF3D6B2B8A3ull, 0x748F82EE5DEFB2FCull, 0x78A5636F43172F60ull, 0x84C87814A1F0AB72ull, 0x8CC702081A6439ECull,
    0x90BEFFFA23631E28ull, 0xA4506CEBDE82BDE9ull, 0xBEF9A3F7B2C67915ull, 0xC67178F2E372532Bull, 0xCA273ECEEA26619Cull,
    0xD186B8C721C0C207ull, 0xEADA7DD6CDE0EB1Eull, 0xF57D4F7FEE6ED178ull, 0x06F067AA72176FBAull, 0x0A637DC5A2C898A6ull,
    0x113F9804BEF90DAEull, 0x1B710B35131C471Bull, 0x28DB77F523047D84ull, 0x32CAAB7B40C72493ull, 0x3C9EBE0A15C9BEBCull,
    0x431D67C49C100D4Cull, 0x4CC5D4BECB3E42B6ull, 0x597F299CFC657E2Aull, 0x5FCB6FAB3AD6FAECull, 0x6C44198C4A475817ull,
};

static uint32_t Big32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t Big64(const uint8_t *p)
{
    return (uint64_t)Big32(p) << 32 | Big32(p + 4);
}

static void MixMd5(uint32_t *State, const uint8_t *Block)
{
    static const uint8_t Turns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t Words[16], a = State[0], b = State[1], c = State[2], d = State[3];

    memcpy(Words, Block, sizeof(Words));
    for (uint32_t i = 0; i < 64; i++) {
        uint32_t f, g;
        switch (i / 16) {
        case 0: f = (b & c) | (~b & d); g = i; break;
        case 1: f = (d & b) | (~d & c); g = (5 * i + 1) % 16; break;
        case 2: f = b ^ c ^ d; g = (3 * i + 5) % 16; break;
        default: f = c ^ (b | ~d); g = 7 * i % 16; break;
        }
        f += a + Md5Table[i] + Words[g];
        a = d;
        d = c;
        c = b;
        b += ROL(f, Turns[i / 16][i % 4]);
    }
    State[0] += a;
    State[1] += b;
    State[2] += c;
    State[3] += d;
}

static void MixSha1(uint32_t *State, const uint8_t *Block)
{
    uint32_t Words[80], a = State[0], b = State[1], c = State[2], d = State[3], e = State[4];

    for (int i = 0; i < 16; i++) {
        Words[i] = Big32(Block + 4 * i);
    }
    for (int i = 16; i < 80; i++) {
        uint32_t x = Words[i - 3] ^ Words[i - 8] ^ Words[i - 14] ^ Words[i - 16];
        Words[i] = ROL(x, 1);
    }
    for (int i = 0; i < 80; i++) {
        uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 || i >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
        uint32_t k = i < 20 ? 0x5A827999u : i < 40 ? 0x6ED9EBA1u : i < 60 ? 0x8F1BBCDCu : 0xCA62C1D6u;
        uint32_t t = ROL(a, 5) + f + e + k + Words[i];
        e = d;
        d = c;
        c = ROL(b, 30);
        b = a;
        a = t;
    }
    State[0] += a;
    State[1] += b;
    State[2] += c;
    State[3] += d;
    State[4] += e;
}

static void MixSha256(uint32_t *State, const uint8_t *Block)
{
    uint32_t Words[64], s[8];

    for (int i = 0; i < 16; i++) {
        Words[i] = Big32(Block + 4 * i);
    }
    for (int i = 16; i < 64; i++) {
        uint32_t x = Words[i - 15], y = Words[i - 2];
        Words[i] = Words[i - 16] + (ROR(x, 7) ^ ROR(x, 18) ^ (x >> 3)) + Words[i - 7] + (ROR(y, 17) ^ ROR(y, 19) ^ (y >> 10));
    }
    memcpy(s, State, sizeof(s));
    for (int i = 0; i < 64; i++) {
        uint32_t t = s[7] + (ROR(s[4], 6) ^ ROR(s[4], 11) ^ ROR(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) +
                     (uint32_t)(Sha2Table[i] >> 32) + Words[i];
        uint32_t u = (ROR(s[0], 2) ^ ROR(s[0], 13) ^ ROR(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof(s[0]));
        s[4] += t;
        s[0] = t + u;
    }
    for (int i = 0; i < 8; i++) {
        State[i] += s[i];
    }
}

static void MixSha512(uint64_t *State, const uint8_t *Block)
{
    uint64_t Words[80], s[8];

    for (int i = 0; i < 16; i++) {
        Words[i] = Big64(Block + 8 * i);
    }
    for (int i = 16; i < 80; i++) {
        uint64_t x = Words[i - 15], y = Words[i - 2];
        Words[i] = Words[i - 16] + (ROR64(x, 1) ^ ROR64(x, 8) ^ (x >> 7)) + Words[i - 7] + (ROR64(y, 19) ^ ROR64(y, 61) ^ (y >> 6));
    }
    memcpy(s, State, sizeof(s));
    for (int i = 0; i < 80; i++) {
        uint64_t t = s[7] + (ROR64(s[4], 14) ^ ROR64(s[4], 18) ^ ROR64(s[4], 41)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + Sha2Table[i] + Words[i];
        uint64_t u = (ROR64(s[0], 28) ^ ROR64(s[0], 34) ^ ROR64(s[0], 39)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof(s[0]));
        s[4] += t;
        s[0] = t + u;
    }
    for (int i = 0; i < 8; i++) {
        State[i] += s[i];
    }
}

static void Mix(HASH *Hash, const uint8_t *Block)
{
    switch (Hash->Kind) {
    case HashMd5: MixMd5(Hash->Words32, Block); break;
    case HashSha1: MixSha1(Hash->Words32, Block); break;
    case HashSha256: MixSha256(Hash->Words32, Block); break;
    default: MixSha512(Hash->Words64, Block); break;
    }
}

uint32_t HashDigestLength(HASH_KIND Kind)
{
    return Shapes[Kind].Digest;
}

uint32_t HashBlockLength(HASH_KIND Kind)
{
    return Shapes[Kind].Block;
}

void HashBegin(HASH *Hash, HASH_KIND Kind)
{
    memset(Hash, 0, sizeof(*Hash));
    Hash->Kind = Kind;
    if (Kind >= HashSha384) {
        memcpy(Hash->Words64, Kind == HashSha384 ? Start384 : Start512, sizeof(Hash->Words64));
    } else {
        memcpy(Hash->Words32, Start32[Kind], sizeof(Hash->Words32));
    }
}

void HashAdd(HASH *Hash, const void *Data, size_t Length)
{
    const uint8_t *Bytes = Data;
    uint32_t Size = Shapes[Hash->Kind].Block, Used = (uint32_t)(Hash->Length % Size);

    Hash->Length += Length;
    while (Length != 0) {
        size_t Part = Size - Used < Length ? Size - Used : Length;
        if (Used == 0 && Part == Size) {
            Mix(Hash, Bytes);
        } else {
            memcpy(Hash->Block + Used, Bytes, Part);
            if (Used + Part == Size) {
                Mix(Hash, Hash->Block);
            }
        }
        Used = (uint32_t)((Used + Part) % Size);
        Bytes += Part;
        Length -= Part;
    }
}

void HashEnd(HASH *Hash, uint8_t *Digest)
{
    static const uint8_t Padding[HASH_MAX_BLOCK] = {0x80};
    uint32_t Size = Shapes[Hash->Kind].Block, Used = (uint32_t)(Hash->Length % Size), Tail = Size / 8;
    uint64_t Bits = Hash->Length * 8;
    uint8_t Length[16] = {0};

    HashAdd(Hash, Padding, (Used < Size - Tail ? Size - Tail : 2 * Size - Tail) - Used);
    for (uint32_t i = 0; i < 8; i++) {
        Length[Hash->Kind == HashMd5 ? i : Tail - 1 - i] = (uint8_t)(Bits >> (8 * i));
    }
    HashAdd(Hash, Length, Tail);
    for (uint32_t i = 0; i < Shapes[Hash->Kind].Digest; i++) {
        if (Hash->Kind >= HashSha384) {
            Digest[i] = (uint8_t)(Hash->Words64[i / 8] >> (56 - 8 * (i % 8)));
        } else {
            Digest[i] = (uint8_t)(Hash->Words32[i / 4] >> (Hash->Kind == HashMd5 ? 8 * (i % 4) : 24 - 8 * (i % 4)));
        }
    }
}

/* ---- HMAC ------------------------------------------------------------------------------------------------------------------------------- */

static void AddKey(HASH *Hash, const uint8_t *Key, uint8_t Pad)
{
    uint8_t Block[HASH_MAX_BLOCK];
    uint32_t Size = Shapes[Hash->Kind].Block;

    for (uint32_t i = 0; i < Size; i++) {
        Block[i] = Key[i] ^ Pad;
    }
    HashAdd(Hash, Block, Size);
}

void HmacBegin(HMAC_STATE *Hmac, HASH_KIND Kind, const void *Key, size_t Length)
{
    memset(Hmac->Key, 0, sizeof(Hmac->Key));
    if (Length > Shapes[Kind].Block) {
        HashBegin(&Hmac->Inner, Kind);
        HashAdd(&Hmac->Inner, Key, Length);
        HashEnd(&Hmac->Inner, Hmac->Key);
    } else if (Length != 0) {
        memcpy(Hmac->Key, Key, Length);
    }
    HashBegin(&Hmac->Inner, Kind);
    AddKey(&Hmac->Inner, Hmac->Key, 0x36);
}

void HmacEnd(HMAC_STATE *Hmac, uint8_t *Digest)
{
    HASH Outer;
    uint8_t Inner[HASH_MAX_DIGEST];
    HASH_KIND Kind = Hmac->Inner.Kind;

    HashEnd(&Hmac->Inner, Inner);
    HashBegin(&Outer, Kind);
    AddKey(&Outer, Hmac->Key, 0x5C);
    HashAdd(&Outer, Inner, Shapes[Kind].Digest);
    HashEnd(&Outer, Digest);
}
