// The board's only source of chance: xorshift128+, seeded by --seed; its state survives resets.

#include "persist.h"
#include "rng.h"

// splitmix64 spreads the seed over the generator's state.
void rng_seed(uint32_t seed) {
    uint64_t z = seed;
    for (int i = 0; i < 2; i++) {
        z += 0x9e3779b97f4a7c15ULL;
        uint64_t x = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
        P.rng[i] = x ^ (x >> 31);
    }
}

uint64_t rng_64(void) {
    uint64_t s1 = P.rng[0];
    const uint64_t s0 = P.rng[1];
    P.rng[0] = s0;
    s1 ^= s1 << 23;
    P.rng[1] = s1 ^ s0 ^ (s1 >> 17) ^ (s0 >> 26);
    return P.rng[1] + s0;
}

uint32_t rng_32(void) {
    return (uint32_t)(rng_64() >> 32);
}
