// The key-value store in the partition "nvs", in the ESP-IDF's own format. Results are its error codes.
#ifndef INCLUDED_NVS_H
#define INCLUDED_NVS_H

#include <stddef.h>
#include <stdint.h>

enum {
    NVS_OK = 0,
    NVS_NOT_INITIALIZED = 0x1101,
    NVS_NOT_FOUND = 0x1102,
    NVS_NOT_ENOUGH_SPACE = 0x1105,
    NVS_KEY_TOO_LONG = 0x1109,
    NVS_INVALID_LENGTH = 0x110c,
    NVS_VALUE_TOO_LONG = 0x110e,
};

int nvs_open(const char *name, uint8_t *namespace);
int nvs_set_i32(uint8_t namespace, const char *key, int32_t value);
int nvs_get_i32(uint8_t namespace, const char *key, int32_t *value);
int nvs_set_blob(uint8_t namespace, const char *key, const void *data, size_t len);
int nvs_get_blob(uint8_t namespace, const char *key, void *data, size_t *len);
int nvs_erase_key(uint8_t namespace, const char *key);
void nvs_forget(void);

#endif // INCLUDED_NVS_H
