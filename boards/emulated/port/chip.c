// The chip around the CPU: power, resets, straps, and the way from power-on to MicroPython.

#include "board.h"
#include "chip.h"
#include "devices.h"
#include "kind.h"
#include "ledc.h"
#include "link.h"
#include "machine_rtc.h"
#include "options.h"
#include "pads.h"
#include "persist.h"
#include "restart.h"
#include "vtime.h"

// All resets but the soft one end this incarnation of the process.
static void go_dark(bool floats) {
    devices_set_cpu(false);
    if (floats) {
        pads_floated();
    } else {
        ledc_left_on();
        pads_kept();
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
    restart();
}

void chip_power_off(void) {
    go_dark(true);
    restart();
}

void chip_halt(void) {
    P.halted = true;
    link_emit(REC_HALT, 1, P.now, NULL, 0);
    go_dark(true);
    link_exchange(P.now, BOARD_NEVER);
    restart();
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
    devices_set_cpu(true);
    vtime_exchange();
    vtime_rearm();
}
