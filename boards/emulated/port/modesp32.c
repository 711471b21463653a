// The esp32 module: what of it this board has.

#include "py/runtime.h"
#include "board.h"
#include "kind.h"
#include "ports.h"

static mp_obj_t esp32_raw_temperature(void) {
    return MP_OBJ_NEW_SMALL_INT(128);
}
static MP_DEFINE_CONST_FUN_OBJ_0(esp32_raw_temperature_obj, esp32_raw_temperature);

static mp_obj_t esp32_mcu_temperature(void) {
    return MP_OBJ_NEW_SMALL_INT(40);
}
static MP_DEFINE_CONST_FUN_OBJ_0(esp32_mcu_temperature_obj, esp32_mcu_temperature);

#define TEMPERATURE_ROW (1)
static mp_rom_map_elem_t esp32_module_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_esp32) },
    [TEMPERATURE_ROW] = { MP_ROM_QSTR(MP_QSTR_raw_temperature), MP_ROM_PTR(&esp32_raw_temperature_obj) },
    { MP_ROM_QSTR(MP_QSTR_NVS), MP_ROM_PTR(&esp32_nvs_type) },
    { MP_ROM_QSTR(MP_QSTR_Partition), MP_ROM_PTR(&esp32_partition_type) },
};
static MP_DEFINE_CONST_DICT(esp32_module_globals, esp32_module_globals_table);

const mp_obj_module_t esp32_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&esp32_module_globals,
};

void esp32_module_init(void) {
    if (!kind->has_raw_temperature) {
        const mp_rom_map_elem_t row = { MP_ROM_QSTR(MP_QSTR_mcu_temperature), MP_ROM_PTR(&esp32_mcu_temperature_obj) };
        esp32_module_globals_table[TEMPERATURE_ROW] = row;
    }
}

MP_REGISTER_MODULE(MP_QSTR_esp32, esp32_module);
