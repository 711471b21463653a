// I2C and SPI buses whose devices live in the plant. Hardware controllers ask device by device; software I2C moves the two
// lines, and the decoder in here stands in for the devices, so that acknowledge, stretching and a held line are seen on the pads.

#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "buses.h"
#include "pads.h"

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
    i2c_answer_t answer;
    uint8_t *answer_data;
} bus_t;

static bus_t buses[N_BUS];

static const bus_wiring_t *wiring_of(unsigned int number) {
    return &P.bus[number];
}

// The bus a pad belongs to, or -1.
static int bus_of(unsigned int gpio) {
    for (unsigned int i = 0; i < P.n_buses; i++) {
        const bus_wiring_t *w = wiring_of(i);
        if (w->kind == BUS_I2C && (w->clock == gpio || w->data == gpio)) {
            return (int)i;
        }
    }
    return -1;
}

int buses_find(unsigned int kind, unsigned int clock, unsigned int data) {
    for (unsigned int i = 0; i < P.n_buses; i++) {
        const bus_wiring_t *w = wiring_of(i);
        if (w->kind == kind && w->clock == clock && w->data == data) {
            return (int)i;
        }
    }
    return -1;
}

void buses_declare(unsigned int number, const uint8_t *d, size_t len) {
    if (number >= N_BUS || len < 4 || d[0] > BUS_SPI || (d[0] != BUS_NONE && (d[1] >= N_GPIO || d[2] >= N_GPIO))) {
        link_note(NOTE_WARNING, "bus %u: not a declaration this board knows", number);
        return;
    }
    P.bus[number] = (bus_wiring_t) { d[0], d[1], d[2], d[3] };
    P.n_buses = 0;
    for (unsigned int i = 0; i < N_BUS; i++) {
        P.n_buses = P.bus[i].kind != BUS_NONE ? (uint8_t)(i + 1) : P.n_buses;
    }
    buses[number].state = IDLE;
    buses[number].low = false;
    buses[number].clock_level = buses[number].data_level = 1;
    if (d[0] == BUS_I2C) {
        pins_input_changed(d[1]);
        pins_input_changed(d[2]);
    }
}

// An answer of the plant, applied before the question returns.
void buses_answer(unsigned int type, unsigned int number, const uint8_t *d, size_t len) {
    if (number >= N_BUS) {
        return;
    }
    i2c_answer_t *a = &buses[number].answer;
    size_t head = type == REC_I2C_ANSWER ? 8 : 0;
    if (len < head) {
        return;
    }
    a->here = true;
    if (head != 0) {
        a->acknowledged = d[0] != 0;
        memcpy(&a->takes, d + 2, 2);
        memcpy(&a->stretch_ns, d + 4, 4);
    }
    a->len = len - head;
    buses[number].answer_data = realloc(buses[number].answer_data, a->len + 1);
    memcpy(buses[number].answer_data, d + head, a->len);
    a->data = buses[number].answer_data;
}

static void ask(unsigned int number, uint8_t type, const void *payload, size_t len) {
    memset(&buses[number].answer, 0, sizeof(buses[number].answer));
    vtime_sync();
    link_emit(type, (uint8_t)number, P.now, payload, len);
    P.horizon = P.now;
    vtime_sync();
}

const i2c_answer_t *buses_i2c_address(unsigned int number, uint8_t address_byte) {
    uint8_t payload[2] = { I2C_ADDRESSED, address_byte };
    ask(number, REC_I2C, payload, sizeof(payload));
    return &buses[number].answer;
}

static void emit_written(unsigned int number, uint8_t address_byte, uint64_t at, const uint8_t *data, size_t len) {
    uint8_t *payload = malloc(2 + len);
    payload[0] = I2C_WRITTEN;
    payload[1] = address_byte;
    memcpy(payload + 2, data, len);
    link_emit(REC_I2C, (uint8_t)number, at, payload, 2 + len);
    free(payload);
    P.horizon = P.now;
}

void buses_i2c_written(unsigned int number, uint8_t address_byte, const uint8_t *data, size_t len) {
    if (len != 0) {
        vtime_sync();
        emit_written(number, address_byte, P.now, data, len);
        vtime_sync();
    }
}

// Clocks `len` bytes through; false when there is no such bus. Bytes nobody gives read as the pull-up's 0xff.
bool buses_spi_transfer(unsigned int number, uint32_t bit_ns, unsigned int mode, const uint8_t *src, uint8_t *dest, size_t len) {
    uint8_t *payload = malloc(8 + len);
    memset(payload, 0, 8);
    memcpy(payload, &bit_ns, 4);
    payload[4] = (uint8_t)mode;
    if (src != NULL) {
        memcpy(payload + 8, src, len);
    } else {
        memset(payload + 8, 0, len);
    }
    ask(number, REC_SPI, payload, 8 + len);
    free(payload);
    const i2c_answer_t *a = &buses[number].answer;
    if (dest != NULL) {
        memset(dest, 0xff, len);
        if (a->here) {
            memcpy(dest, a->data, a->len < len ? a->len : len);
        }
    }
    return a->here;
}

// What the pads ask: does a device hold this line, is there a pull-up on it, must the plant hear of it?

bool buses_device_pulls_low(unsigned int gpio) {
    int i = P.n_buses == 0 ? -1 : bus_of(gpio);
    if (i < 0) {
        return false;
    }
    return P.bus[i].data == gpio ? buses[i].low : buses[i].clock_held_until > P.now;
}

bool buses_has_pull_up(unsigned int gpio) {
    return P.n_buses != 0 && bus_of(gpio) >= 0;
}

// The lines of a healthy bus are not reported edge by edge; those of a hung one are, so that a plant sees it being freed.
bool buses_is_quiet(unsigned int gpio) {
    int i = P.n_buses == 0 ? -1 : bus_of(gpio);
    return i >= 0 && P.pin_in[P.bus[i].clock] != 0 && P.pin_in[P.bus[i].data] != 0;
}

// The decoder

static void hold_data(unsigned int number, bool low) {
    if (buses[number].low != low) {
        buses[number].low = low;
        pins_input_changed(P.bus[number].data);
    }
}

static void report_written(unsigned int number) {
    bus_t *b = &buses[number];
    if (b->n_written != 0) {
        emit_written(number, b->address, b->written_at, b->written, b->n_written);
        b->n_written = 0;
    }
}

static void give_bit(unsigned int number) {
    bus_t *b = &buses[number];
    uint8_t byte = b->n_read < b->answer.len ? b->answer.data[b->n_read] : 0xff;
    hold_data(number, !(byte >> (7 - b->bits) & 1));
}

static void eight_bits_came(unsigned int number) {
    bus_t *b = &buses[number];
    if (b->state == ADDRESS) {
        b->address = b->shift;
        b->n_read = 0;
        const i2c_answer_t *a = buses_i2c_address(number, b->address);
        if (a->acknowledged) {
            hold_data(number, true);
            if (a->stretch_ns != 0) {
                b->clock_held_until = P.now + a->stretch_ns;
            }
        }
        return;
    }
    if (b->n_written < b->answer.takes && b->n_written < WRITE_MAX) {
        if (b->written == NULL) {
            b->written = malloc(WRITE_MAX);
        }
        b->written[b->n_written++] = b->shift;
        b->written_at = P.now;
        hold_data(number, true);
    }
}

static void ninth_bit_went(unsigned int number) {
    bus_t *b = &buses[number];
    hold_data(number, false);
    b->bits = 0;
    b->shift = 0;
    if (b->state == ADDRESS) {
        b->state = !b->answer.acknowledged ? IGNORE : (b->address & 1) ? READ : WRITE;
    } else if (b->state == READ) {
        b->n_read++;
        b->state = b->master_acknowledged ? READ : IGNORE;
    }
    if (b->state == READ) {
        give_bit(number);
    }
}

static void clock_rose(unsigned int number) {
    bus_t *b = &buses[number];
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
    bus_t *b = &buses[number];
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

// MicroPython starts: what the line is at is no edge.
void buses_start(unsigned int gpio, uint8_t level) {
    int i = P.n_buses == 0 ? -1 : bus_of(gpio);
    if (i >= 0 && P.bus[i].clock == gpio) {
        buses[i].clock_level = level;
    } else if (i >= 0) {
        buses[i].data_level = level;
    }
}

// The level of a line has changed, whoever changed it.
void buses_line(unsigned int gpio, uint8_t level) {
    int i = P.n_buses == 0 ? -1 : bus_of(gpio);
    if (i < 0) {
        return;
    }
    bus_t *b = &buses[i];
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

static uint64_t buses_next(void) {
    uint64_t t = BOARD_NEVER;
    for (unsigned int i = 0; i < P.n_buses; i++) {
        if (buses[i].clock_held_until != 0 && buses[i].clock_held_until < t) {
            t = buses[i].clock_held_until;
        }
    }
    return t;
}

// A stretched clock is let go.
static void buses_fire(void) {
    for (unsigned int i = 0; i < P.n_buses; i++) {
        if (buses[i].clock_held_until != 0 && buses[i].clock_held_until <= P.now) {
            buses[i].clock_held_until = 0;
            pins_input_changed(P.bus[i].clock);
        }
    }
}

const vtime_device_t buses_device = { buses_next, buses_fire };
