// Interrupts of machine.UART.
#ifndef INCLUDED_MACHINE_UART_IRQ_H
#define INCLUDED_MACHINE_UART_IRQ_H

#include <stdbool.h>

#include "extmod/modmachine.h"
#include "shared/runtime/mpirq.h"
#include "uarts.h"
#include "devices.h"

#define UART_IRQ_RX     (1 << 0)
#define UART_IRQ_BREAK  (1 << 1)
#define UART_IRQ_RXIDLE (0x1000)

mp_irq_obj_t *uart_irq_configure(machine_uart_obj_t *self, bool any_args, mp_arg_val_t *args);

// An object has come or gone.
void uart_irq_find_next(void);

extern const uarts_listener_t uart_irq_listener;
// A line that has fallen silent.
extern const device_t uart_irq_device;

#endif // INCLUDED_MACHINE_UART_IRQ_H
