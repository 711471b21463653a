// MicroPython types and hooks that the port's files share.
#ifndef INCLUDED_PORTS_H
#define INCLUDED_PORTS_H

#include "py/obj.h"

extern const mp_obj_type_t machine_pin_type;
extern const mp_obj_type_t machine_timer_type;
extern const mp_obj_type_t machine_rtc_type;
extern const mp_obj_type_t esp32_partition_type;
extern const mp_obj_type_t esp32_nvs_type;

void machine_pins_init(void);
void machine_pins_deinit(void);
void machine_timer_deinit_all(void);
void machine_uart_deinit_all(void);
void machine_i2c_forget(void);
void machine_pwm_deinit_all(void);
void machine_spi_forget(void);
void machine_init(void);
void reader_cost_forget(void);
void esp32_module_init(void);
void machine_deinit(void);

#endif // INCLUDED_PORTS_H
