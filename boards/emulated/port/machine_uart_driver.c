// The driver under machine.UART, as the IDF's: it wants buffers larger than its FIFO, reads wait for their time-out, writes for room.

#include <stdlib.h>

#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "board.h"
#include "costs.h"
#include "esp_err.h"
#include "machine_uart_driver.h"
#include "persist.h"
#include "uarts.h"
#include "vtime.h"

#define UART_FIFO       (128)

static void raise_no_driver(void) {
    esp_err_raise(ESP_FAIL);
}

uart_t *uart_driver(machine_uart_obj_t *self) {
    if (self->id == 0 || !uarts[self->id].open) {
        raise_no_driver();
    }
    return &uarts[self->id];
}

void uart_driver_wait_tx(const uart_t *u, uint64_t limit_ns) {
    vtime_sync();
    if (u->busy_until > P.now) {
        uint64_t ns = u->busy_until - P.now;
        vtime_busy_ns(ns < limit_ns ? ns : limit_ns);
    }
}

// The driver is installed anew. It wants buffers larger than its FIFO, and after a refusal there is no driver.
void uart_driver_install(machine_uart_obj_t *self) {
    uart_t *u = &uarts[self->id];
    u->open = self->rxbuf > UART_FIFO && (self->txbuf == 0 || self->txbuf > UART_FIFO);
    if (!u->open) {
        raise_no_driver();
    }
    // The driver's buffer and the FIFO behind it. IDF memory, not Python's heap.
    u->rx = realloc(u->rx, self->rxbuf + UART_FIFO);
    u->rx_size = self->rxbuf + UART_FIFO;
    u->rx_head = u->rx_count = 0;
}

// What a blocking read waits for. (Characters may be announced while it waits.)
static struct {
    const uart_t *uart;
    size_t count;
    uint64_t deadline;
} awaited;

static bool reading_is_over(void) {
    return awaited.uart->rx_count >= awaited.count || P.now >= awaited.deadline;
}

// All of the bytes, or those that came before the time-out.
mp_uint_t uart_driver_read(machine_uart_obj_t *self, uint8_t *buf, mp_uint_t size, int *errcode) {
    if (size == 0) {
        return 0;
    }
    uart_t *u = &uarts[self->id];
    if (self->id == 0 || !u->open) {
        *errcode = MP_EAGAIN;
        return MP_STREAM_ERROR;
    }
    vtime_charge(COST_UART_CALL);
    vtime_sync();
    awaited.uart = u;
    awaited.count = size;
    awaited.deadline = P.now + self->timeout * NS_PER_MS;
    vtime_run_until(awaited.deadline, reading_is_over);
    mp_uint_t n = u->rx_count < size ? u->rx_count : size;
    if (n == 0) {
        *errcode = MP_EAGAIN;
        return MP_STREAM_ERROR;
    }
    for (mp_uint_t i = 0; i < n; i++) {
        buf[i] = u->rx[u->rx_head];
        u->rx_head = (uint16_t)((u->rx_head + 1) % u->rx_size);
        u->rx_count--;
    }
    vtime_charge((uint32_t)n * COST_UART_BYTE);
    return n;
}

mp_uint_t uart_driver_write(machine_uart_obj_t *self, const uint8_t *buf, mp_uint_t size, int *errcode) {
    uart_t *u = &uarts[self->id];
    if (self->id == 0 || !u->open) {
        *errcode = MP_EAGAIN;
        return MP_STREAM_ERROR;
    }
    vtime_charge(COST_UART_CALL + (uint32_t)size * COST_UART_BYTE);
    vtime_sync();
    uarts_transmit(self->id, buf, size);
    // Returns when what is left fits into the transmit buffer and the FIFO.
    uint64_t room = (uint64_t)(self->txbuf + UART_FIFO) * uarts_char_ns(u);
    if (u->busy_until > P.now + room) {
        vtime_busy_ns(u->busy_until - P.now - room);
    }
    return size;
}

mp_uint_t uart_driver_flush(machine_uart_obj_t *self, int *errcode) {
    uart_t *u = &uarts[self->id];
    // The ESP32 port passes its estimate, meant in milliseconds, as RTOS ticks of 10 ms.
    uint64_t ticks = (3 + self->txbuf) * 13000ULL * 2 / u->baud;
    uart_driver_wait_tx(u, ticks * RTC_TICK_NS);
    if (u->busy_until <= P.now) {
        return 0;
    }
    *errcode = MP_ETIMEDOUT;
    return MP_STREAM_ERROR;
}
