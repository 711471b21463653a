// machine.RTC: the calendar, and 2 KB of memory that outlive every reset but a power cycle.

#include <string.h>

#include "py/runtime.h"
#include "py/mphal.h"
#include "extmod/modmachine.h"
#include "shared/timeutils/timeutils.h"
#include "costs.h"
#include "machine_rtc.h"
#include "persist.h"
#include "rng.h"
#include "vtime.h"

typedef struct _machine_rtc_obj_t {
    mp_obj_base_t base;
} machine_rtc_obj_t;

static const machine_rtc_obj_t machine_rtc_obj = {{&machine_rtc_type}};

static mp_obj_t machine_rtc_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    return MP_OBJ_FROM_PTR(&machine_rtc_obj);
}

static mp_obj_t datetime(size_t n_args, const mp_obj_t *args, size_t hour_index) {
    vtime_charge(COST_RTC);
    if (n_args == 1) {
        uint64_t us = mp_hal_time_ns() / 1000;
        timeutils_struct_time_t tm;
        timeutils_seconds_since_epoch_to_struct_time((mp_uint_t)(us / 1000000), &tm);
        mp_obj_t tuple[8] = {
            mp_obj_new_int(tm.tm_year), mp_obj_new_int(tm.tm_mon), mp_obj_new_int(tm.tm_mday), mp_obj_new_int(tm.tm_wday),
            mp_obj_new_int(tm.tm_hour), mp_obj_new_int(tm.tm_min), mp_obj_new_int(tm.tm_sec), mp_obj_new_int((mp_int_t)(us % 1000000)),
        };
        return mp_obj_new_tuple(8, tuple);
    }
    mp_obj_t *items;
    mp_obj_get_array_fixed_n(args[1], 8, &items);
    uint64_t seconds = timeutils_seconds_since_epoch(
        (mp_uint_t)mp_obj_get_int(items[0]), (mp_uint_t)mp_obj_get_int(items[1]), (mp_uint_t)mp_obj_get_int(items[2]),
        (mp_uint_t)mp_obj_get_int(items[hour_index]), (mp_uint_t)mp_obj_get_int(items[hour_index + 1]), (mp_uint_t)mp_obj_get_int(items[hour_index + 2]));
    uint64_t ns = seconds * 1000000000ULL + (uint64_t)mp_obj_get_int(items[7]) * 1000;
    P.rtc_offset_ns = (int64_t)(ns - vtime_now());
    return mp_const_none;
}

static mp_obj_t machine_rtc_datetime(size_t n_args, const mp_obj_t *args) {
    return datetime(n_args, args, 4);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(machine_rtc_datetime_obj, 1, 2, machine_rtc_datetime);

static mp_obj_t machine_rtc_init(mp_obj_t self_in, mp_obj_t date) {
    mp_obj_t args[2] = { self_in, date };
    datetime(2, args, 3);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(machine_rtc_init_obj, machine_rtc_init);

#define WORD_BITS   (32)        // of the word that shows the port that the memory was ever written
#define SHARE       (1000000)

// The RTC domain was without power: the calendar starts at 2000-01-01, and the memory is empty, or some of its bits have turned. Where the
// word before it or its length have turned, the port takes it for empty too.
void rtc_lost_power(void) {
    P.rtc_offset_ns = -(int64_t)P.now;
    if (P.rtc_decay_ppm == 0 || P.rtc_memory_len == 0) {
        P.rtc_memory_len = 0;
        return;
    }
    unsigned int turned = 0;
    for (unsigned int bit = 0; bit < WORD_BITS + 16; bit++) {
        turned += rng_64() % SHARE < P.rtc_decay_ppm;
    }
    if (turned != 0) {
        P.rtc_memory_len = 0;
        return;
    }
    for (unsigned int bit = 0; bit < P.rtc_memory_len * 8u; bit++) {
        if (rng_64() % SHARE < P.rtc_decay_ppm) {
            P.rtc_memory[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

static mp_obj_t machine_rtc_memory(size_t n_args, const mp_obj_t *args) {
    vtime_charge(COST_RTC);
    if (n_args == 1) {
        return mp_obj_new_bytes(P.rtc_memory, P.rtc_memory_len);
    }
    mp_buffer_info_t bufinfo;
    mp_get_buffer_raise(args[1], &bufinfo, MP_BUFFER_READ);
    if (bufinfo.len > sizeof(P.rtc_memory)) {
        mp_raise_ValueError(MP_ERROR_TEXT("buffer too long"));
    }
    memcpy(P.rtc_memory, bufinfo.buf, bufinfo.len);
    P.rtc_memory_len = (uint16_t)bufinfo.len;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(machine_rtc_memory_obj, 1, 2, machine_rtc_memory);

static const mp_rom_map_elem_t machine_rtc_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_init), MP_ROM_PTR(&machine_rtc_init_obj) },
    { MP_ROM_QSTR(MP_QSTR_datetime), MP_ROM_PTR(&machine_rtc_datetime_obj) },
    { MP_ROM_QSTR(MP_QSTR_memory), MP_ROM_PTR(&machine_rtc_memory_obj) },
};
static MP_DEFINE_CONST_DICT(machine_rtc_locals_dict, machine_rtc_locals_dict_table);

MP_DEFINE_CONST_OBJ_TYPE(
    machine_rtc_type,
    MP_QSTR_RTC,
    MP_TYPE_FLAG_NONE,
    make_new, machine_rtc_make_new,
    locals_dict, &machine_rtc_locals_dict
    );
