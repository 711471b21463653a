// For the copy of py/gc.c that the Makefile makes: at a word of the allocation table in which no block is free, gc_alloc() goes on behind it.
// Two bits a block, 00 is free: the result does not change.

#include <stdint.h>

#define SKIP_WHAT_IS_IN_USE \
    if ((i & 3) == 0 && i + 4 <= area->gc_alloc_table_byte_len) { \
        uint32_t word = *(const uint32_t *)(area->gc_alloc_table_start + i); \
        if (((word | word >> 1) & 0x55555555) == 0x55555555) { \
            n_free = 0; \
            i += 3; \
            continue; \
        } \
    }
