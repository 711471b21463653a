// machine.Timer.
#ifndef INCLUDED_MACHINE_TIMER_H
#define INCLUDED_MACHINE_TIMER_H

#include <stdint.h>

#include "py/obj.h"

#include "devices.h"

extern const mp_obj_type_t machine_timer_type;

void machine_timer_deinit_all(void);
// The interrupt of a timer.
void timers_deliver(unsigned int id, uint64_t due);

extern const device_t timers_device;

#endif // INCLUDED_MACHINE_TIMER_H
