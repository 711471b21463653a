// machine.UART's interrupts: soft, through the queue of 8. Bytes received, and a line that falls silent behind them.

#include "py/runtime.h"
#include "py/mphal.h"
#include "board.h"
#include "costs.h"
#include "devices.h"
#include "machine_uart_driver.h"
#include "machine_uart_irq.h"
#include "persist.h"
#include "uarts.h"
#include "vtime.h"

#define UART_ALLOWED_IRQS (UART_IRQ_RX | UART_IRQ_RXIDLE | UART_IRQ_BREAK)
#define UART_RX_CHUNK   (120)
#define RXIDLE_MIN_NS   (500 * NS_PER_US)

enum { RXIDLE_STANDBY, RXIDLE_ARMED, RXIDLE_ALERT };

static uint64_t next_idle = BOARD_NEVER;

void uart_irq_find_next(void) {
    next_idle = BOARD_NEVER;
    for (unsigned int i = 1; i < N_UART; i++) {
        machine_uart_obj_t *self = MP_STATE_PORT(machine_uart_objects)[i];
        if (self != NULL && self->rxidle_next < next_idle) {
            next_idle = self->rxidle_next;
        }
    }
}

static void uart_irq_raise(machine_uart_obj_t *self, uint16_t flags) {
    self->irq_flags = flags;
    vtime_charge(COST_ISR);
    P.stats.irqs++;
    mp_irq_handler(self->irq);
    vtime_wake();
}

static uint64_t rxidle_period(const machine_uart_obj_t *self) {
    uint64_t ns = 20ULL * 1000000000ULL / uarts[self->id].baud;
    return ns < RXIDLE_MIN_NS ? RXIDLE_MIN_NS : ns;
}

static void uart_irq_received(unsigned int id, bool last) {
    machine_uart_obj_t *self = MP_STATE_PORT(machine_uart_objects)[id];
    if (self == NULL || self->irq == NULL || self->irq_trigger == 0) {
        return;
    }
    bool event = self->timeout_char == 0 || last || uarts[id].rx_count % UART_RX_CHUNK == 0;
    if (!event) {
        return;
    }
    if (self->irq_trigger & UART_IRQ_RXIDLE) {
        if (self->rxidle_next == BOARD_NEVER) {
            self->rxidle_next = P.now + rxidle_period(self);
            uart_irq_find_next();
        }
        self->rxidle_state = RXIDLE_ALERT;
    }
    if (self->irq_trigger & UART_IRQ_RX) {
        uart_irq_raise(self, UART_IRQ_RX);
    }
}

// The break's own zero waits in the buffer, and nothing else reports it.
static void uart_irq_break(unsigned int id) {
    machine_uart_obj_t *self = MP_STATE_PORT(machine_uart_objects)[id];
    if (self != NULL && self->irq != NULL && (self->irq_trigger & UART_IRQ_BREAK)) {
        uart_irq_raise(self, UART_IRQ_BREAK);
    }
}

const uarts_listener_t uart_irq_listener = { uart_irq_received, uart_irq_break };

static void uart_irq_fire(void) {
    for (unsigned int i = 1; i < N_UART; i++) {
        machine_uart_obj_t *self = MP_STATE_PORT(machine_uart_objects)[i];
        if (self == NULL || self->rxidle_next > P.now) {
            continue;
        }
        if (self->rxidle_state == RXIDLE_ALERT) {
            self->rxidle_state = RXIDLE_ARMED;
            self->rxidle_next += rxidle_period(self);
            uart_irq_find_next();
        } else {
            self->rxidle_state = RXIDLE_STANDBY;
            self->rxidle_next = BOARD_NEVER;
            uart_irq_find_next();
            uart_irq_raise(self, UART_IRQ_RXIDLE);
        }
    }
}

const device_t uart_irq_device = { &next_idle, uart_irq_fire, .needs_cpu = true };

static mp_uint_t uart_irq_trigger(mp_obj_t self_in, mp_uint_t new_trigger) {
    machine_uart_obj_t *self = MP_OBJ_TO_PTR(self_in);
    self->irq_trigger = (uint16_t)new_trigger;
    self->rxidle_next = BOARD_NEVER;
    uart_irq_find_next();
    return 0;
}

static mp_uint_t uart_irq_info(mp_obj_t self_in, mp_uint_t info_type) {
    machine_uart_obj_t *self = MP_OBJ_TO_PTR(self_in);
    return info_type == MP_IRQ_INFO_FLAGS ? self->irq_flags : info_type == MP_IRQ_INFO_TRIGGERS ? self->irq_trigger : 0;
}

static const mp_irq_methods_t uart_irq_methods = {
    .trigger = uart_irq_trigger,
    .info = uart_irq_info,
};

// uart.irq(handler=None, trigger=0, hard=False)
mp_irq_obj_t *uart_irq_configure(machine_uart_obj_t *self, bool any_args, mp_arg_val_t *args) {
    if (self->irq == NULL) {
        self->irq_trigger = 0;
        self->irq = mp_irq_new(&uart_irq_methods, MP_OBJ_FROM_PTR(self));
    }
    if (any_args) {
        mp_obj_t handler = args[MP_IRQ_ARG_INIT_handler].u_obj;
        if (handler != mp_const_none && !mp_obj_is_callable(handler)) {
            mp_raise_ValueError(MP_ERROR_TEXT("handler must be None or callable"));
        }
        mp_uint_t trigger = (mp_uint_t)args[MP_IRQ_ARG_INIT_trigger].u_int;
        mp_uint_t unsupported = trigger & ~(mp_uint_t)UART_ALLOWED_IRQS;
        if (trigger != 0 && unsupported) {
            mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("trigger 0x%04x unsupported"), unsupported);
        }
        if (args[MP_IRQ_ARG_INIT_hard].u_bool) {
            mp_raise_ValueError(MP_ERROR_TEXT("hard IRQ is not supported"));
        }
        self->irq->handler = handler;
        self->irq->ishard = false;
        uart_irq_trigger(MP_OBJ_FROM_PTR(self), trigger);
    }
    return self->irq;
}
