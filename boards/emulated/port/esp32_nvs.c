// esp32.NVS over nvs.c.

#include "py/runtime.h"
#include "costs.h"
#include "esp32_nvs.h"
#include "esp_err.h"
#include "nvs.h"
#include "vtime.h"

typedef struct _esp32_nvs_obj_t {
    mp_obj_base_t base;
    uint8_t namespace;
} esp32_nvs_obj_t;

static void check(int code) {
    qstr name;
    switch (code) {
        case NVS_OK:
            return;
        case NVS_NOT_INITIALIZED:
            name = MP_QSTR_ESP_ERR_NVS_NOT_INITIALIZED;
            break;
        case NVS_NOT_FOUND:
            name = MP_QSTR_ESP_ERR_NVS_NOT_FOUND;
            break;
        case NVS_NOT_ENOUGH_SPACE:
            name = MP_QSTR_ESP_ERR_NVS_NOT_ENOUGH_SPACE;
            break;
        case NVS_KEY_TOO_LONG:
            name = MP_QSTR_ESP_ERR_NVS_KEY_TOO_LONG;
            break;
        case NVS_INVALID_LENGTH:
            name = MP_QSTR_ESP_ERR_NVS_INVALID_LENGTH;
            break;
        default:
            name = MP_QSTR_ESP_ERR_NVS_VALUE_TOO_LONG;
    }
    mp_obj_t args[2] = { MP_OBJ_NEW_SMALL_INT(-code), MP_OBJ_NEW_QSTR(name) };
    nlr_raise(mp_obj_exception_make_new(&mp_type_OSError, 2, 0, args));
}

static uint8_t namespace_of(mp_obj_t self_in) {
    return ((esp32_nvs_obj_t *)MP_OBJ_TO_PTR(self_in))->namespace;
}

static void esp32_nvs_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    mp_printf(print, "<NVS namespace>");
}

static mp_obj_t esp32_nvs_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    uint8_t namespace;
    check(nvs_open(mp_obj_str_get_str(args[0]), &namespace));
    esp32_nvs_obj_t *self = mp_obj_malloc(esp32_nvs_obj_t, &esp32_nvs_type);
    self->namespace = namespace;
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t esp32_nvs_set_i32(mp_obj_t self_in, mp_obj_t key, mp_obj_t value) {
    check(nvs_set_i32(namespace_of(self_in), mp_obj_str_get_str(key), mp_obj_get_int(value)));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(esp32_nvs_set_i32_obj, esp32_nvs_set_i32);

static mp_obj_t esp32_nvs_get_i32(mp_obj_t self_in, mp_obj_t key) {
    int32_t value = 0;
    check(nvs_get_i32(namespace_of(self_in), mp_obj_str_get_str(key), &value));
    return mp_obj_new_int(value);
}
static MP_DEFINE_CONST_FUN_OBJ_2(esp32_nvs_get_i32_obj, esp32_nvs_get_i32);

static mp_obj_t esp32_nvs_set_blob(mp_obj_t self_in, mp_obj_t key, mp_obj_t value) {
    mp_buffer_info_t bufinfo;
    mp_get_buffer_raise(value, &bufinfo, MP_BUFFER_READ);
    check(nvs_set_blob(namespace_of(self_in), mp_obj_str_get_str(key), bufinfo.buf, bufinfo.len));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(esp32_nvs_set_blob_obj, esp32_nvs_set_blob);

static mp_obj_t esp32_nvs_get_blob(mp_obj_t self_in, mp_obj_t key, mp_obj_t value) {
    mp_buffer_info_t bufinfo;
    mp_get_buffer_raise(value, &bufinfo, MP_BUFFER_WRITE);
    size_t len = bufinfo.len;
    check(nvs_get_blob(namespace_of(self_in), mp_obj_str_get_str(key), bufinfo.buf, &len));
    return MP_OBJ_NEW_SMALL_INT(len);
}
static MP_DEFINE_CONST_FUN_OBJ_3(esp32_nvs_get_blob_obj, esp32_nvs_get_blob);

static mp_obj_t esp32_nvs_erase_key(mp_obj_t self_in, mp_obj_t key) {
    check(nvs_erase_key(namespace_of(self_in), mp_obj_str_get_str(key)));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(esp32_nvs_erase_key_obj, esp32_nvs_erase_key);

// The IDF writes every value at once; committing has nothing left to do.
static mp_obj_t esp32_nvs_commit(mp_obj_t self_in) {
    vtime_charge(COST_NVS_CALL);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(esp32_nvs_commit_obj, esp32_nvs_commit);

static const mp_rom_map_elem_t esp32_nvs_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_get_i32), MP_ROM_PTR(&esp32_nvs_get_i32_obj) },
    { MP_ROM_QSTR(MP_QSTR_set_i32), MP_ROM_PTR(&esp32_nvs_set_i32_obj) },
    { MP_ROM_QSTR(MP_QSTR_get_blob), MP_ROM_PTR(&esp32_nvs_get_blob_obj) },
    { MP_ROM_QSTR(MP_QSTR_set_blob), MP_ROM_PTR(&esp32_nvs_set_blob_obj) },
    { MP_ROM_QSTR(MP_QSTR_erase_key), MP_ROM_PTR(&esp32_nvs_erase_key_obj) },
    { MP_ROM_QSTR(MP_QSTR_commit), MP_ROM_PTR(&esp32_nvs_commit_obj) },
};
static MP_DEFINE_CONST_DICT(esp32_nvs_locals_dict, esp32_nvs_locals_dict_table);

MP_DEFINE_CONST_OBJ_TYPE(
    esp32_nvs_type,
    MP_QSTR_NVS,
    MP_TYPE_FLAG_NONE,
    make_new, esp32_nvs_make_new,
    print, esp32_nvs_print,
    locals_dict, &esp32_nvs_locals_dict
    );
