// The GPIO pads: levels, directions, pulls, edges, what is reported to the plant, and the watched strobe of the heartbeat.

#include <string.h>

#include "board.h"
#include "costs.h"
#include "devices.h"
#include "i2c_lines.h"
#include "interrupts.h"
#include "ledc.h"
#include "link.h"
#include "pads.h"
#include "persist.h"
#include "vtime.h"

enum { DRIVE_FLOAT, DRIVE_LOW, DRIVE_HIGH, DRIVE_UP, DRIVE_DOWN };

// The part of a pad that lasts over a reset of the CPU is in P.pad.
typedef struct {
    uint8_t level;              // what the input buffer sees
    uint8_t trigger;
    bool irq;
} pad_t;

static pad_t pads[N_GPIO];
static uint64_t next_lapse = BOARD_NEVER;

static uint8_t drive_of(unsigned int gpio) {
    const pad_hold_t *p = &P.pad[gpio];
    if (p->mode & MODE_OUTPUT_BIT) {
        if (!p->out) {
            return DRIVE_LOW;
        }
        if (p->mode != MODE_INPUT_OUTPUT_OD) {
            return DRIVE_HIGH;
        }
    }
    return p->pull & PULL_UP ? DRIVE_UP : p->pull & PULL_DOWN ? DRIVE_DOWN : DRIVE_FLOAT;
}

static uint8_t level_of(unsigned int gpio) {
    uint8_t drive = drive_of(gpio);
    if (drive == DRIVE_LOW || drive == DRIVE_HIGH) {
        return drive == DRIVE_HIGH;
    }
    if (P.pin_in[gpio] == 0 || i2c_lines_pulled_low(gpio)) {
        return 0;
    }
    return P.pin_in[gpio] == 1 || drive == DRIVE_UP || (drive != DRIVE_DOWN && i2c_lines_have_pull_up(gpio));
}

// The level at the input buffer may have changed: edges raise interrupts.
void pads_input_changed(unsigned int gpio) {
    pad_t *p = &pads[gpio];
    uint8_t level = level_of(gpio);
    if (level == p->level) {
        return;
    }
    p->level = level;
    i2c_lines_changed(gpio, level);
    if (p->irq && (p->trigger & (level ? TRIGGER_RISING : TRIGGER_FALLING))) {
        irq_raise(IRQ_PIN(gpio));
    }
}

// Watched strobes

static void find_next_lapse(void) {
    next_lapse = BOARD_NEVER;
    for (unsigned int i = 0; i < N_GPIO; i++) {
        if (P.watch[i].strobing && P.watch[i].check_at < next_lapse) {
            next_lapse = P.watch[i].check_at;
        }
    }
}

static void emit_strobe(unsigned int gpio, bool started) {
    uint8_t payload[9] = { started };
    memcpy(payload + 1, &P.watch[gpio].last_edge, 8);
    link_emit(REC_STROBE, (uint8_t)gpio, P.now, payload, sizeof(payload));
}

static void emit_pin(unsigned int gpio) {
    uint8_t drive = drive_of(gpio);
    if (drive != P.drive[gpio]) {
        P.drive[gpio] = drive;
        link_emit(REC_PIN, (uint8_t)gpio, P.now, &drive, 1);
        P.horizon = P.now;
    }
}

void pads_watch(unsigned int gpio, uint64_t lapse_ns) {
    watch_t *w = &P.watch[gpio];
    w->lapse_ns = lapse_ns;
    if (lapse_ns == 0) {
        w->strobing = false;
        emit_pin(gpio);
    } else if (w->strobing) {
        w->check_at = w->last_edge + lapse_ns;
    }
    find_next_lapse();
}

static void pads_fire_lapses(void) {
    for (unsigned int i = 0; i < N_GPIO; i++) {
        watch_t *w = &P.watch[i];
        if (!w->strobing || w->check_at > P.now) {
            continue;
        }
        if (w->last_edge + w->lapse_ns > P.now) {
            w->check_at = w->last_edge + w->lapse_ns;
            continue;
        }
        w->strobing = false;
        emit_strobe(i, false);
        emit_pin(i);
        P.horizon = P.now;
    }
    find_next_lapse();
}

const device_t pads_device = { &next_lapse, pads_fire_lapses };

// The pad's drive may have changed: reports it to the plant, unless only the level of a watched strobe moved.
static void drive_changed(unsigned int gpio) {
    pads_input_changed(gpio);
    uint8_t drive = drive_of(gpio);
    watch_t *w = &P.watch[gpio];
    bool driven = drive == DRIVE_LOW || drive == DRIVE_HIGH;
    if (w->lapse_ns != 0 && driven && (P.drive[gpio] == DRIVE_LOW || P.drive[gpio] == DRIVE_HIGH)) {
        w->last_edge = P.now;
        if (!w->strobing) {
            w->strobing = true;
            w->check_at = P.now + w->lapse_ns;
            emit_strobe(gpio, true);
            find_next_lapse();
            P.horizon = P.now;
        }
    } else if (!i2c_lines_are_quiet(gpio)) {
        emit_pin(gpio);
    }
    if (P.horizon <= P.now) {
        vtime_sync();
    }
}

void pads_set_level(unsigned int gpio, bool value) {
    vtime_charge(COST_PIN_WRITE);
    vtime_sync();
    pad_hold_t *p = &P.pad[gpio];
    if (p->out != value) {
        p->out = value;
        if (p->mode & MODE_OUTPUT_BIT) {
            drive_changed(gpio);
        }
    }
}

int pads_get_level(unsigned int gpio) {
    vtime_charge(COST_PIN_READ);
    vtime_sync();
    // Without an input buffer (mode never set) a pad reads low, as gpio_get_level says.
    return P.pad[gpio].mode & MODE_INPUT ? pads[gpio].level : 0;
}

// The level of the line, for a controller that is on it.
bool pads_level(unsigned int gpio) {
    vtime_sync();
    return level_of(gpio);
}

void pads_set_mode(unsigned int gpio, uint8_t mode) {
    vtime_sync();
    ledc_pad_taken(gpio);
    P.pad[gpio].mode = mode;
    drive_changed(gpio);
}

// Power, EN and deep sleep: pads float (the RESET record says so), outputs are low when they come back.
void pads_floated(void) {
    for (unsigned int i = 0; i < N_GPIO; i++) {
        P.drive[i] = DRIVE_FLOAT;
    }
    memset(P.pad, 0, sizeof(P.pad));
    P.pwm_left_on = 0;
    memset(pads, 0, sizeof(pads));
}

// A reset of the CPU: levels, directions and pulls stay until somebody sets them; only the interrupts go.
void pads_kept(void) {
    memset(pads, 0, sizeof(pads));
}

// MicroPython starts: the present level of an input is no edge.
void pads_start(void) {
    for (unsigned int i = 0; i < N_GPIO; i++) {
        pads[i].level = level_of(i);
        i2c_lines_start(i, pads[i].level);
    }
    find_next_lapse();
}

void pads_set_pull(unsigned int gpio, uint8_t pull) {
    vtime_sync();
    P.pad[gpio].pull = pull;
    drive_changed(gpio);
}

bool pads_output(unsigned int gpio) {
    return P.pad[gpio].out;
}

void pads_set_irq(unsigned int gpio, bool on, uint8_t trigger) {
    pads[gpio].irq = on;
    if (!on) {
        irq_forget(IRQ_PIN(gpio));
    }
    pads[gpio].trigger = trigger;
}

bool pads_irq_enabled(unsigned int gpio) {
    return pads[gpio].irq;
}

uint8_t pads_trigger(unsigned int gpio) {
    return pads[gpio].trigger;
}
