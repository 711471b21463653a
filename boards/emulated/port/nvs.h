// The key-value store in the partition "nvs", in the ESP-IDF's own format. Results are its error codes (esp_err.h).
#ifndef INCLUDED_NVS_H
#define INCLUDED_NVS_H

#include <stddef.h>
#include <stdint.h>

int nvs_open(const char *name, uint8_t *namespace);
int nvs_set_i32(uint8_t namespace, const char *key, int32_t value);
int nvs_get_i32(uint8_t namespace, const char *key, int32_t *value);
int nvs_set_blob(uint8_t namespace, const char *key, const void *data, size_t len);
int nvs_get_blob(uint8_t namespace, const char *key, void *data, size_t *len);
int nvs_erase_key(uint8_t namespace, const char *key);

#endif // INCLUDED_NVS_H
