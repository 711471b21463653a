// C functions of MicroPython whose cost depends on their data: the linker puts these wrappers in front of them (--wrap).

#include "py/obj.h"
#include "lib/crypto-algorithms/sha256.h"
#include "costs.h"
#include "vtime.h"

void __real_sha256_update(CRYAL_SHA256_CTX *ctx, const uint8_t *data, size_t len);
void __wrap_sha256_update(CRYAL_SHA256_CTX *ctx, const uint8_t *data, size_t len);
uint32_t __real_uzlib_crc32(const void *data, unsigned int length, uint32_t crc);
uint32_t __wrap_uzlib_crc32(const void *data, unsigned int length, uint32_t crc);
void __real_mp_obj_print_helper(const mp_print_t *print, mp_obj_t o, mp_print_kind_t kind);
void __wrap_mp_obj_print_helper(const mp_print_t *print, mp_obj_t o, mp_print_kind_t kind);

void __wrap_sha256_update(CRYAL_SHA256_CTX *ctx, const uint8_t *data, size_t len) {
    vtime_charge(COST_HASH_BYTE * (uint32_t)len);
    __real_sha256_update(ctx, data, len);
}

uint32_t __wrap_uzlib_crc32(const void *data, unsigned int length, uint32_t crc) {
    vtime_charge(COST_CRC_BYTE * length);
    return __real_uzlib_crc32(data, length, crc);
}

// Everything that becomes text passes here: print, str, %, format, json.dumps.
void __wrap_mp_obj_print_helper(const mp_print_t *print, mp_obj_t o, mp_print_kind_t kind) {
    vtime_charge(COST_PRINT_OBJECT);
    __real_mp_obj_print_helper(print, o, kind);
}
