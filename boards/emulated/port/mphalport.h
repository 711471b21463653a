// What MicroPython's core and extmod ask of the hardware: time, interrupt character, pins.
#ifndef INCLUDED_MPHALPORT_H
#define INCLUDED_MPHALPORT_H

#include "py/obj.h"
#include "py/ringbuf.h"
#include "shared/runtime/interrupt_char.h"

#define MICROPY_PLATFORM_VERSION "emulated"

extern ringbuf_t stdin_ringbuf;

void mp_hal_set_interrupt_char(int c);
mp_uint_t mp_hal_ticks_cpu(void);
#define mp_hal_delay_us_fast(us) vtime_busy_us(us)
void vtime_busy_us(uint32_t us);
#define mp_hal_quiet_timing_enter() MICROPY_BEGIN_ATOMIC_SECTION()
#define mp_hal_quiet_timing_exit(irq_state) MICROPY_END_ATOMIC_SECTION(irq_state)

// C-level pin interface
#define MP_HAL_PIN_FMT "%u"
#define mp_hal_pin_obj_t unsigned int
mp_hal_pin_obj_t machine_pin_get_id(mp_obj_t pin_in);
#define mp_hal_get_pin_obj(o) machine_pin_get_id(o)
#define mp_hal_pin_name(p) (p)
void mp_hal_pin_input(mp_hal_pin_obj_t pin);
void mp_hal_pin_output(mp_hal_pin_obj_t pin);
void mp_hal_pin_open_drain(mp_hal_pin_obj_t pin);
int mp_hal_pin_read(mp_hal_pin_obj_t pin);
int mp_hal_pin_read_output(mp_hal_pin_obj_t pin);
void mp_hal_pin_write(mp_hal_pin_obj_t pin, int v);
#define mp_hal_pin_od_low(p) mp_hal_pin_write(p, 0)
#define mp_hal_pin_od_high(p) mp_hal_pin_write(p, 1)

#endif // INCLUDED_MPHALPORT_H
