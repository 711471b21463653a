// The C-level pin interface that extmod's software buses use, over the pads (pads.c).

#include "py/mphal.h"
#include "pads.h"

void mp_hal_pin_input(mp_hal_pin_obj_t pin) {
    pads_set_mode(pin, MODE_INPUT);
}

void mp_hal_pin_output(mp_hal_pin_obj_t pin) {
    pads_set_mode(pin, MODE_INPUT_OUTPUT);
}

void mp_hal_pin_open_drain(mp_hal_pin_obj_t pin) {
    pads_set_mode(pin, MODE_INPUT_OUTPUT_OD);
}

int mp_hal_pin_read(mp_hal_pin_obj_t pin) {
    return pads_get_level(pin);
}

int mp_hal_pin_read_output(mp_hal_pin_obj_t pin) {
    return pads_output(pin);
}

void mp_hal_pin_write(mp_hal_pin_obj_t pin, int v) {
    pads_set_level(pin, v != 0);
}
