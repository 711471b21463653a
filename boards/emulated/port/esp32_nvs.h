// esp32.NVS.
#ifndef INCLUDED_ESP32_NVS_H
#define INCLUDED_ESP32_NVS_H

#include "py/obj.h"

extern const mp_obj_type_t esp32_nvs_type;

#endif // INCLUDED_ESP32_NVS_H
