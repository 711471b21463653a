// I2C and SPI buses whose devices live in the plant: which device is on which lines, and the questions to the plant, device by device.

#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "buses.h"
#include "link.h"
#include "persist.h"
#include "vtime.h"

static struct {
    i2c_answer_t last;
    uint8_t *data;
} answers[N_BUS];

int buses_find(unsigned int kind, unsigned int clock, unsigned int data) {
    for (unsigned int i = 0; i < P.n_buses; i++) {
        const bus_wiring_t *w = &P.bus[i];
        if (w->kind == kind && w->clock == clock && w->data == data) {
            return (int)i;
        }
    }
    return -1;
}

bool buses_declare(unsigned int number, const uint8_t *d, size_t len) {
    if (number >= N_BUS || len < 4 || d[0] > BUS_SPI || (d[0] != BUS_NONE && (d[1] >= N_GPIO || d[2] >= N_GPIO))) {
        link_note(NOTE_WARNING, "bus %u: not a declaration this board knows", number);
        return false;
    }
    P.bus[number] = (bus_wiring_t) { d[0], d[1], d[2], d[3] };
    P.n_buses = 0;
    for (unsigned int i = 0; i < N_BUS; i++) {
        P.n_buses = P.bus[i].kind != BUS_NONE ? (uint8_t)(i + 1) : P.n_buses;
    }
    return true;
}

// An answer of the plant, applied before the question returns.
void buses_answer(unsigned int type, unsigned int number, const uint8_t *d, size_t len) {
    if (number >= N_BUS) {
        return;
    }
    i2c_answer_t *a = &answers[number].last;
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
    answers[number].data = realloc(answers[number].data, a->len + 1);
    memcpy(answers[number].data, d + head, a->len);
    a->data = answers[number].data;
}

const i2c_answer_t *buses_last_answer(unsigned int number) {
    return &answers[number].last;
}

static void ask(unsigned int number, uint8_t type, const void *payload, size_t len) {
    memset(&answers[number].last, 0, sizeof(answers[number].last));
    vtime_sync();
    link_emit(type, (uint8_t)number, P.now, payload, len);
    P.horizon = P.now;
    vtime_sync();
}

const i2c_answer_t *buses_i2c_address(unsigned int number, uint8_t address_byte) {
    uint8_t payload[2] = { I2C_ADDRESSED, address_byte };
    ask(number, REC_I2C, payload, sizeof(payload));
    return &answers[number].last;
}

void buses_i2c_emit_written(unsigned int number, uint8_t address_byte, uint64_t at, const uint8_t *data, size_t len) {
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
        buses_i2c_emit_written(number, address_byte, P.now, data, len);
        vtime_sync();
    }
}

// Clocks `len` bytes through; false when there is no such bus. Bytes that no device sends read as the pull-up's 0xff.
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
    const i2c_answer_t *a = &answers[number].last;
    if (dest != NULL) {
        memset(dest, 0xff, len);
        if (a->here) {
            memcpy(dest, a->data, a->len < len ? a->len : len);
        }
    }
    return a->here;
}
