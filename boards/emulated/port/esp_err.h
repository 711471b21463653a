// ESP-IDF's error codes that Python code meets, and how they are raised.
#ifndef INCLUDED_ESP_ERR_H
#define INCLUDED_ESP_ERR_H

#define ESP_FAIL                    (-1)
#define ESP_ERR_INVALID_ARG         (0x102)
#define ESP_ERR_INVALID_STATE       (0x103)
#define ESP_ERR_INVALID_SIZE        (0x104)
#define ESP_ERR_NOT_FOUND           (0x105)
#define ESP_ERR_NOT_SUPPORTED       (0x106)
#define ESP_ERR_OTA_VALIDATE_FAILED (0x1503)
#define ESP_ERR_FLASH_OP_FAIL       (0x6001)

// Of its key-value store.
enum {
    NVS_OK = 0,
    NVS_NOT_INITIALIZED = 0x1101,
    NVS_NOT_FOUND = 0x1102,
    NVS_NOT_ENOUGH_SPACE = 0x1105,
    NVS_KEY_TOO_LONG = 0x1109,
    NVS_INVALID_LENGTH = 0x110c,
    NVS_VALUE_TOO_LONG = 0x110e,
};

void esp_err_raise(int code);

#endif // INCLUDED_ESP_ERR_H
