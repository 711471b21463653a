// The board's only source of chance, seeded by --seed.
#ifndef INCLUDED_RNG_H
#define INCLUDED_RNG_H

#include <stdint.h>

void rng_seed(uint32_t seed);
uint32_t rng_32(void);
uint64_t rng_64(void);

#endif // INCLUDED_RNG_H
