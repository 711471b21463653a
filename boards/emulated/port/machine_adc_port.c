// machine.ADC, included by extmod/machine_adc.c: the plant's microvolts and noise through the ESP32's attenuators.

#include "py/mphal.h"
#include "board.h"

#define ATTEN_UNSET (0xff)

typedef struct _machine_adc_obj_t {
    mp_obj_base_t base;
    uint8_t gpio, unit;
} machine_adc_obj_t;

#define MICROPY_PY_MACHINE_ADC_CLASS_CONSTANTS \
    { MP_ROM_QSTR(MP_QSTR_ATTN_0DB), MP_ROM_INT(0) }, \
    { MP_ROM_QSTR(MP_QSTR_ATTN_2_5DB), MP_ROM_INT(1) }, \
    { MP_ROM_QSTR(MP_QSTR_ATTN_6DB), MP_ROM_INT(2) }, \
    { MP_ROM_QSTR(MP_QSTR_ATTN_11DB), MP_ROM_INT(3) }, \
    { MP_ROM_QSTR(MP_QSTR_WIDTH_9BIT), MP_ROM_INT(9) }, \
    { MP_ROM_QSTR(MP_QSTR_WIDTH_10BIT), MP_ROM_INT(10) }, \
    { MP_ROM_QSTR(MP_QSTR_WIDTH_11BIT), MP_ROM_INT(11) }, \
    { MP_ROM_QSTR(MP_QSTR_WIDTH_12BIT), MP_ROM_INT(12) }, \

#define ADC1(gpio) {{&machine_adc_type}, gpio, 1}
#define ADC2(gpio) {{&machine_adc_type}, gpio, 2}
static const machine_adc_obj_t adc_objects[] = {
    ADC1(36), ADC1(37), ADC1(38), ADC1(39), ADC1(32), ADC1(33), ADC1(34), ADC1(35),
    ADC2(4), ADC2(0), ADC2(2), ADC2(15), ADC2(13), ADC2(12), ADC2(14), ADC2(27), ADC2(25), ADC2(26),
};

// Line-fitting calibration of the IDF for a reference of 1100 mV: mV = raw * slope / 2^16 + offset, at 12 bits.
static const struct {
    uint32_t slope, offset_mv;
} curve[4] = {
    { 1100 * 57431 / 4096, 75 }, { 1100 * 76236 / 4096, 78 }, { 1100 * 105481 / 4096, 107 }, { 1100 * 196602 / 4096, 142 },
};

static uint8_t attens[MP_ARRAY_SIZE(adc_objects)] = { [0 ... MP_ARRAY_SIZE(adc_objects) - 1] = ATTEN_UNSET };
static uint8_t width = 12;

static size_t adc_index(const machine_adc_obj_t *self) {
    return (size_t)(self - &adc_objects[0]);
}

static void mp_machine_adc_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    const machine_adc_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_printf(print, "ADC(Pin(%u), atten=%u)", self->gpio, attens[adc_index(self)]);
}

static void mp_machine_adc_atten_set(machine_adc_obj_t *self, mp_int_t atten) {
    if (atten < 0 || atten > 3) {
        mp_raise_ValueError(MP_ERROR_TEXT("invalid atten"));
    }
    attens[adc_index(self)] = (uint8_t)atten;
}

static void mp_machine_adc_width_set(machine_adc_obj_t *self, mp_int_t bits) {
    if (bits < 9 || bits > 12) {
        mp_raise_ValueError(MP_ERROR_TEXT("invalid bits"));
    }
    width = (uint8_t)bits;
}

static void mp_machine_adc_init_helper(machine_adc_obj_t *self, size_t n_pos_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_atten };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_atten, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = -1} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_pos_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    if (args[ARG_atten].u_int != -1) {
        mp_machine_adc_atten_set(self, args[ARG_atten].u_int);
    } else if (attens[adc_index(self)] == ATTEN_UNSET) {
        mp_machine_adc_atten_set(self, 0);
    }
}

static mp_obj_t mp_machine_adc_make_new(const mp_obj_type_t *type, size_t n_pos_args, size_t n_kw_args, const mp_obj_t *args) {
    mp_arg_check_num(n_pos_args, n_kw_args, 1, MP_OBJ_FUN_ARGS_MAX, true);
    unsigned int gpio = machine_pin_get_id(args[0]);
    for (size_t i = 0; i < MP_ARRAY_SIZE(adc_objects); i++) {
        if (adc_objects[i].gpio == gpio) {
            machine_adc_obj_t *self = (machine_adc_obj_t *)&adc_objects[i];
            mp_map_t kw_args;
            mp_map_init_fixed_table(&kw_args, n_kw_args, args + n_pos_args);
            mp_machine_adc_init_helper(self, n_pos_args - 1, args + 1, &kw_args);
            return MP_OBJ_FROM_PTR(self);
        }
    }
    mp_raise_ValueError(MP_ERROR_TEXT("invalid pin"));
}

// One conversion: 12 bits, whatever the width that is asked for.
static mp_int_t convert(machine_adc_obj_t *self) {
    vtime_busy_ns(COST_ADC_READ_NS);
    int64_t uv = P.adc_uv[self->gpio];
    uint32_t noise = P.adc_noise_uv[self->gpio];
    if (noise != 0) {
        uv += (int64_t)(chip_random() % (2 * noise + 1)) - noise;
    }
    unsigned int atten = attens[adc_index(self)] & 3;
    int64_t above = uv - (int64_t)curve[atten].offset_mv * 1000;
    if (above <= 0) {
        return 0;
    }
    int64_t raw = (above * 65536 / 1000 + curve[atten].slope / 2) / curve[atten].slope;
    return raw > 4095 ? 4095 : (mp_int_t)raw;
}

static mp_int_t mp_machine_adc_read(machine_adc_obj_t *self) {
    return convert(self) >> (12 - width);
}

static mp_int_t mp_machine_adc_read_u16(machine_adc_obj_t *self) {
    mp_int_t raw = mp_machine_adc_read(self);
    return raw << (16 - width) | raw >> (2 * width - 16);
}

static mp_int_t mp_machine_adc_read_uv(machine_adc_obj_t *self) {
    mp_int_t raw = convert(self);
    unsigned int atten = attens[adc_index(self)] & 3;
    return (mp_int_t)(((uint32_t)raw * curve[atten].slope + 32768) / 65536 + curve[atten].offset_mv) * 1000;
}
