// machine.UART's object, shared by its methods (machine_uart_port.c) and its interrupts (machine_uart_irq.c).
#ifndef INCLUDED_MACHINE_UART_H
#define INCLUDED_MACHINE_UART_H

#include "extmod/modmachine.h"
#include "shared/runtime/mpirq.h"
#include "board.h"

#define UART_IRQ_RX     (1 << 0)
#define UART_IRQ_BREAK  (1 << 1)
#define UART_IRQ_RXIDLE (0x1000)

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

mp_irq_obj_t *uart_irq_configure(machine_uart_obj_t *self, bool any_args, mp_arg_val_t *args);

#endif // INCLUDED_MACHINE_UART_H
