// MD5 and SHA-1 under the names that extmod/modhashlib.c looks for in this place. Ours: hashes.c.
#ifndef INCLUDED_CRYPTO_H
#define INCLUDED_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#define MD5_SIZE    (16)
#define SHA1_SIZE   (20)

typedef struct {
    uint32_t state[5];
    uint64_t length;
    uint8_t block[64];
} hash_t;
typedef hash_t MD5_CTX, SHA1_CTX;

void MD5_Init(MD5_CTX *);
void MD5_Update(MD5_CTX *, const uint8_t *data, int len);
void MD5_Final(uint8_t *digest, MD5_CTX *);
void SHA1_Init(SHA1_CTX *);
void SHA1_Update(SHA1_CTX *, const uint8_t *data, int len);
void SHA1_Final(uint8_t *digest, SHA1_CTX *);

#endif // INCLUDED_CRYPTO_H
