// machine.UART, included by extmod/machine_uart.c: the ESP32 port's arguments and refusals. Driver: machine_uart_driver.c; interrupts: machine_uart_irq.c.

#include <string.h>

#include "py/mperrno.h"
#include "py/mphal.h"
#include "board.h"
#include "costs.h"
#include "esp_err.h"
#include "machine_uart_driver.h"
#include "machine_uart_irq.h"
#include "machine_uart_port.h"
#include "persist.h"
#include "uarts.h"
#include "vtime.h"

#define UART_INV_MASK   (0x3c)

#define MICROPY_PY_MACHINE_UART_CLASS_CONSTANTS \
    { MP_ROM_QSTR(MP_QSTR_INV_TX), MP_ROM_INT(0x20) }, \
    { MP_ROM_QSTR(MP_QSTR_INV_RX), MP_ROM_INT(0x04) }, \
    { MP_ROM_QSTR(MP_QSTR_INV_RTS), MP_ROM_INT(0x10) }, \
    { MP_ROM_QSTR(MP_QSTR_INV_CTS), MP_ROM_INT(0x08) }, \
    { MP_ROM_QSTR(MP_QSTR_RTS), MP_ROM_INT(1) }, \
    { MP_ROM_QSTR(MP_QSTR_CTS), MP_ROM_INT(2) }, \
    { MP_ROM_QSTR(MP_QSTR_IRQ_RX), MP_ROM_INT(UART_IRQ_RX) }, \
    { MP_ROM_QSTR(MP_QSTR_IRQ_RXIDLE), MP_ROM_INT(UART_IRQ_RXIDLE) }, \
    { MP_ROM_QSTR(MP_QSTR_IRQ_BREAK), MP_ROM_INT(UART_IRQ_BREAK) }, \

MP_REGISTER_ROOT_POINTER(struct _machine_uart_obj_t *machine_uart_objects[3]);

// Soft reset: drivers 1 and 2 go with the heap that held their buffers.
void machine_uart_deinit_all(void) {
    for (unsigned int i = 1; i < N_UART; i++) {
        uarts[i].open = false;
        uarts[i].rx = NULL;
    }
    memset(&MP_STATE_PORT(machine_uart_objects[0]), 0, sizeof(MP_STATE_PORT(machine_uart_objects)));
    uart_irq_find_next();
}

static mp_irq_obj_t *mp_machine_uart_irq(machine_uart_obj_t *self, bool any_args, mp_arg_val_t *args) {
    return uart_irq_configure(self, any_args, args);
}

typedef struct {
    uint32_t bit;
    const char *name;
} mask_name_t;

static void print_mask(const mp_print_t *print, const char *what, uint32_t mask, const mask_name_t *names, size_t n) {
    bool first = true;
    for (size_t i = 0; i < n; i++) {
        if (mask & names[i].bit) {
            if (first) {
                mp_printf(print, ", %s=", what);
            }
            mp_printf(print, first ? "%s" : "|%s", names[i].name);
            first = false;
        }
    }
}

static void mp_machine_uart_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    static const char *const parity_names[] = { "None", "1", "0" };
    machine_uart_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const uart_t *u = &uarts[self->id];
    mp_printf(print, "UART(%u, baudrate=%u, bits=%u, parity=%s, stop=%u, tx=%d, rx=%d, rts=%d, cts=%d, txbuf=%u, rxbuf=%u, timeout=%u, timeout_char=%u, irq=%d",
        self->id, (unsigned int)u->baud, u->bits, parity_names[u->parity], u->stop, self->tx, self->rx, self->rts, self->cts,
        self->txbuf, self->rxbuf, self->timeout, self->timeout_char, self->irq_trigger);
    static const mask_name_t inversions[] = { { 0x20, "INV_TX" }, { 0x04, "INV_RX" }, { 0x10, "INV_RTS" }, { 0x08, "INV_CTS" } };
    static const mask_name_t flows[] = { { 1, "RTS" }, { 2, "CTS" } };
    print_mask(print, "invert", self->invert, inversions, MP_ARRAY_SIZE(inversions));
    print_mask(print, "flow", self->flow, flows, MP_ARRAY_SIZE(flows));
    mp_printf(print, ")");
}

static void mp_machine_uart_init_helper(machine_uart_obj_t *self, size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_baudrate, ARG_bits, ARG_parity, ARG_stop, ARG_tx, ARG_rx, ARG_rts, ARG_cts, ARG_txbuf, ARG_rxbuf, ARG_timeout, ARG_timeout_char, ARG_invert, ARG_flow };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_baudrate, MP_ARG_INT, {.u_int = 0} },
        { MP_QSTR_bits, MP_ARG_INT, {.u_int = 0} },
        { MP_QSTR_parity, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_PTR(NULL)} },
        { MP_QSTR_stop, MP_ARG_INT, {.u_int = 0} },
        { MP_QSTR_tx, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_PTR(NULL)} },
        { MP_QSTR_rx, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_PTR(NULL)} },
        { MP_QSTR_rts, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_PTR(NULL)} },
        { MP_QSTR_cts, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_PTR(NULL)} },
        { MP_QSTR_txbuf, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_rxbuf, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_timeout, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_timeout_char, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_invert, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_flow, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = -1} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    uart_t *u = &uarts[self->id];
    vtime_charge(COST_UART_CALL);
    uart_driver_wait_tx(u, 1000 * NS_PER_MS);

    if (args[ARG_txbuf].u_int >= 0 || args[ARG_rxbuf].u_int >= 0) {
        if (self->id == 0) {
            mp_raise_ValueError(MP_ERROR_TEXT("UART buffer size is fixed"));
        }
        if (args[ARG_txbuf].u_int >= 0) {
            self->txbuf = (uint16_t)args[ARG_txbuf].u_int;
        }
        if (args[ARG_rxbuf].u_int >= 0) {
            self->rxbuf = (uint16_t)args[ARG_rxbuf].u_int;
        }
        uart_driver_install(self);
    }
    if (args[ARG_baudrate].u_int > 0) {
        u->baud = (uint32_t)args[ARG_baudrate].u_int;
    }
    int8_t *const pins[] = { &self->tx, &self->rx, &self->rts, &self->cts };
    for (size_t i = 0; i < 4; i++) {
        if (args[ARG_tx + i].u_obj != MP_OBJ_NULL) {
            *pins[i] = (int8_t)machine_pin_get_id(args[ARG_tx + i].u_obj);
        }
    }
    mp_int_t bits = args[ARG_bits].u_int;
    if (bits != 0) {
        if (bits < 5 || bits > 8) {
            mp_raise_ValueError(MP_ERROR_TEXT("invalid data bits"));
        }
        u->bits = (uint8_t)bits;
    }
    if (args[ARG_parity].u_obj != MP_OBJ_NULL) {
        u->parity = args[ARG_parity].u_obj == mp_const_none ? 0 : (mp_obj_get_int(args[ARG_parity].u_obj) & 1) ? 1 : 2;
    }
    mp_int_t stop = args[ARG_stop].u_int;
    if (stop != 0) {
        if (stop != 1 && stop != 2) {
            mp_raise_ValueError(MP_ERROR_TEXT("invalid stop bits"));
        }
        u->stop = (uint8_t)stop;
    }
    if (args[ARG_timeout].u_int != -1) {
        self->timeout = (uint16_t)args[ARG_timeout].u_int;
    }
    if (args[ARG_timeout_char].u_int != -1) {
        self->timeout_char = (uint16_t)args[ARG_timeout_char].u_int;
    }
    if (args[ARG_invert].u_int != -1) {
        if (args[ARG_invert].u_int & ~UART_INV_MASK) {
            mp_raise_ValueError(MP_ERROR_TEXT("invalid inversion mask"));
        }
        self->invert = (uint32_t)args[ARG_invert].u_int;
    }
    if (args[ARG_flow].u_int != -1) {
        if (args[ARG_flow].u_int & ~3) {
            mp_raise_ValueError(MP_ERROR_TEXT("invalid flow control mask"));
        }
        self->flow = (uint32_t)args[ARG_flow].u_int;
    }
    if (self->id == 0) {
        esp_err_raise(ESP_ERR_INVALID_STATE);       // the console's has no driver of the IDF; what was set before this stays set
    }
}

static mp_obj_t mp_machine_uart_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    static const int8_t default_tx[] = { -1, 10, 17 };
    static const int8_t default_rx[] = { -1, 9, 16 };
    mp_arg_check_num(n_args, n_kw, 1, MP_OBJ_FUN_ARGS_MAX, true);
    mp_int_t id = mp_obj_get_int(args[0]);
    if (id < 0 || id >= N_UART) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("UART(%d) does not exist"), id);
    }
    machine_uart_obj_t *self = mp_obj_malloc(machine_uart_obj_t, &machine_uart_type);
    memset((char *)self + sizeof(mp_obj_base_t), 0, sizeof(*self) - sizeof(mp_obj_base_t));
    self->id = (uint8_t)id;
    self->tx = default_tx[id];
    self->rx = default_rx[id];
    self->rts = self->cts = -1;
    self->txbuf = self->rxbuf = 256;
    self->rxidle_next = BOARD_NEVER;
    if (id != 0) {
        uart_t *u = &uarts[id];
        u->open = true;
        u->baud = 115200;
        u->bits = 8;
        u->parity = 0;
        u->stop = 1;
        uart_driver_install(self);
        MP_STATE_PORT(machine_uart_objects)[id] = self;
        uart_irq_find_next();
    }
    mp_map_t kw_args;
    mp_map_init_fixed_table(&kw_args, n_kw, args + n_args);
    mp_machine_uart_init_helper(self, n_args - 1, args + 1, &kw_args);
    return MP_OBJ_FROM_PTR(self);
}

static void mp_machine_uart_deinit(machine_uart_obj_t *self) {
    if (self->id != 0) {
        uarts[self->id].open = false;
        MP_STATE_PORT(machine_uart_objects)[self->id] = NULL;
        uart_irq_find_next();
    }
}

static mp_int_t mp_machine_uart_any(machine_uart_obj_t *self) {
    uart_t *u = uart_driver(self);
    vtime_charge(COST_UART_CALL / 4);
    vtime_sync();
    return u->rx_count;
}

static bool mp_machine_uart_txdone(machine_uart_obj_t *self) {
    vtime_charge(COST_UART_CALL / 2);
    vtime_sync();
    return uarts[self->id].busy_until <= P.now;
}

static void mp_machine_uart_sendbreak(machine_uart_obj_t *self) {
    uart_t *u = uart_driver(self);
    uart_driver_wait_tx(u, 1000 * NS_PER_MS);
    uint32_t baud = u->baud;
    u->baud = baud * 6 / 15;
    uarts_transmit(self->id, (const uint8_t *)"", 1);
    uart_driver_wait_tx(u, 1000 * NS_PER_MS);
    u->baud = baud;
}

static mp_uint_t mp_machine_uart_read(mp_obj_t self_in, void *buf_in, mp_uint_t size, int *errcode) {
    return uart_driver_read(MP_OBJ_TO_PTR(self_in), buf_in, size, errcode);
}

static mp_uint_t mp_machine_uart_write(mp_obj_t self_in, const void *buf_in, mp_uint_t size, int *errcode) {
    return uart_driver_write(MP_OBJ_TO_PTR(self_in), buf_in, size, errcode);
}

static mp_uint_t mp_machine_uart_ioctl(mp_obj_t self_in, mp_uint_t request, uintptr_t arg, int *errcode) {
    machine_uart_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (request == MP_STREAM_POLL) {
        uart_t *u = uart_driver(self);
        vtime_charge(COST_UART_CALL / 4);
        vtime_sync();
        mp_uint_t ret = arg & MP_STREAM_POLL_WR;
        if ((arg & MP_STREAM_POLL_RD) && u->rx_count > 0) {
            ret |= MP_STREAM_POLL_RD;
        }
        return ret;
    }
    if (request == MP_STREAM_FLUSH) {
        return uart_driver_flush(self, errcode);
    }
    *errcode = MP_EINVAL;
    return MP_STREAM_ERROR;
}
