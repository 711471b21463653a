// The port's part of the machine module, included by extmod/modmachine.c.

#include "py/mphal.h"
#include "board.h"
#include "chip.h"
#include "costs.h"
#include "machine_pin.h"
#include "machine_rtc.h"
#include "machine_timer.h"
#include "modmachine_port.h"
#include "persist.h"
#include "vtime.h"

#ifndef MP_NORETURN
#define MP_NORETURN NORETURN
#endif

#define MICROPY_PY_MACHINE_EXTRA_GLOBALS \
    { MP_ROM_QSTR(MP_QSTR_sleep), MP_ROM_PTR(&machine_lightsleep_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_Timer), MP_ROM_PTR(&machine_timer_type) }, \
    { MP_ROM_QSTR(MP_QSTR_Pin), MP_ROM_PTR(&machine_pin_type) }, \
    { MP_ROM_QSTR(MP_QSTR_RTC), MP_ROM_PTR(&machine_rtc_type) }, \
    { MP_ROM_QSTR(MP_QSTR_wake_reason), MP_ROM_PTR(&machine_wake_reason_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_PIN_WAKE), MP_ROM_INT(2) }, \
    { MP_ROM_QSTR(MP_QSTR_EXT0_WAKE), MP_ROM_INT(2) }, \
    { MP_ROM_QSTR(MP_QSTR_EXT1_WAKE), MP_ROM_INT(3) }, \
    { MP_ROM_QSTR(MP_QSTR_TIMER_WAKE), MP_ROM_INT(WAKE_TIMER) }, \
    { MP_ROM_QSTR(MP_QSTR_TOUCHPAD_WAKE), MP_ROM_INT(5) }, \
    { MP_ROM_QSTR(MP_QSTR_ULP_WAKE), MP_ROM_INT(6) }, \
    { MP_ROM_QSTR(MP_QSTR_SLEEP), MP_ROM_INT(2) }, \
    { MP_ROM_QSTR(MP_QSTR_DEEPSLEEP), MP_ROM_INT(4) }, \
    { MP_ROM_QSTR(MP_QSTR_PWRON_RESET), MP_ROM_INT(CAUSE_POWER_ON) }, \
    { MP_ROM_QSTR(MP_QSTR_HARD_RESET), MP_ROM_INT(CAUSE_HARD) }, \
    { MP_ROM_QSTR(MP_QSTR_WDT_RESET), MP_ROM_INT(CAUSE_WDT) }, \
    { MP_ROM_QSTR(MP_QSTR_DEEPSLEEP_RESET), MP_ROM_INT(CAUSE_DEEPSLEEP) }, \
    { MP_ROM_QSTR(MP_QSTR_SOFT_RESET), MP_ROM_INT(CAUSE_SOFT) }, \

#define WAKE_TIMER (4)

static bool soft_reset_done;
static bool woken;                  // from a light sleep in this life

// The only source modelled is the time.
static mp_obj_t machine_wake_reason(size_t n_args, const mp_obj_t *args) {
    return MP_OBJ_NEW_SMALL_INT(woken || P.cause == CAUSE_DEEPSLEEP ? WAKE_TIMER : 0);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(machine_wake_reason_obj, 0, 0, machine_wake_reason);

void machine_init(void) {
    soft_reset_done = false;
}

void machine_deinit(void) {
    soft_reset_done = true;
}

static mp_obj_t mp_machine_get_freq(void) {
    return mp_obj_new_int((mp_int_t)(vtime_mhz * 1000000));
}

static void mp_machine_set_freq(size_t n_args, const mp_obj_t *args) {
    mp_int_t mhz = mp_obj_get_int(args[0]) / 1000000;
    if (mhz != 20 && mhz != 40 && mhz != 80 && mhz != 160 && mhz != 240) {
        mp_raise_ValueError(MP_ERROR_TEXT("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz"));
    }
    vtime_busy_ns(COST_FREQ_NS);
    vtime_set_mhz((uint32_t)mhz);
}

static void mp_machine_idle(void) {
    vtime_charge(COST_IDLE);
    vtime_sync();
}

// Light sleep: nothing runs until the time is over (no other wake source is modelled).
static void mp_machine_lightsleep(size_t n_args, const mp_obj_t *args) {
    uint64_t ns = n_args != 0 ? (uint64_t)mp_obj_get_int(args[0]) * NS_PER_MS : BOARD_NEVER / 4;
    vtime_masked_ns(ns);
    woken = true;
}

MP_NORETURN static void mp_machine_deepsleep(size_t n_args, const mp_obj_t *args) {
    mp_machine_lightsleep(n_args, args);
    chip_reset(CAUSE_DEEPSLEEP);
}

static mp_int_t mp_machine_reset_cause(void) {
    return soft_reset_done ? CAUSE_SOFT : P.cause;
}

MP_NORETURN static void mp_machine_reset(void) {
    vtime_sync();
    chip_reset(CAUSE_HARD);
}

// Espressif's prefix, then the seed: boards of one bench differ, and one board stays itself.
static mp_obj_t mp_machine_unique_id(void) {
    byte id[6] = { 0x24, 0x0a, 0xc4, (byte)(P.seed >> 16), (byte)(P.seed >> 8), (byte)P.seed };
    return mp_obj_new_bytes(id, sizeof(id));
}
