// machine.SPI 1 and 2, and the fast path of SoftSPI: transfers on a declared bus go to the plant in one piece.

#include <string.h>

#include "py/mphal.h"
#include "py/runtime.h"
#include "drivers/bus/spi.h"
#include "extmod/modmachine.h"
#include "buses.h"
#include "costs.h"
#include "machine_spi_port.h"
#include "pads.h"
#include "vtime.h"

#define N_SPI       (2)
#define APB_HZ      (80000000)

typedef struct _machine_hw_spi_obj_t {
    mp_obj_base_t base;
    uint8_t id, polarity, phase, bits, firstbit;
    int8_t sck, mosi, miso;
    bool open;
    uint32_t baudrate;
} machine_hw_spi_obj_t;

static machine_hw_spi_obj_t controllers[N_SPI];

void machine_spi_forget(void) {
    memset(controllers, 0, sizeof(controllers));
}

// Without a bus at the other end the controller reads its MISO pad.
static void transfer(int sck, int mosi, int miso, uint32_t bit_ns, unsigned int mode, size_t len, const uint8_t *src, uint8_t *dest) {
    int bus = sck < 0 ? -1 : buses_find(BUS_SPI, (unsigned int)sck, (unsigned int)mosi);
    if (bus >= 0) {
        buses_spi_transfer((unsigned int)bus, bit_ns, mode, src, dest, len);
    } else if (dest != NULL) {
        memset(dest, miso >= 0 && pads_level((unsigned int)miso) ? 0xff : 0, len);
    }
}

static void machine_hw_spi_transfer(mp_obj_base_t *self_in, size_t len, const uint8_t *src, uint8_t *dest) {
    machine_hw_spi_obj_t *self = (machine_hw_spi_obj_t *)self_in;
    if (!self->open) {
        mp_raise_msg(&mp_type_OSError, MP_ERROR_TEXT("transfer on deinitialized SPI"));
    }
    uint32_t n_bits = (uint32_t)len * 8 / self->bits * self->bits;
    if (n_bits == 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("buffer too short"));
    }
    vtime_charge(COST_SPI_CALL);
    vtime_sync();
    uint32_t bit_ns = 1000000000U / self->baudrate;
    transfer(self->sck, self->mosi, self->miso, bit_ns, self->phase | self->polarity << 1, len, src, dest);
    vtime_busy_ns((uint64_t)n_bits * 1000000000ULL / self->baudrate);
}

// SoftSPI, in front of drivers/bus/softspi.c: bit by bit on the pads unless the bus is declared.
void __real_mp_soft_spi_transfer(void *self_in, size_t len, const uint8_t *src, uint8_t *dest);
void __wrap_mp_soft_spi_transfer(void *self_in, size_t len, const uint8_t *src, uint8_t *dest);
void __wrap_mp_soft_spi_transfer(void *self_in, size_t len, const uint8_t *src, uint8_t *dest) {
    mp_soft_spi_obj_t *self = self_in;
    if (buses_find(BUS_SPI, self->sck, self->mosi) < 0) {
        __real_mp_soft_spi_transfer(self_in, len, src, dest);
        return;
    }
    vtime_sync();
    uint32_t cycles = 3 * COST_PIN_WRITE + COST_PIN_READ;
    uint32_t bit_ns = cycles * 1000 / vtime_mhz + 2 * self->delay_half * 1000;
    transfer((int)self->sck, (int)self->mosi, (int)self->miso, bit_ns, self->phase | self->polarity << 1, len, src, dest);
    vtime_busy_ns((uint64_t)len * 8 * bit_ns);
}

static void set_pads(const machine_hw_spi_obj_t *self) {
    if (self->sck >= 0) {
        pads_set_level((unsigned int)self->sck, self->polarity);
        pads_set_mode((unsigned int)self->sck, MODE_INPUT_OUTPUT);
    }
    if (self->mosi >= 0) {
        pads_set_mode((unsigned int)self->mosi, MODE_INPUT_OUTPUT);
    }
    if (self->miso >= 0) {
        pads_set_mode((unsigned int)self->miso, MODE_INPUT);
    }
}

static void machine_hw_spi_deinit(mp_obj_base_t *self_in) {
    machine_hw_spi_obj_t *self = (machine_hw_spi_obj_t *)self_in;
    const int8_t pads[] = { self->miso, self->mosi, self->sck };
    for (size_t i = 0; self->open && i < MP_ARRAY_SIZE(pads); i++) {
        if (pads[i] >= 0) {
            pads_set_mode((unsigned int)pads[i], MODE_INPUT);
        }
    }
    self->open = false;
}

static void init(machine_hw_spi_obj_t *self, size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_baudrate, ARG_polarity, ARG_phase, ARG_bits, ARG_firstbit, ARG_sck, ARG_mosi, ARG_miso };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_baudrate, MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_polarity, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_phase, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_bits, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_firstbit, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_sck, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_PTR(NULL)} },
        { MP_QSTR_mosi, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_PTR(NULL)} },
        { MP_QSTR_miso, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_PTR(NULL)} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    if (args[ARG_bits].u_int == 0 || args[ARG_bits].u_int < -1) {
        mp_raise_ValueError(MP_ERROR_TEXT("invalid bits"));
    }
    if (args[ARG_baudrate].u_int > 0) {
        // The clock is the APB clock over a whole number.
        uint32_t wanted = (uint32_t)args[ARG_baudrate].u_int;
        self->baudrate = wanted >= APB_HZ ? APB_HZ : APB_HZ / ((APB_HZ + wanted - 1) / wanted);
    }
    uint8_t *const fields[] = { &self->polarity, &self->phase, &self->bits, &self->firstbit };
    for (size_t i = 0; i < MP_ARRAY_SIZE(fields); i++) {
        if (args[ARG_polarity + i].u_int != -1) {
            *fields[i] = (uint8_t)args[ARG_polarity + i].u_int;
        }
    }
    int8_t *const pins[] = { &self->sck, &self->mosi, &self->miso };
    for (size_t i = 0; i < MP_ARRAY_SIZE(pins); i++) {
        mp_obj_t pin = args[ARG_sck + i].u_obj;
        if (pin != MP_OBJ_NULL) {
            *pins[i] = pin == mp_const_none ? -1 : (int8_t)machine_pin_get_id(pin);
        }
    }
    vtime_charge(COST_SPI_INIT);
    set_pads(self);
    self->open = true;
}

static void machine_hw_spi_init(mp_obj_base_t *self_in, size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    init((machine_hw_spi_obj_t *)self_in, n_args, pos_args, kw_args);
}

static mp_obj_t machine_hw_spi_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    static const int8_t default_sck[N_SPI] = { 14, 18 }, default_mosi[N_SPI] = { 13, 23 }, default_miso[N_SPI] = { 12, 19 };
    MP_MACHINE_SPI_CHECK_FOR_LEGACY_SOFTSPI_CONSTRUCTION(n_args, n_kw, args);
    mp_int_t id = mp_obj_get_int(args[0]);
    if (id < 1 || id > N_SPI) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("SPI(%d) doesn't exist"), id);
    }
    machine_hw_spi_obj_t *self = &controllers[id - 1];
    *self = (machine_hw_spi_obj_t) {
        .base = { &machine_spi_type }, .id = (uint8_t)id, .bits = 8, .baudrate = 500000,
        .sck = default_sck[id - 1], .mosi = default_mosi[id - 1], .miso = default_miso[id - 1],
    };
    mp_map_t kw_args;
    mp_map_init_fixed_table(&kw_args, n_kw, args + n_args);
    init(self, n_args - 1, args + 1, &kw_args);
    return MP_OBJ_FROM_PTR(self);
}

static void machine_hw_spi_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    machine_hw_spi_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_printf(print, "SPI(id=%u, baudrate=%u, polarity=%u, phase=%u, bits=%u, firstbit=%u, sck=%d, mosi=%d, miso=%d)",
        self->id, (unsigned int)self->baudrate, self->polarity, self->phase, self->bits, self->firstbit, self->sck, self->mosi, self->miso);
}

static const mp_machine_spi_p_t machine_hw_spi_p = {
    .init = machine_hw_spi_init,
    .deinit = machine_hw_spi_deinit,
    .transfer = machine_hw_spi_transfer,
};

MP_DEFINE_CONST_OBJ_TYPE(
    machine_spi_type,
    MP_QSTR_SPI,
    MP_TYPE_FLAG_NONE,
    make_new, machine_hw_spi_make_new,
    print, machine_hw_spi_print,
    protocol, &machine_hw_spi_p,
    locals_dict, &mp_machine_spi_locals_dict
    );
