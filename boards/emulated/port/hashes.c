// MD5 (RFC 1321) and SHA-1 (RFC 3174), which the stock images take from their TLS library. No code of this project relies on them.

#include <math.h>
#include <string.h>

#include "lib/axtls/crypto/crypto.h"
#include "costs.h"
#include "vtime.h"

static uint32_t rotate(uint32_t x, unsigned int n) {
    return x << n | x >> (32 - n);
}

static void begin(hash_t *h) {
    static const uint32_t initial[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
    memcpy(h->state, initial, sizeof(initial));
    h->length = 0;
}

static void add(hash_t *h, const uint8_t *data, size_t len, void (*compress)(hash_t *)) {
    vtime_charge(COST_HASH_BYTE * (uint32_t)len);
    for (; len != 0; data++, len--) {
        h->block[h->length++ % 64] = *data;
        if (h->length % 64 == 0) {
            compress(h);
        }
    }
}

// The padding, with the length in bits at the end of the last block.
static void finish(hash_t *h, void (*compress)(hash_t *), bool big_endian) {
    uint64_t bits = h->length * 8;
    add(h, (const uint8_t *)"\x80", 1, compress);
    while (h->length % 64 != 56) {
        add(h, (const uint8_t *)"", 1, compress);
    }
    uint8_t tail[8];
    for (unsigned int i = 0; i < 8; i++) {
        tail[i] = (uint8_t)(bits >> 8 * (big_endian ? 7 - i : i));
    }
    add(h, tail, 8, compress);
}

static void md5_block(hash_t *h) {
    static const uint8_t shifts[4][4] = { { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 } };
    uint32_t words[16], a = h->state[0], b = h->state[1], c = h->state[2], d = h->state[3];
    memcpy(words, h->block, 64);
    for (unsigned int i = 0; i < 64; i++) {
        unsigned int round = i / 16;
        uint32_t f = round == 0 ? (b & c) | (~b & d) : round == 1 ? (d & b) | (~d & c) : round == 2 ? b ^ c ^ d : c ^ (b | ~d);
        unsigned int word = (round == 0 ? i : round == 1 ? 5 * i + 1 : round == 2 ? 3 * i + 5 : 7 * i) % 16;
        uint32_t sine = (uint32_t)(int64_t)(fabs(sin(i + 1.0)) * 4294967296.0);
        uint32_t next = b + rotate(a + f + sine + words[word], shifts[round][i % 4]);
        a = d;
        d = c;
        c = b;
        b = next;
    }
    h->state[0] += a;
    h->state[1] += b;
    h->state[2] += c;
    h->state[3] += d;
}

static void sha1_block(hash_t *h) {
    static const uint32_t constants[4] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
    uint32_t words[80], s[5];
    memcpy(s, h->state, sizeof(s));
    for (unsigned int i = 0; i < 16; i++) {
        const uint8_t *p = h->block + 4 * i;
        words[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    }
    for (unsigned int i = 16; i < 80; i++) {
        words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    }
    for (unsigned int i = 0; i < 80; i++) {
        unsigned int round = i / 20;
        uint32_t f = round == 0 ? (s[1] & s[2]) | (~s[1] & s[3]) : round == 2 ? (s[1] & s[2]) | (s[1] & s[3]) | (s[2] & s[3]) : s[1] ^ s[2] ^ s[3];
        uint32_t next = rotate(s[0], 5) + f + s[4] + constants[round] + words[i];
        s[4] = s[3];
        s[3] = s[2];
        s[2] = rotate(s[1], 30);
        s[1] = s[0];
        s[0] = next;
    }
    for (unsigned int i = 0; i < 5; i++) {
        h->state[i] += s[i];
    }
}

void MD5_Init(MD5_CTX *h) {
    begin(h);
}

void MD5_Update(MD5_CTX *h, const uint8_t *data, int len) {
    add(h, data, (size_t)len, md5_block);
}

void MD5_Final(uint8_t *digest, MD5_CTX *h) {
    finish(h, md5_block, false);
    memcpy(digest, h->state, MD5_SIZE);
}

void SHA1_Init(SHA1_CTX *h) {
    begin(h);
}

void SHA1_Update(SHA1_CTX *h, const uint8_t *data, int len) {
    add(h, data, (size_t)len, sha1_block);
}

void SHA1_Final(uint8_t *digest, SHA1_CTX *h) {
    finish(h, sha1_block, true);
    for (unsigned int i = 0; i < SHA1_SIZE; i++) {
        digest[i] = (uint8_t)(h->state[i / 4] >> (24 - 8 * (i % 4)));
    }
}
