// esp32.Partition over the partition table (partition_table.c) and the flash.

#include <string.h>

#include "py/mperrno.h"
#include "py/runtime.h"
#include "extmod/vfs.h"
#include "costs.h"
#include "esp_err.h"
#include "flash.h"
#include "flash_file.h"
#include "partition.h"
#include "partition_table.h"
#include "vtime.h"

enum { PARTITION_BOOT, PARTITION_RUNNING };

typedef struct _esp32_partition_obj_t {
    mp_obj_base_t base;
    uint8_t type, subtype;
    bool encrypted;
    uint16_t block_size;
    uint32_t address, size;
    char label[17];
    uint8_t *cache;
} esp32_partition_obj_t;

static mp_obj_t partition_new(const partition_entry_t *e, uint16_t block_size) {
    if (e == NULL) {
        mp_raise_OSError(MP_ENOENT);
    }
    esp32_partition_obj_t *self = mp_obj_malloc(esp32_partition_obj_t, &esp32_partition_type);
    self->type = e->type;
    self->subtype = e->subtype;
    self->encrypted = e->flags & 1;
    self->address = e->address;
    self->size = e->size;
    memcpy(self->label, e->label, 16);
    self->label[16] = 0;
    self->block_size = block_size;
    self->cache = block_size < FLASH_SECTOR ? m_new(uint8_t, FLASH_SECTOR) : NULL;
    return MP_OBJ_FROM_PTR(self);
}

static void partition_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    esp32_partition_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_printf(print, "<Partition type=%u, subtype=%u, address=%u, size=%u, label=%s, encrypted=%u>",
        self->type, self->subtype, (unsigned int)self->address, (unsigned int)self->size, self->label, self->encrypted);
}

static mp_obj_t partition_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 2, false);
    const partition_entry_t *e;
    if (mp_obj_is_int(args[0])) {
        mp_int_t which = mp_obj_get_int(args[0]);
        if (which != PARTITION_BOOT && which != PARTITION_RUNNING) {
            mp_raise_ValueError(NULL);
        }
        // Without OTA data no partition is noted as the one to boot.
        e = which == PARTITION_BOOT ? NULL : partition_table_first(PARTITION_TYPE_APP, NULL);
    } else {
        const char *label = mp_obj_str_get_str(args[0]);
        e = partition_table_first(PARTITION_TYPE_APP, label);
        if (e == NULL) {
            e = partition_table_first(PARTITION_TYPE_DATA, label);
        }
    }
    return partition_new(e, n_args == 2 ? (uint16_t)mp_obj_get_int(args[1]) : FLASH_SECTOR);
}

static mp_obj_t partition_find(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_type, ARG_subtype, ARG_label, ARG_block_size };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_type, MP_ARG_INT, {.u_int = PARTITION_TYPE_APP} },
        { MP_QSTR_subtype, MP_ARG_INT, {.u_int = PARTITION_SUBTYPE_ANY} },
        { MP_QSTR_label, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_block_size, MP_ARG_INT, {.u_int = FLASH_SECTOR} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    const char *label = args[ARG_label].u_obj == mp_const_none ? NULL : mp_obj_str_get_str(args[ARG_label].u_obj);
    mp_obj_t list = mp_obj_new_list(0, NULL);
    unsigned int index = 0;
    const partition_entry_t *e;
    while ((e = partition_table_next(&index, args[ARG_type].u_int, args[ARG_subtype].u_int, label)) != NULL) {
        mp_obj_list_append(list, partition_new(e, (uint16_t)args[ARG_block_size].u_int));
    }
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(partition_find_fun_obj, 0, partition_find);
static MP_DEFINE_CONST_STATICMETHOD_OBJ(partition_find_obj, MP_ROM_PTR(&partition_find_fun_obj));

static mp_obj_t partition_info(mp_obj_t self_in) {
    esp32_partition_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_obj_t tuple[] = {
        MP_OBJ_NEW_SMALL_INT(self->type),
        MP_OBJ_NEW_SMALL_INT(self->subtype),
        mp_obj_new_int_from_uint(self->address),
        mp_obj_new_int_from_uint(self->size),
        mp_obj_new_str_from_cstr(self->label),
        mp_obj_new_bool(self->encrypted),
    };
    return mp_obj_new_tuple(6, tuple);
}
static MP_DEFINE_CONST_FUN_OBJ_1(partition_info_obj, partition_info);

static void check_range(const esp32_partition_obj_t *self, uint32_t offset, uint32_t len) {
    if (offset > self->size) {
        esp_err_raise(ESP_ERR_INVALID_ARG);
    }
    if (len > self->size - offset) {
        esp_err_raise(ESP_ERR_INVALID_SIZE);
    }
}

static void part_read(const esp32_partition_obj_t *self, uint32_t offset, void *buf, uint32_t len) {
    check_range(self, offset, len);
    flash_read(self->address + offset, buf, len);
}

static void part_program(const esp32_partition_obj_t *self, uint32_t offset, const void *buf, uint32_t len) {
    check_range(self, offset, len);
    flash_program(self->address + offset, buf, len);
}

static void part_erase(const esp32_partition_obj_t *self, uint32_t offset, uint32_t len) {
    if (offset % FLASH_SECTOR != 0) {
        esp_err_raise(ESP_ERR_INVALID_ARG);
    }
    if (len % FLASH_SECTOR != 0) {
        esp_err_raise(ESP_ERR_INVALID_SIZE);
    }
    check_range(self, offset, len);
    flash_erase(self->address + offset, len);
}

static mp_obj_t partition_readblocks(size_t n_args, const mp_obj_t *args) {
    esp32_partition_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    uint32_t offset = (uint32_t)mp_obj_get_int(args[1]) * self->block_size;
    mp_buffer_info_t bufinfo;
    mp_get_buffer_raise(args[2], &bufinfo, MP_BUFFER_WRITE);
    if (n_args == 4) {
        offset += (uint32_t)mp_obj_get_int(args[3]);
    }
    vtime_charge(COST_PARTITION_CALL);
    part_read(self, offset, bufinfo.buf, bufinfo.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(partition_readblocks_obj, 3, 4, partition_readblocks);

// Blocks smaller than a sector: the rest of the sector is read, erased with it, and written back.
static void erase_around(esp32_partition_obj_t *self, uint32_t offset, uint32_t len) {
    uint32_t top = offset + len;
    uint32_t before = offset % FLASH_SECTOR;
    for (uint32_t sector = offset - before; sector < top; sector += FLASH_SECTOR, before = 0) {
        uint32_t end = sector + FLASH_SECTOR;
        if (before > 0 || top < end) {
            part_read(self, sector, self->cache, FLASH_SECTOR);
        }
        part_erase(self, sector, FLASH_SECTOR);
        if (before > 0) {
            part_program(self, sector, self->cache, before);
        }
        if (top < end) {
            part_program(self, top, self->cache + (top - sector), end - top);
        }
    }
}

// writeblocks(n, buf) erases and writes; writeblocks(n, buf, offset) only programs.
static mp_obj_t partition_writeblocks(size_t n_args, const mp_obj_t *args) {
    esp32_partition_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    uint32_t offset = (uint32_t)mp_obj_get_int(args[1]) * self->block_size;
    mp_buffer_info_t bufinfo;
    mp_get_buffer_raise(args[2], &bufinfo, MP_BUFFER_READ);
    vtime_charge(COST_PARTITION_CALL);
    if (n_args == 4) {
        offset += (uint32_t)mp_obj_get_int(args[3]);
    } else if (self->block_size >= FLASH_SECTOR) {
        part_erase(self, offset, bufinfo.len);
    } else {
        erase_around(self, offset, bufinfo.len);
    }
    part_program(self, offset, bufinfo.buf, bufinfo.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(partition_writeblocks_obj, 3, 4, partition_writeblocks);

static mp_obj_t partition_ioctl(mp_obj_t self_in, mp_obj_t cmd_in, mp_obj_t arg_in) {
    esp32_partition_obj_t *self = MP_OBJ_TO_PTR(self_in);
    switch (mp_obj_get_int(cmd_in)) {
        case MP_BLOCKDEV_IOCTL_INIT:
        case MP_BLOCKDEV_IOCTL_DEINIT:
        case MP_BLOCKDEV_IOCTL_SYNC:
            return MP_OBJ_NEW_SMALL_INT(0);
        case MP_BLOCKDEV_IOCTL_BLOCK_COUNT:
            return MP_OBJ_NEW_SMALL_INT(self->size / self->block_size);
        case MP_BLOCKDEV_IOCTL_BLOCK_SIZE:
            return MP_OBJ_NEW_SMALL_INT(self->block_size);
        case MP_BLOCKDEV_IOCTL_BLOCK_ERASE:
            if (self->block_size != FLASH_SECTOR) {
                return MP_OBJ_NEW_SMALL_INT(-MP_EINVAL);
            }
            vtime_charge(COST_PARTITION_CALL);
            part_erase(self, (uint32_t)mp_obj_get_int(arg_in) * FLASH_SECTOR, FLASH_SECTOR);
            return MP_OBJ_NEW_SMALL_INT(0);
        default:
            return mp_const_none;
    }
}
static MP_DEFINE_CONST_FUN_OBJ_3(partition_ioctl_obj, partition_ioctl);

static mp_obj_t partition_get_next_update(mp_obj_t self_in) {
    return partition_new(NULL, FLASH_SECTOR);
}
static MP_DEFINE_CONST_FUN_OBJ_1(partition_get_next_update_obj, partition_get_next_update);

// One application slot: there is nothing to switch to or roll back.
static mp_obj_t partition_no_ota(mp_obj_t self_in) {
    esp_err_raise(ESP_ERR_NOT_SUPPORTED);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(partition_no_ota_obj, partition_no_ota);
static MP_DEFINE_CONST_CLASSMETHOD_OBJ(partition_mark_valid_obj, MP_ROM_PTR(&partition_no_ota_obj));

// Only an image can be started; and without OTA data there is nowhere to note which.
static mp_obj_t partition_set_boot(mp_obj_t self_in) {
    esp32_partition_obj_t *self = MP_OBJ_TO_PTR(self_in);
    esp_err_raise(self->type == PARTITION_TYPE_APP ? ESP_ERR_NOT_FOUND : ESP_ERR_OTA_VALIDATE_FAILED);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(partition_set_boot_obj, partition_set_boot);

static const mp_rom_map_elem_t partition_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_find), MP_ROM_PTR(&partition_find_obj) },
    { MP_ROM_QSTR(MP_QSTR_info), MP_ROM_PTR(&partition_info_obj) },
    { MP_ROM_QSTR(MP_QSTR_readblocks), MP_ROM_PTR(&partition_readblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_writeblocks), MP_ROM_PTR(&partition_writeblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_ioctl), MP_ROM_PTR(&partition_ioctl_obj) },
    { MP_ROM_QSTR(MP_QSTR_set_boot), MP_ROM_PTR(&partition_set_boot_obj) },
    { MP_ROM_QSTR(MP_QSTR_mark_app_valid_cancel_rollback), MP_ROM_PTR(&partition_mark_valid_obj) },
    { MP_ROM_QSTR(MP_QSTR_get_next_update), MP_ROM_PTR(&partition_get_next_update_obj) },
    { MP_ROM_QSTR(MP_QSTR_BOOT), MP_ROM_INT(PARTITION_BOOT) },
    { MP_ROM_QSTR(MP_QSTR_RUNNING), MP_ROM_INT(PARTITION_RUNNING) },
    { MP_ROM_QSTR(MP_QSTR_TYPE_APP), MP_ROM_INT(PARTITION_TYPE_APP) },
    { MP_ROM_QSTR(MP_QSTR_TYPE_DATA), MP_ROM_INT(PARTITION_TYPE_DATA) },
};
static MP_DEFINE_CONST_DICT(partition_locals_dict, partition_locals_dict_table);

MP_DEFINE_CONST_OBJ_TYPE(
    esp32_partition_type,
    MP_QSTR_Partition,
    MP_TYPE_FLAG_NONE,
    make_new, partition_make_new,
    print, partition_print,
    locals_dict, &partition_locals_dict
    );
