// The esp32 module: the part of it that this board has.

#include "py/gc.h"
#include "py/runtime.h"
#include "esp32_nvs.h"
#include "kind.h"
#include "memory.h"
#include "modesp32.h"
#include "partition.h"

#define HEAP_DATA (4)           // MALLOC_CAP_8BIT
#define HEAP_EXEC (1)           // MALLOC_CAP_EXEC

static mp_obj_t esp32_raw_temperature(void) {
    return MP_OBJ_NEW_SMALL_INT(128);
}
static MP_DEFINE_CONST_FUN_OBJ_0(esp32_raw_temperature_obj, esp32_raw_temperature);

static mp_obj_t esp32_mcu_temperature(void) {
    return MP_OBJ_NEW_SMALL_INT(40);
}
static MP_DEFINE_CONST_FUN_OBJ_0(esp32_mcu_temperature_obj, esp32_mcu_temperature);

// One region: what of the arena (memory.c) Python's heap has not taken yet. (total, free, largest free, least free ever)
static mp_obj_t esp32_idf_heap_info(mp_obj_t cap_in) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    if (mp_obj_get_int(cap_in) & (HEAP_DATA | HEAP_EXEC)) {
        mp_obj_t total = MP_OBJ_NEW_SMALL_INT(memory_arena_size()), left = MP_OBJ_NEW_SMALL_INT(memory_arena_left());
        mp_obj_t row[] = { total, left, MP_OBJ_NEW_SMALL_INT(gc_get_max_new_split()), left };
        mp_obj_list_append(list, mp_obj_new_tuple(4, row));
    }
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_1(esp32_idf_heap_info_obj, esp32_idf_heap_info);

#define TEMPERATURE_ROW (1)
static mp_rom_map_elem_t esp32_module_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_esp32) },
    [TEMPERATURE_ROW] = { MP_ROM_QSTR(MP_QSTR_raw_temperature), MP_ROM_PTR(&esp32_raw_temperature_obj) },
    { MP_ROM_QSTR(MP_QSTR_idf_heap_info), MP_ROM_PTR(&esp32_idf_heap_info_obj) },
    { MP_ROM_QSTR(MP_QSTR_HEAP_DATA), MP_ROM_INT(HEAP_DATA) },
    { MP_ROM_QSTR(MP_QSTR_HEAP_EXEC), MP_ROM_INT(HEAP_EXEC) },
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
