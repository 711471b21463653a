// machine.ADCBlock, included by extmod/machine_adc_block.c: a converter, its width, and its channels by number.

#include "kind.h"
#include "machine_adc_block_port.h"
#include "machine_adc_port.h"

machine_adc_block_obj_t adc_blocks[2] = { { {&machine_adc_block_type}, 1, 12 }, { {&machine_adc_block_type}, 2, 12 } };

void adc_block_set_bits(machine_adc_block_obj_t *self, mp_int_t bits) {
    if (bits < kind->adc_min_width || bits > 12) {
        mp_raise_ValueError(MP_ERROR_TEXT("invalid bits"));
    }
    self->bits = (uint8_t)bits;
}

static void mp_machine_adc_block_print(const mp_print_t *print, machine_adc_block_obj_t *self) {
    mp_printf(print, "ADCBlock(%u, bits=%u)", self->unit, self->bits);
}

static machine_adc_block_obj_t *mp_machine_adc_block_get(mp_int_t unit) {
    return unit == 1 || unit == 2 ? &adc_blocks[unit - 1] : NULL;
}

static void mp_machine_adc_block_bits_set(machine_adc_block_obj_t *self, mp_int_t bits) {
    if (bits != -1) {
        adc_block_set_bits(self, bits);
    }
}

static machine_adc_obj_t *mp_machine_adc_block_connect(machine_adc_block_obj_t *self, mp_int_t channel_id, mp_hal_pin_obj_t pin, mp_map_t *kw_args) {
    machine_adc_obj_t *adc = adc_find(self->unit, channel_id, (int)pin);
    if (adc != NULL) {
        adc_init(adc, kw_args);
    }
    return adc;
}
