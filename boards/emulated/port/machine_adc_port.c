// machine.ADC, included by extmod/machine_adc.c: the plant's microvolts and noise through the ESP32's attenuators.

#include <math.h>

#include "py/mphal.h"
#include "costs.h"
#include "esp_err.h"
#include "kind.h"
#include "machine_adc_block_port.h"
#include "machine_adc_port.h"
#include "persist.h"
#include "rng.h"
#include "vtime.h"

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

// One object per ADC pad of the chip (kind.h), in its order.
static machine_adc_obj_t adc_objects[KIND_MAX_ADC];

static uint8_t attens[KIND_MAX_ADC] = { [0 ... KIND_MAX_ADC - 1] = ATTEN_UNSET };

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
    adc_block_set_bits(&adc_blocks[self->unit - 1], bits);
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

machine_adc_obj_t *adc_find(int unit, int channel, int gpio) {
    for (size_t i = 0; i < kind->n_adc; i++) {
        machine_adc_obj_t *self = &adc_objects[i];
        int its_unit = i < kind->n_adc1 ? 1 : 2;
        int its_channel = (int)(its_unit == 1 ? i : i - kind->n_adc1);
        if ((unit == -1 || unit == its_unit) && (channel == -1 || channel == its_channel) && (gpio == -1 || gpio == kind->adc[i])) {
            self->base.type = &machine_adc_type;
            self->gpio = kind->adc[i];
            self->unit = (uint8_t)its_unit;
            return self;
        }
    }
    return NULL;
}

void adc_init(machine_adc_obj_t *self, mp_map_t *kw_args) {
    mp_machine_adc_init_helper(self, 0, NULL, kw_args);
}

static mp_obj_t mp_machine_adc_make_new(const mp_obj_type_t *type, size_t n_pos_args, size_t n_kw_args, const mp_obj_t *args) {
    mp_arg_check_num(n_pos_args, n_kw_args, 1, MP_OBJ_FUN_ARGS_MAX, true);
    machine_adc_obj_t *self = adc_find(-1, -1, (int)machine_pin_get_id(args[0]));
    if (self == NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("invalid pin"));
    }
    mp_map_t kw_args;
    mp_map_init_fixed_table(&kw_args, n_kw_args, args + n_pos_args);
    mp_machine_adc_init_helper(self, n_pos_args - 1, args + 1, &kw_args);
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t mp_machine_adc_block(machine_adc_obj_t *self) {
    return MP_OBJ_FROM_PTR(&adc_blocks[self->unit - 1]);
}

// One conversion: 12 bits, independent of the width that is asked for.
static mp_int_t convert(machine_adc_obj_t *self) {
    vtime_busy_ns(COST_ADC_READ_NS);
    int64_t uv = P.adc_uv[self->gpio];
    uint32_t noise = P.adc_noise_uv[self->gpio];
    if (noise != 0) {
        uv += (int64_t)(rng_32() % (2 * noise + 1)) - noise;
    }
    if (P.adc_hum_uv[self->gpio] != 0) {
        uint64_t period_ns = 1000000000000ULL / P.adc_hum_mhz[self->gpio];
        double turn = (double)(P.now % period_ns) / (double)period_ns;
        uv += (int64_t)(P.adc_hum_uv[self->gpio] * sin(6.283185307179586 * turn));
    }
    unsigned int atten = attens[adc_index(self)] & 3;
    int64_t above = uv - (int64_t)kind->curve[atten].offset_mv * 1000;
    if (above <= 0) {
        return 0;
    }
    int64_t raw = (above * 65536 / 1000 + kind->curve[atten].slope / 2) / kind->curve[atten].slope;
    return raw > 4095 ? 4095 : (mp_int_t)raw;
}

static mp_int_t mp_machine_adc_read(machine_adc_obj_t *self) {
    return convert(self) >> (12 - adc_blocks[self->unit - 1].bits);
}

static mp_int_t mp_machine_adc_read_u16(machine_adc_obj_t *self) {
    mp_int_t raw = mp_machine_adc_read(self);
    unsigned int bits = adc_blocks[self->unit - 1].bits;
    return raw << (16 - bits) | raw >> (2 * bits - 16);
}

static mp_int_t mp_machine_adc_read_uv(machine_adc_obj_t *self) {
    mp_int_t raw = convert(self);
    if (P.adc_blank) {
        esp_err_raise(ESP_ERR_NOT_SUPPORTED);   // without calibration in the eFuses the IDF makes none
    }
    unsigned int atten = attens[adc_index(self)] & 3;
    return (mp_int_t)(((uint32_t)raw * kind->curve[atten].slope + 32768) / 65536 + kind->curve[atten].offset_mv) * 1000;
}
