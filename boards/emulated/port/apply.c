// What each record of the plant does to the board when its time has come (docs/protocols/link.md).

#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "board.h"
#include "buses.h"
#include "chip.h"
#include "devices.h"
#include "flash_faults.h"
#include "i2c_lines.h"
#include "inputs.h"
#include "link.h"
#include "options.h"
#include "pads.h"
#include "persist.h"
#include "probe.h"
#include "stats.h"
#include "uarts.h"
#include "vtime.h"

// Kinds of FAULT.
enum { FAULT_TIMER_DEAD = 1, FAULT_CLOCK_STOPPED, FAULT_POWER_CUT, FAULT_CPU_STALL, FAULT_ALLOCATION, FAULT_LATE_TIMER,
    FAULT_FLASH_FAILS, FAULT_FLASH_SECTOR, FAULT_ADC_BLANK, FAULT_RTC_DECAY };

static uint32_t get_u32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static uint64_t get_u64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static void apply_fault(unsigned int kind, int64_t a, int64_t b, uint32_t first, uint32_t end) {
    switch (kind) {
        case FAULT_TIMER_DEAD:
            if (a >= 0 && a < N_TIMER) {
                P.timer_dead[a] = b ? 2 : 1;
            }
            break;
        case FAULT_CLOCK_STOPPED:
            if (a && !P.clock_stopped) {
                P.clock_frozen_us = (uint64_t)((int64_t)((P.now - P.boot_at) / 1000) + options.ticks_offset_ms * 1000);
            }
            P.clock_stopped = a != 0;
            break;
        case FAULT_POWER_CUT:
            P.cut_countdown = a;
            P.cut_kind = (uint8_t)b;
            break;
        case FAULT_CPU_STALL:
            vtime_stall((uint64_t)a);
            break;
        case FAULT_ALLOCATION:
            P.alloc_failures = (uint32_t)a;
            break;
        case FAULT_LATE_TIMER:
            P.late_timer_ns = a > 0 ? (uint64_t)a : 0;
            break;
        case FAULT_FLASH_FAILS:
            flash_fails_arm(a, b, first, end);
            break;
        case FAULT_ADC_BLANK:
            P.adc_blank = a != 0;
            break;
        case FAULT_FLASH_SECTOR:
            flash_fails_sector(a, b);
            break;
        case FAULT_RTC_DECAY:
            P.rtc_decay_ppm = a > 0 ? (uint32_t)a : 0;
            break;
        default:
            link_note(NOTE_WARNING, "unknown fault kind %u", kind);
    }
}

static void apply_power(unsigned int state) {
    if (state == 0 && P.power) {
        P.power = false;
        P.halted = false;
        chip_power_off();
    } else if (state == 1 && (!P.power || P.halted)) {
        P.power = true;
        P.halted = false;
        P.reset_due = true;
        P.cause = CAUSE_POWER_ON;
    } else if (state == 2 && P.power && !P.halted) {
        chip_reset(CAUSE_POWER_ON);
    }
}

static void apply_enable(bool released) {
    if (P.enabled == released) {
        return;
    }
    P.enabled = released;
    if (!released && P.power && !P.halted) {
        chip_reset(CAUSE_POWER_ON);
    }
}

// Applies the head of the queue; anything in here may end in a reset and not return.
static void apply_one(void) {
    input_t *item = inputs_take();
    const uint8_t *d = item->data;
    unsigned int arg = item->arg;
    if (item->type == REC_UART_RX) {
        if (item->len > UART_RX_HEAD && arg < N_UART) {
            uint32_t n = item->len - UART_RX_HEAD;
            uint8_t byte = d[UART_RX_HEAD + item->done++];
            bool last = item->done == n;
            bool error = get_u32(d + 4) & 1;
            uint32_t char_ns = get_u32(d);
            if (!last) {
                item->due = item->at + (uint64_t)(item->done + 1) * get_u32(d);
                inputs_insert(item);
            } else {
                free(item);
            }
            if (devices_cpu_runs) {
                uarts_received(arg, byte, char_ns, error, last);
            } else {
                P.stats.uart_rx_lost++;
            }
        } else {
            free(item);
        }
        return;
    }
    // Copied, so that nothing is lost or leaked when applying it resets the chip.
    uint8_t buf[64];
    uint32_t len = item->len;
    if (item->type == REC_PROBE_IN) {
        if (devices_cpu_runs) {
            probe_schedule(d, len);
        } else {
            static const char off[] = "the board is not running";
            link_emit(REC_PROBE, 1, P.now, off, sizeof(off) - 1);
            P.horizon = P.now;
        }
        free(item);
        return;
    }
    uint8_t type = item->type;
    if (type == REC_I2C_ANSWER || type == REC_SPI_ANSWER) {
        buses_answer(type, arg, d, len);
        free(item);
        return;
    }
    memset(buf, 0, sizeof(buf));
    memcpy(buf, d, len < sizeof(buf) ? len : sizeof(buf));
    free(item);
    switch (type) {
        case REC_PIN_IN:
            if (arg < N_GPIO && P.pin_in[arg] != buf[0]) {
                P.pin_in[arg] = buf[0];
                pads_input_changed(arg);
            }
            break;
        case REC_ADC_IN:
            if (arg < N_GPIO) {
                P.adc_uv[arg] = get_u32(buf);
                P.adc_noise_uv[arg] = get_u32(buf + 4);
                P.adc_hum_uv[arg] = get_u32(buf + 8);
                P.adc_hum_mhz[arg] = get_u32(buf + 12);
            }
            break;
        case REC_WATCH:
            if (arg < N_GPIO) {
                pads_watch(arg, get_u64(buf));
            }
            break;
        case REC_BUS:
            if (buses_declare(arg, buf, len)) {
                i2c_lines_reset(arg);
            }
            break;
        case REC_POWER:
            apply_power(arg);
            break;
        case REC_ENABLE:
            apply_enable(arg != 0);
            break;
        case REC_FAULT:
            apply_fault(arg, (int64_t)get_u64(buf), (int64_t)get_u64(buf + 8), get_u32(buf + 16), get_u32(buf + 20));
            break;
        case REC_STATS_IN:
            stats_emit();
            break;
        case REC_TRACE:
            P.trace_flash = arg & 1;
            break;
        default:
            link_note(NOTE_WARNING, "unknown record type %u", type);
    }
}

const device_t inputs_device = { &inputs_next, apply_one };
