// machine.Pin.
#ifndef INCLUDED_MACHINE_PIN_H
#define INCLUDED_MACHINE_PIN_H

#include <stdint.h>

#include "py/obj.h"

extern const mp_obj_type_t machine_pin_type;

void machine_pins_init(void);
void machine_pins_deinit(void);
// The interrupt of a pad.
void machine_pin_deliver(unsigned int gpio, uint64_t raised_at);

#endif // INCLUDED_MACHINE_PIN_H
