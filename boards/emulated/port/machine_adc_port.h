// The channels of the converters.
#ifndef INCLUDED_MACHINE_ADC_PORT_H
#define INCLUDED_MACHINE_ADC_PORT_H

#include "extmod/modmachine.h"

// The channel of a converter and the pad it is on; -1: whichever. NULL: there is none.
machine_adc_obj_t *adc_find(int unit, int channel, int gpio);
void adc_init(machine_adc_obj_t *self, mp_map_t *kw_args);

#endif // INCLUDED_MACHINE_ADC_PORT_H
