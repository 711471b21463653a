// The three UARTs below MicroPython: transmit timing, receive buffers, and UART0's frames as the plant sees them.

#include <alloca.h>
#include <string.h>

#include "py/mphal.h"
#include "py/runtime.h"
#include "board.h"
#include "devices.h"
#include "link.h"
#include "persist.h"
#include "rng.h"
#include "uarts.h"
#include "vtime.h"

// A burst without a gap is reported in pieces of about 11 ms, so that the other side is never far behind.
#define CONSOLE_FRAME_MAX   (128)
#define TX_HEAD             (12)

uart_t uarts[N_UART];
static const uarts_listener_t *listener;

static uint8_t stdin_buffer[260];   // as ports/esp32/mphalport.c
ringbuf_t stdin_ringbuf = { stdin_buffer, sizeof(stdin_buffer), 0, 0 };

// UART0's open frame: bytes that follow each other without a gap.
static uint8_t frame[TX_HEAD + CONSOLE_FRAME_MAX];
static size_t frame_len;
static uint64_t frame_at;
static uint64_t frame_ends = BOARD_NEVER;       // when its last character has left

uint32_t uarts_char_ns(const uart_t *u) {
    uint32_t bits = 1 + u->bits + (u->parity != 0) + u->stop;
    return (uint32_t)((uint64_t)bits * 1000000000ULL / u->baud);
}

void uarts_init(const uarts_listener_t *who) {
    listener = who;
    for (unsigned int i = 0; i < N_UART; i++) {
        uarts[i].baud = 115200;
        uarts[i].bits = 8;
        uarts[i].stop = 1;
    }
    uarts[0].open = true;
    link_before_packet(uarts_flush_console);
}

static void put_head(uint8_t *p, const uart_t *u) {
    uint32_t ns = uarts_char_ns(u);
    memcpy(p, &ns, 4);
    memcpy(p + 4, &u->baud, 4);
    p[8] = u->bits;
    p[9] = u->parity;
    p[10] = u->stop;
    p[11] = 0;
}

// Puts the open frame of UART0 into the packet that is about to be sent.
void uarts_flush_console(void) {
    if (frame_len != 0) {
        put_head(frame, &uarts[0]);
        link_emit(REC_UART_TX, 0, frame_at, frame, TX_HEAD + frame_len);
        frame_len = 0;
        frame_ends = BOARD_NEVER;
    }
}

// Queues characters behind those that are still leaving. Call with the clock synchronised.
void uarts_transmit(unsigned int id, const uint8_t *data, size_t len) {
    uart_t *u = &uarts[id];
    if (len == 0) {
        return;
    }
    P.stats.uart_tx_bytes += len;
    uint64_t start = u->busy_until > P.now ? u->busy_until : P.now;
    if (id == 0) {
        if (frame_len != 0 && (start != u->busy_until || frame_len + len > CONSOLE_FRAME_MAX)) {
            uarts_flush_console();
            P.horizon = P.now;
        }
        if (frame_len == 0) {
            frame_at = start;
        }
        memcpy(frame + TX_HEAD + frame_len, data, len);
        frame_len += len;
        u->busy_until = frame_ends = start + (uint64_t)len * uarts_char_ns(u);
        vtime_sync();
        return;
    }
    uint8_t *record = alloca(TX_HEAD + len);
    put_head(record, u);
    memcpy(record + TX_HEAD, data, len);
    u->busy_until = start + (uint64_t)len * uarts_char_ns(u);
    link_emit(REC_UART_TX, (uint8_t)id, start, record, TX_HEAD + len);
    P.horizon = P.now;
    vtime_sync();
}

// A character has arrived in the FIFO (and the driver's interrupt has moved it to the buffer).
void uarts_received(unsigned int id, uint8_t byte, uint32_t char_ns, bool framing_error, bool last) {
    uart_t *u = &uarts[id];
    P.stats.uart_rx_bytes++;
    if (id == 0) {
        if (framing_error) {
            return;
        }
        if (byte == mp_interrupt_char) {
            mp_sched_keyboard_interrupt();
        } else if (ringbuf_put(&stdin_ringbuf, byte) < 0) {
            P.stats.uart_rx_lost++;
        }
        vtime_wake();
        return;
    }
    if (!u->open) {
        P.stats.uart_rx_lost++;
        return;
    }
    if (framing_error) {
        // The ESP32 counts the error and keeps the character as it came.
        byte = (uint8_t)rng_32();
        u->rx_error++;
    }
    if (u->rx_count == u->rx_size) {
        P.stats.uart_rx_lost++;
        return;
    }
    u->rx[(u->rx_head + u->rx_count++) % u->rx_size] = byte;
    // A zero of a slower sender keeps the line low for longer than a character of this side: a break.
    if (byte == 0 && (uint64_t)char_ns * 9 / 10 > uarts_char_ns(u)) {
        listener->break_came(id);
    } else {
        listener->received(id, last);
    }
}

static void uarts_fire(void) {
    uarts_flush_console();
    P.horizon = P.now;
}

const device_t uarts_device = { &frame_ends, uarts_fire, .needs_cpu = true };
