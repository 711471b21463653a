// The object of machine.UART, and the IDF's driver under it: buffers, waiting reads and writes.
#ifndef INCLUDED_MACHINE_UART_DRIVER_H
#define INCLUDED_MACHINE_UART_DRIVER_H

#include "extmod/modmachine.h"
#include "shared/runtime/mpirq.h"
#include "uarts.h"

struct _machine_uart_obj_t {
    mp_obj_base_t base;
    uint8_t id, rxidle_state;
    int8_t tx, rx, rts, cts;
    uint16_t txbuf, rxbuf, timeout, timeout_char;
    uint16_t irq_trigger, irq_flags;
    uint32_t invert, flow;
    uint64_t rxidle_next;
    mp_irq_obj_t *irq;
};

// The driver of an object; without one it raises.
uart_t *uart_driver(machine_uart_obj_t *self);
void uart_driver_install(machine_uart_obj_t *self);
void uart_driver_wait_tx(const uart_t *u, uint64_t limit_ns);
mp_uint_t uart_driver_read(machine_uart_obj_t *self, uint8_t *buf, mp_uint_t size, int *errcode);
mp_uint_t uart_driver_write(machine_uart_obj_t *self, const uint8_t *buf, mp_uint_t size, int *errcode);
mp_uint_t uart_driver_flush(machine_uart_obj_t *self, int *errcode);

#endif // INCLUDED_MACHINE_UART_DRIVER_H
