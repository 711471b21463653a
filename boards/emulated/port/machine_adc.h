// The converters and their channels, shared by machine.ADC (machine_adc_port.c) and machine.ADCBlock (machine_adc_block_port.c).
#ifndef INCLUDED_MACHINE_ADC_H
#define INCLUDED_MACHINE_ADC_H

#include "extmod/modmachine.h"

struct _machine_adc_block_obj_t {
    mp_obj_base_t base;
    uint8_t unit, bits;
};
extern machine_adc_block_obj_t adc_blocks[2];

// The channel of a converter and the pad it is on; -1: whichever. NULL: there is none.
machine_adc_obj_t *adc_find(int unit, int channel, int gpio);
void adc_init(machine_adc_obj_t *self, mp_map_t *kw_args);
void adc_block_set_bits(machine_adc_block_obj_t *self, mp_int_t bits);

#endif // INCLUDED_MACHINE_ADC_H
