// Interrupts: raised by timers and pads, held while they are masked, served by the handler that was connected.
#ifndef INCLUDED_INTERRUPTS_H
#define INCLUDED_INTERRUPTS_H

#include <stdint.h>

#include "board.h"
#include "devices.h"

// Sources: timers first, then pads; of several that wait the lowest is served first.
#define IRQ_TIMER(i)    (i)
#define IRQ_PIN(gpio)   (N_TIMER + (gpio))

// Serves the interrupt of one timer or pad, which was raised at that time.
typedef void (*irq_handler_t)(unsigned int number, uint64_t raised_at);

void irq_connect(irq_handler_t timer, irq_handler_t pad);
void irq_raise(unsigned int source);
void irq_forget(unsigned int source);
unsigned int irq_mask(void);
void irq_restore(unsigned int state);

extern const device_t interrupts_device;

#endif // INCLUDED_INTERRUPTS_H
