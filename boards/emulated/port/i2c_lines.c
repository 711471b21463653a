// The two lines of an I2C bus, as its devices see them. Software I2C moves them bit by bit, and the decoder in here stands in for the
// devices in the plant (buses.c), so that acknowledge, stretching and a held line are seen on the pads.

#include <stdlib.h>

#include "board.h"
#include "buses.h"
#include "devices.h"
#include "i2c_lines.h"
#include "pads.h"
#include "persist.h"

#define WRITE_MAX   (1024)

enum { IDLE, ADDRESS, WRITE, READ, IGNORE };

typedef struct {
    uint8_t state, bits, shift, address;
    bool low;                   // a device holds the data line
    bool master_acknowledged;
    uint8_t clock_level, data_level;
    uint64_t clock_held_until;
    uint64_t written_at;
    uint8_t *written;
    size_t n_written, n_read;
} lines_t;

static lines_t lines[N_BUS];
static uint64_t next_let_go = BOARD_NEVER;

static void find_next_let_go(void) {
    next_let_go = BOARD_NEVER;
    for (unsigned int i = 0; i < P.n_buses; i++) {
        if (lines[i].clock_held_until != 0 && lines[i].clock_held_until < next_let_go) {
            next_let_go = lines[i].clock_held_until;
        }
    }
}

// The bus a pad belongs to, or -1.
static int bus_of(unsigned int gpio) {
    for (unsigned int i = 0; i < P.n_buses; i++) {
        const bus_wiring_t *w = &P.bus[i];
        if (w->kind == BUS_I2C && (w->clock == gpio || w->data == gpio)) {
            return (int)i;
        }
    }
    return -1;
}

// A bus was declared: its decoder begins anew.
void i2c_lines_reset(unsigned int number) {
    lines[number].state = IDLE;
    lines[number].low = false;
    lines[number].clock_level = lines[number].data_level = 1;
    find_next_let_go();
    if (P.bus[number].kind == BUS_I2C) {
        pads_input_changed(P.bus[number].clock);
        pads_input_changed(P.bus[number].data);
    }
}

// What the pads ask: does a device hold this line, is there a pull-up on it, are its edges reported to the plant?

bool i2c_lines_pulled_low(unsigned int gpio) {
    int i = P.n_buses == 0 ? -1 : bus_of(gpio);
    if (i < 0) {
        return false;
    }
    return P.bus[i].data == gpio ? lines[i].low : lines[i].clock_held_until > P.now;
}

bool i2c_lines_have_pull_up(unsigned int gpio) {
    return P.n_buses != 0 && bus_of(gpio) >= 0;
}

// The lines of a healthy bus are not reported edge by edge; those of a hung one are, so that a plant sees it being freed.
bool i2c_lines_are_quiet(unsigned int gpio) {
    int i = P.n_buses == 0 ? -1 : bus_of(gpio);
    return i >= 0 && P.pin_in[P.bus[i].clock] != 0 && P.pin_in[P.bus[i].data] != 0;
}

// The decoder

static void hold_data(unsigned int number, bool low) {
    if (lines[number].low != low) {
        lines[number].low = low;
        pads_input_changed(P.bus[number].data);
    }
}

static void report_written(unsigned int number) {
    lines_t *b = &lines[number];
    if (b->n_written != 0) {
        buses_i2c_emit_written(number, b->address, b->written_at, b->written, b->n_written);
        b->n_written = 0;
    }
}

static void give_bit(unsigned int number) {
    lines_t *b = &lines[number];
    const i2c_answer_t *a = buses_last_answer(number);
    uint8_t byte = b->n_read < a->len ? a->data[b->n_read] : 0xff;
    hold_data(number, !(byte >> (7 - b->bits) & 1));
}

static void eight_bits_came(unsigned int number) {
    lines_t *b = &lines[number];
    if (b->state == ADDRESS) {
        b->address = b->shift;
        b->n_read = 0;
        const i2c_answer_t *a = buses_i2c_address(number, b->address);
        if (a->acknowledged) {
            hold_data(number, true);
            if (a->stretch_ns != 0) {
                b->clock_held_until = P.now + a->stretch_ns;
                find_next_let_go();
            }
        }
        return;
    }
    if (b->n_written < buses_last_answer(number)->takes && b->n_written < WRITE_MAX) {
        if (b->written == NULL) {
            b->written = malloc(WRITE_MAX);
        }
        b->written[b->n_written++] = b->shift;
        b->written_at = P.now;
        hold_data(number, true);
    }
}

static void ninth_bit_went(unsigned int number) {
    lines_t *b = &lines[number];
    hold_data(number, false);
    b->bits = 0;
    b->shift = 0;
    if (b->state == ADDRESS) {
        b->state = !buses_last_answer(number)->acknowledged ? IGNORE : (b->address & 1) ? READ : WRITE;
    } else if (b->state == READ) {
        b->n_read++;
        b->state = b->master_acknowledged ? READ : IGNORE;
    }
    if (b->state == READ) {
        give_bit(number);
    }
}

static void clock_rose(unsigned int number) {
    lines_t *b = &lines[number];
    if (b->state == IDLE || b->state == IGNORE) {
        return;
    }
    if (b->bits < 8) {
        b->shift = (uint8_t)(b->shift << 1 | b->data_level);
    } else {
        b->master_acknowledged = b->data_level == 0;
    }
    b->bits++;
}

static void clock_fell(unsigned int number) {
    lines_t *b = &lines[number];
    if (b->state == IDLE || b->state == IGNORE || b->bits == 0) {
        return;
    }
    if (b->bits == 9) {
        ninth_bit_went(number);
    } else if (b->state == READ) {
        if (b->bits == 8) {
            hold_data(number, false);
        } else {
            give_bit(number);
        }
    } else if (b->bits == 8) {
        eight_bits_came(number);
    }
}

// MicroPython starts: the present level of a line is no edge.
void i2c_lines_start(unsigned int gpio, uint8_t level) {
    int i = P.n_buses == 0 ? -1 : bus_of(gpio);
    if (i >= 0 && P.bus[i].clock == gpio) {
        lines[i].clock_level = level;
    } else if (i >= 0) {
        lines[i].data_level = level;
    }
}

// The level of a line has changed, by either side.
void i2c_lines_changed(unsigned int gpio, uint8_t level) {
    int i = P.n_buses == 0 ? -1 : bus_of(gpio);
    if (i < 0) {
        return;
    }
    lines_t *b = &lines[i];
    if (P.bus[i].clock == gpio) {
        if (b->clock_level != level) {
            b->clock_level = level;
            if (level) {
                clock_rose((unsigned int)i);
            } else {
                clock_fell((unsigned int)i);
            }
        }
        return;
    }
    if (b->data_level == level) {
        return;
    }
    b->data_level = level;
    if (b->clock_level == 0 || b->low) {
        return;
    }
    report_written((unsigned int)i);
    b->state = level ? IDLE : ADDRESS;      // stop, or start
    b->bits = 0;
    b->shift = 0;
}

// A stretched clock is released.
static void i2c_lines_fire(void) {
    for (unsigned int i = 0; i < P.n_buses; i++) {
        if (lines[i].clock_held_until != 0 && lines[i].clock_held_until <= P.now) {
            lines[i].clock_held_until = 0;
            find_next_let_go();
            pads_input_changed(P.bus[i].clock);
        }
    }
}

const device_t i2c_lines_device = { &next_let_go, i2c_lines_fire };
