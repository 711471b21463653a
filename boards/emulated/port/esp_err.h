// ESP-IDF's error codes that Python code meets, and how they are raised.
#ifndef INCLUDED_ESP_ERR_H
#define INCLUDED_ESP_ERR_H

#define ESP_ERR_INVALID_ARG         (0x102)
#define ESP_ERR_INVALID_SIZE        (0x104)
#define ESP_ERR_NOT_FOUND           (0x105)
#define ESP_ERR_NOT_SUPPORTED       (0x106)
#define ESP_ERR_OTA_VALIDATE_FAILED (0x1503)
#define ESP_ERR_FLASH_OP_FAIL       (0x6001)

void esp_err_raise(int code);

#endif // INCLUDED_ESP_ERR_H
