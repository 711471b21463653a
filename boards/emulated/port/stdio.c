// MicroPython's standard streams on UART0: writing blocks when the 128-byte FIFO is full, as on the ESP32.

#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "extmod/misc.h"
#include "board.h"
#include "costs.h"
#include "persist.h"
#include "probe.h"
#include "uarts.h"
#include "vtime.h"

#define TX_FIFO (128)

int mp_hal_stdin_rx_chr(void) {
    for (;;) {
        vtime_sync();
        int c = ringbuf_get(&stdin_ringbuf);
        if (c != -1) {
            vtime_charge(COST_STDOUT_BYTE);
            return c;
        }
        mp_handle_pending(true);
        // Nobody notifies the task of a received character: it looks again at the next RTOS tick.
        if (!vtime_idle_until(BOARD_NEVER) && ringbuf_peek(&stdin_ringbuf) != -1) {
            vtime_idle_until(P.now - P.now % RTC_TICK_NS + RTC_TICK_NS);
        }
    }
}

uintptr_t mp_hal_stdio_poll(uintptr_t poll_flags) {
    uintptr_t ret = 0;
    vtime_charge(COST_TICKS);
    vtime_sync();
    if ((poll_flags & MP_STREAM_POLL_RD) && ringbuf_peek(&stdin_ringbuf) != -1) {
        ret |= MP_STREAM_POLL_RD;
    }
    if (poll_flags & MP_STREAM_POLL_WR) {
        ret |= MP_STREAM_POLL_WR;
    }
    ret |= mp_os_dupterm_poll(poll_flags);
    return ret;
}

mp_uint_t mp_hal_stdout_tx_strn(const char *str, size_t len) {
    if (probe_capture(str, len)) {
        return len;
    }
    const char *all = str;
    size_t left = len;
    uart_t *u = &uarts[0];
    uint32_t ns = uarts_char_ns(u);
    while (left != 0) {
        vtime_sync();
        uint64_t in_flight = u->busy_until > P.now ? (u->busy_until - P.now + ns - 1) / ns : 0;
        if (in_flight >= TX_FIFO) {
            // ulTaskNotifyTake for a tick; a wait for the room of one character is no finer.
            vtime_busy_ns(RTC_TICK_NS - P.now % RTC_TICK_NS);
            continue;
        }
        size_t n = TX_FIFO - (size_t)in_flight;
        if (n > left) {
            n = left;
        }
        vtime_charge((uint32_t)n * COST_STDOUT_BYTE);
        vtime_sync();
        uarts_transmit(0, (const uint8_t *)str, n);
        str += n;
        left -= n;
    }
    int also = mp_os_dupterm_tx_strn(all, len);
    return also >= 0 && (mp_uint_t)also < len ? (mp_uint_t)also : len;
}
