// The two converters, with their widths.
#ifndef INCLUDED_MACHINE_ADC_BLOCK_PORT_H
#define INCLUDED_MACHINE_ADC_BLOCK_PORT_H

#include "extmod/modmachine.h"

struct _machine_adc_block_obj_t {
    mp_obj_base_t base;
    uint8_t unit, bits;
};
extern machine_adc_block_obj_t adc_blocks[2];

void adc_block_set_bits(machine_adc_block_obj_t *self, mp_int_t bits);

#endif // INCLUDED_MACHINE_ADC_BLOCK_PORT_H
