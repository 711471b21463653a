// As check_esp_err of the ESP32 port: OSError(-code, 'NAME'), without the name when there is no memory for it.

#include "py/mperrno.h"
#include "py/runtime.h"
#include "esp_err.h"

static qstr name_of(int code) {
    switch (code) {
        case ESP_ERR_INVALID_ARG:
            return MP_QSTR_ESP_ERR_INVALID_ARG;
        case ESP_ERR_INVALID_SIZE:
            return MP_QSTR_ESP_ERR_INVALID_SIZE;
        case ESP_ERR_NOT_FOUND:
            return MP_QSTR_ESP_ERR_NOT_FOUND;
        case ESP_ERR_FLASH_OP_FAIL:
            return MP_QSTR_ESP_ERR_FLASH_OP_FAIL;
        case ESP_ERR_OTA_VALIDATE_FAILED:
            return MP_QSTR_ESP_ERR_OTA_VALIDATE_FAILED;
        default:
            return MP_QSTR_ESP_ERR_NOT_SUPPORTED;
    }
}

void esp_err_raise(int code) {
    mp_int_t number = code == ESP_ERR_NOT_SUPPORTED ? MP_EOPNOTSUPP : -code;
    if (m_new_obj_maybe(mp_obj_exception_t) == NULL) {
        mp_raise_OSError(number);
    }
    mp_obj_t args[2] = { MP_OBJ_NEW_SMALL_INT(number), MP_OBJ_NEW_QSTR(name_of(code)) };
    nlr_raise(mp_obj_exception_make_new(&mp_type_OSError, 2, 0, args));
}
