// What MicroPython reads of the virtual time, and how it waits: ticks, the time of day, delays.

#include "py/mphal.h"
#include "py/runtime.h"
#include "board.h"
#include "costs.h"
#include "options.h"
#include "persist.h"
#include "vtime.h"

static uint64_t timer_us(void) {
    if (P.clock_stopped) {
        return P.clock_frozen_us;
    }
    return (uint64_t)((int64_t)((vtime_now() - P.boot_at) / 1000) + options.ticks_offset_ms * 1000);
}

mp_uint_t mp_hal_ticks_us(void) {
    vtime_charge(COST_TICKS);
    return (mp_uint_t)timer_us();
}

mp_uint_t mp_hal_ticks_ms(void) {
    vtime_charge(COST_TICKS);
    return (mp_uint_t)(timer_us() / 1000);
}

mp_uint_t mp_hal_ticks_cpu(void) {
    vtime_charge(COST_TICKS);
    return (mp_uint_t)(vtime_now() * vtime_mhz / 1000);
}

uint64_t mp_hal_time_ns(void) {
    vtime_charge(COST_TICKS);
    return (uint64_t)((int64_t)vtime_now() + P.rtc_offset_ns);
}

// Both delays run callbacks as they come, except in the last 150 us, for which the ESP32 port spins.
static void delay_ns(uint64_t ns) {
    if (vtime_is_frozen()) {
        return;
    }
    const uint64_t spin = 150 * NS_PER_US;
    uint64_t end = vtime_now() + ns;
    for (;;) {
        uint64_t now = vtime_now();
        if (now >= end) {
            return;
        }
        if (end - now <= spin) {
            vtime_busy_ns(end - now);
            return;
        }
        mp_handle_pending(true);
        vtime_idle_until(end - spin);
    }
}

void mp_hal_delay_ms(mp_uint_t ms) {
    vtime_charge(COST_DELAY);
    vtime_sync();
    mp_handle_pending(true);
    delay_ns((uint64_t)ms * NS_PER_MS);
}

void mp_hal_delay_us(mp_uint_t us) {
    vtime_charge(COST_DELAY);
    vtime_sync();
    if (us >= 5) {
        delay_ns((uint64_t)us * NS_PER_US);
    }
}
