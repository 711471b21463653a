// machine.I2C 0 and 1: the ESP32's controllers. A bus that does not move costs 100 ms for every byte, as the driver waits.

#include <stdlib.h>
#include <string.h>

#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "extmod/modmachine.h"
#include "board.h"
#include "buses.h"
#include "costs.h"
#include "machine_i2c_port.h"
#include "pads.h"
#include "persist.h"
#include "vtime.h"

#define N_I2C               (2)
#define DEFAULT_TIMEOUT_US  (50000)
#define MAX_TIMEOUT_US      (13107)     // the controller's register: 20 bits of 80 MHz
#define APB_HZ              (80000000)

typedef struct _machine_hw_i2c_obj_t {
    mp_obj_base_t base;
    uint8_t port, scl, sda;
    uint32_t freq, timeout_us;
} machine_hw_i2c_obj_t;

static machine_hw_i2c_obj_t controllers[N_I2C];

// Soft reset: the objects go; the pads stay as they are.
void machine_i2c_forget(void) {
    memset(controllers, 0, sizeof(controllers));
}

static void take_pad(unsigned int gpio) {
    pads_set_level(gpio, true);
    pads_set_mode(gpio, MODE_INPUT_OUTPUT_OD);
    pads_set_pull(gpio, PULL_UP);
}

static void bits(const machine_hw_i2c_obj_t *self, uint32_t n) {
    vtime_busy_ns((uint64_t)n * 1000000000ULL / self->freq);
}

static bool lines_are_free(const machine_hw_i2c_obj_t *self) {
    return pads_level(self->scl) && pads_level(self->sda);
}

// One address phase and its data. Negative: an error number.
static int phase(machine_hw_i2c_obj_t *self, uint8_t address_byte, size_t n, mp_machine_i2c_buf_t *bufs) {
    bits(self, 1 + 9);
    int bus = buses_find(BUS_I2C, self->scl, self->sda);
    if (bus < 0) {
        return -MP_ENODEV;
    }
    i2c_answer_t answer = *buses_i2c_address((unsigned int)bus, address_byte);
    if (!answer.acknowledged) {
        return -MP_ENODEV;
    }
    uint64_t limit = self->timeout_us * NS_PER_US;
    if (answer.stretch_ns > limit) {
        vtime_busy_ns(limit);
        return -MP_ETIMEDOUT;
    }
    vtime_busy_ns(answer.stretch_ns);
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        len += bufs[i].len;
    }
    if (address_byte & 1) {
        bits(self, 9 * len);
        for (size_t done = 0; n != 0; n--, bufs++) {
            for (size_t i = 0; i < bufs->len; i++, done++) {
                bufs->buf[i] = done < answer.len ? answer.data[done] : 0xff;
            }
        }
        return 0;
    }
    size_t taken = answer.takes < len ? answer.takes : len;
    bits(self, 9 * (taken < len ? taken + 1 : taken));
    uint8_t *data = malloc(len + 1);
    for (size_t done = 0; n != 0; done += bufs->len, n--, bufs++) {
        if (bufs->len != 0) {
            memcpy(data + done, bufs->buf, bufs->len);
        }
    }
    buses_i2c_written((unsigned int)bus, address_byte, data, taken);
    free(data);
    if (taken < len) {
        return -MP_ENODEV;
    }
    return 0;
}

static int machine_hw_i2c_transfer(mp_obj_base_t *self_in, uint16_t addr, size_t n, mp_machine_i2c_buf_t *bufs, unsigned int flags) {
    machine_hw_i2c_obj_t *self = (machine_hw_i2c_obj_t *)self_in;
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        len += bufs[i].len;
    }
    vtime_charge(COST_I2C_CALL + (uint32_t)len * COST_I2C_BYTE);
    vtime_sync();
    uint64_t deadline = P.now + (1 + len) * COST_I2C_HUNG_BYTE_NS;
    while (!lines_are_free(self)) {
        if (P.now >= deadline) {
            return -MP_ETIMEDOUT;
        }
        vtime_busy_ns(RTC_TICK_NS - P.now % RTC_TICK_NS);
    }
    int ret = 0;
    if (flags & MP_MACHINE_I2C_FLAG_WRITE1) {
        ret = phase(self, (uint8_t)(addr << 1), 1, bufs);
        n--;
        bufs++;
    }
    if (ret == 0) {
        ret = phase(self, (uint8_t)(addr << 1 | (flags & MP_MACHINE_I2C_FLAG_READ)), n, bufs);
    }
    bits(self, 1);
    return ret != 0 ? ret : (int)len;
}

static void machine_hw_i2c_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    machine_hw_i2c_obj_t *self = MP_OBJ_TO_PTR(self_in);
    // Its period registers hold a period less 8 cycles: the hardware adds these again.
    uint32_t half = APB_HZ / self->freq / 2;
    mp_printf(print, "I2C(%u, scl=%u, sda=%u, freq=%u)", self->port, self->scl, self->sda, (unsigned int)(APB_HZ / (half > 4 ? 2 * half - 8 : 1)));
}

static mp_obj_t machine_hw_i2c_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *all_args) {
    static const uint8_t default_scl[N_I2C] = { 18, 25 }, default_sda[N_I2C] = { 19, 26 };
    if (n_args != 0) {
        MP_MACHINE_I2C_CHECK_FOR_LEGACY_SOFTI2C_CONSTRUCTION(n_args, n_kw, all_args);
    }
    enum { ARG_id, ARG_scl, ARG_sda, ARG_freq, ARG_timeout };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_id, MP_ARG_INT, {.u_int = 0} },
        { MP_QSTR_scl, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_PTR(NULL)} },
        { MP_QSTR_sda, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_PTR(NULL)} },
        { MP_QSTR_freq, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 400000} },
        { MP_QSTR_timeout, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = DEFAULT_TIMEOUT_US} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all_kw_array(n_args, n_kw, all_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    mp_int_t id = args[ARG_id].u_int;
    if (id < 0 || id >= N_I2C) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("I2C(%d) doesn't exist"), id);
    }
    machine_hw_i2c_obj_t *self = &controllers[id];
    if (self->base.type == NULL) {
        self->base.type = &machine_i2c_type;
        self->port = (uint8_t)id;
        self->scl = default_scl[id];
        self->sda = default_sda[id];
    }
    if (args[ARG_scl].u_obj != MP_OBJ_NULL) {
        self->scl = (uint8_t)machine_pin_get_id(args[ARG_scl].u_obj);
    }
    if (args[ARG_sda].u_obj != MP_OBJ_NULL) {
        self->sda = (uint8_t)machine_pin_get_id(args[ARG_sda].u_obj);
    }
    self->freq = args[ARG_freq].u_int > 0 ? (uint32_t)args[ARG_freq].u_int : 1;
    uint32_t timeout_us = (uint32_t)args[ARG_timeout].u_int;
    self->timeout_us = timeout_us < MAX_TIMEOUT_US ? timeout_us : MAX_TIMEOUT_US;
    vtime_charge(COST_I2C_INIT);
    take_pad(self->scl);
    take_pad(self->sda);
    return MP_OBJ_FROM_PTR(self);
}

static const mp_machine_i2c_p_t machine_hw_i2c_p = {
    .transfer_supports_write1 = true,
    .transfer = machine_hw_i2c_transfer,
};

MP_DEFINE_CONST_OBJ_TYPE(
    machine_i2c_type,
    MP_QSTR_I2C,
    MP_TYPE_FLAG_NONE,
    make_new, machine_hw_i2c_make_new,
    print, machine_hw_i2c_print,
    protocol, &machine_hw_i2c_p,
    locals_dict, &mp_machine_i2c_locals_dict
    );
