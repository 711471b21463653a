// The chip around the CPU: interrupt masking, watchdog, resets, and the list of what it does by itself next.

#include <string.h>

#include "py/mphal.h"
#include "py/runtime.h"
#include "board.h"
#include "crash_dump.h"
#include "kind.h"

bool chip_running;              // MicroPython runs (false: off, held, halted, in the ROM)

static unsigned int mask_depth;
static uint64_t waiting;                // sources that have interrupted and were not served yet
static uint64_t raised_at[N_TIMER + N_GPIO], serve_at[N_TIMER + N_GPIO];
static uint64_t next_served = BOARD_NEVER;
static uint64_t stall_ns;
static uint64_t wdt_timeout_ns;
static uint64_t wdt_deadline = BOARD_NEVER;

// xorshift128+, seeded from --seed; its state survives resets.
uint64_t chip_random64(void) {
    uint64_t s1 = P.rng[0];
    const uint64_t s0 = P.rng[1];
    P.rng[0] = s0;
    s1 ^= s1 << 23;
    P.rng[1] = s1 ^ s0 ^ (s1 >> 17) ^ (s0 >> 26);
    return P.rng[1] + s0;
}

uint32_t chip_random(void) {
    return (uint32_t)(chip_random64() >> 32);
}

// Interrupts: one waits per source. Held while masked, and late by what the seed draws (--irq-jitter-us).

static void serve_waiting(void) {
    next_served = BOARD_NEVER;
    for (uint64_t left = waiting; left != 0; left &= left - 1) {
        unsigned int source = (unsigned int)__builtin_ctzll(left);
        if (!(waiting & 1ULL << source)) {
            continue;           // served by the critical section of one before it
        }
        if (serve_at[source] > P.now) {
            next_served = serve_at[source] < next_served ? serve_at[source] : next_served;
            continue;
        }
        waiting &= ~(1ULL << source);
        if (source < IRQ_PIN(0)) {
            timers_deliver(source, raised_at[source]);
        } else {
            pins_deliver(source - IRQ_PIN(0));
        }
    }
}

unsigned int chip_irq_mask(void) {
    return mask_depth++;
}

void chip_irq_restore(unsigned int state) {
    mask_depth = state;
    if (state == 0 && waiting != 0) {
        serve_waiting();
    }
}

void chip_irq_raise(unsigned int source) {
    if (waiting & 1ULL << source) {
        return;
    }
    waiting |= 1ULL << source;
    raised_at[source] = serve_at[source] = P.now;
    if (options.irq_jitter_us != 0) {
        serve_at[source] += chip_random64() % (options.irq_jitter_us * NS_PER_US + 1);
    }
    if (mask_depth == 0) {
        serve_waiting();
        if (next_served != BOARD_NEVER) {
            vtime_rearm();
        }
    }
}

// The source was switched off: what it raised is not served any more.
void chip_irq_forget(unsigned int source) {
    waiting &= ~(1ULL << source);
}

// A stalled CPU: asked for by a fault, served by vtime_sync() between opcodes.
void chip_stall(uint64_t ns) {
    stall_ns += ns;
    vtime_wake();
}

uint64_t chip_take_stall(void) {
    uint64_t ns = stall_ns;
    stall_ns = 0;
    return ns;
}

// Watchdog (the IDF task watchdog with a user handle): goes on over a soft reset.

void chip_wdt_start(uint64_t timeout_ns) {
    wdt_timeout_ns = timeout_ns;
    wdt_deadline = vtime_now() + timeout_ns;
    vtime_sync();
}

bool chip_wdt_feed(void) {
    if (wdt_timeout_ns == 0) {
        return false;
    }
    wdt_deadline = vtime_now() + wdt_timeout_ns;
    return true;
}

// What the chip does next by itself, and doing it.

uint64_t chip_next(void) {
    uint64_t t = pins_next_lapse();
    uint64_t held = P.n_buses != 0 ? buses_next() : BOARD_NEVER;
    t = held < t ? held : t;
    if (chip_running) {
        uint64_t next = timers_next();
        t = next < t ? next : t;
        next = uarts_next();
        t = next < t ? next : t;
        t = mask_depth == 0 && next_served < t ? next_served : t;
        t = wdt_deadline < t ? wdt_deadline : t;
    }
    return t;
}

void chip_fire(void) {
    if (P.n_buses != 0 && buses_next() <= P.now) {
        buses_fire();
        return;
    }
    if (chip_running) {
        if (wdt_deadline <= P.now) {
            link_note(NOTE_WARNING, "watchdog: not fed for %u ms", (unsigned int)(wdt_timeout_ns / NS_PER_MS));
            chip_running = false;       // the panic handler has the CPU, and keeps it
            crash_dump_watchdog();
            chip_reset(CAUSE_WDT);
        }
        if (mask_depth == 0 && next_served <= P.now) {
            serve_waiting();
            return;
        }
        if (timers_next() <= P.now) {
            timers_fire(P.now);
            return;
        }
        if (uarts_next() <= P.now) {
            uarts_fire(P.now);
            return;
        }
    }
    pins_fire_lapses();
}

// Resets. All but the soft one end this incarnation of the process.

static void go_dark(bool floats) {
    chip_running = false;
    if (floats) {
        pins_floated();
    } else {
        pwm_left_on();
        pins_kept();
    }
    // Broken clocks and timers are states of the chip: a reset mends them.
    P.clock_stopped = false;
    for (int i = 0; i < N_TIMER; i++) {
        if (P.timer_dead[i] == 1) {
            P.timer_dead[i] = 0;
        }
    }
    P.stats.resets++;
}

void chip_reset(uint8_t cause) {
    P.cause = cause;
    link_emit(REC_RESET, cause, P.now, NULL, 0);
    // The watchdog's panic and machine.reset() restart the CPU and leave the GPIO block alone (esp_restart_noos of ESP-IDF).
    go_dark(cause != CAUSE_WDT && cause != CAUSE_HARD);
    link_exchange(P.now, P.now);
    persist_restart();
}

void chip_power_off(void) {
    go_dark(true);
    persist_restart();
}

void chip_halt(void) {
    P.halted = true;
    link_emit(REC_HALT, 1, P.now, NULL, 0);
    go_dark(true);
    link_exchange(P.now, BOARD_NEVER);
    persist_restart();
}

static bool may_run(void) {
    return P.power && P.enabled && !P.halted;
}

static uint64_t boot_end;
static bool boot_over(void) {
    return P.now >= boot_end;
}

static bool never(void) {
    return false;
}

// The strapping pads are latched when power or EN comes up, not by a reset from software or a watchdog.
static void look_at_straps(void) {
    if (P.cause != CAUSE_POWER_ON) {
        return;
    }
    unsigned int boot = kind->strap_boot, voltage = kind->strap_low_voltage;
    bool loader = P.pin_in[boot] == 0;              // has a pull-up inside
    bool low_voltage = P.pin_in[voltage] == 1;      // has a pull-down inside
    if (loader && kind->strap_no_boot < N_GPIO && P.pin_in[kind->strap_no_boot] == 1) {
        link_note(NOTE_WARNING, "strapping: GPIO%u is low and GPIO%u high at reset, the ROM starts nothing", boot, kind->strap_no_boot);
    } else if (loader) {
        link_note(NOTE_WARNING, "strapping: GPIO%u is low at reset, the ROM waits for a download", boot);
    } else if (low_voltage) {
        link_note(NOTE_WARNING, "strapping: GPIO%u is high at reset, the flash gets 1.8 V and cannot be read", voltage);
    }
    if (loader || low_voltage) {
        vtime_run_dead(never);      // until power or EN go
    }
}

// From power-on or reset to the point where MicroPython starts. ROM, bootloader and IDF start-up are one modelled delay.
void chip_boot(void) {
    vtime_run_dead(may_run);
    if (P.cause == CAUSE_POWER_ON) {
        // The RTC domain lost its power too: the calendar starts at 2000-01-01.
        rtc_lost_power();
    }
    if (P.reset_due) {
        P.reset_due = false;
        link_emit(REC_RESET, P.cause, P.now, NULL, 0);
        link_exchange(P.now, P.now);
    }
    look_at_straps();
    boot_end = P.now + options.boot_ns;
    vtime_run_until(boot_end, boot_over);
    P.boot_at = P.now;
    link_emit(REC_BOOT, P.cause, P.now, NULL, 0);
    chip_running = true;
    vtime_exchange();
    vtime_rearm();
}
