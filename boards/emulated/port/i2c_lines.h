// The lines of the I2C buses between the pads and the decoder that stands for the devices.
#ifndef INCLUDED_I2C_LINES_H
#define INCLUDED_I2C_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "devices.h"

void i2c_lines_reset(unsigned int number);
void i2c_lines_start(unsigned int gpio, uint8_t level);
void i2c_lines_changed(unsigned int gpio, uint8_t level);
bool i2c_lines_pulled_low(unsigned int gpio);
bool i2c_lines_have_pull_up(unsigned int gpio);
bool i2c_lines_are_quiet(unsigned int gpio);

// A stretched clock.
extern const device_t i2c_lines_device;

#endif // INCLUDED_I2C_LINES_H
