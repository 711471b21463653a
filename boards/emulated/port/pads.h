// The GPIO pads as machine.Pin uses them. Numbers as in the ESP-IDF.
#ifndef INCLUDED_PADS_H
#define INCLUDED_PADS_H

#include <stdbool.h>
#include <stdint.h>

#include "devices.h"

#define PULL_DOWN           (1)
#define PULL_UP             (2)
#define MODE_INPUT          (1)
#define MODE_OUTPUT_BIT     (2)
#define MODE_INPUT_OUTPUT   (3)
#define MODE_INPUT_OUTPUT_OD (7)
#define TRIGGER_RISING      (1)
#define TRIGGER_FALLING     (2)

void pads_start(void);
void pads_floated(void);
void pads_kept(void);
void pads_input_changed(unsigned int gpio);
void pads_watch(unsigned int gpio, uint64_t lapse_ns);
void pads_set_level(unsigned int gpio, bool value);
int pads_get_level(unsigned int gpio);
bool pads_level(unsigned int gpio);
bool pads_output(unsigned int gpio);
void pads_set_mode(unsigned int gpio, uint8_t mode);
void pads_set_pull(unsigned int gpio, uint8_t pull);
void pads_set_irq(unsigned int gpio, bool on, uint8_t trigger);
bool pads_irq_enabled(unsigned int gpio);
uint8_t pads_trigger(unsigned int gpio);

// The lapse of a watched strobe.
extern const device_t pads_device;

#endif // INCLUDED_PADS_H
