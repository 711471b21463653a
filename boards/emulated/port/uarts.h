// The UARTs below MicroPython: what is on their lines and in their buffers.
#ifndef INCLUDED_UARTS_H
#define INCLUDED_UARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "devices.h"

typedef struct {
    uint32_t baud;
    uint8_t bits, parity, stop;
    bool open;
    uint64_t busy_until;        // when the last queued character has left
    uint16_t rx_size, rx_head, rx_count;
    uint8_t rx_error;
    uint8_t *rx;
} uart_t;
extern uart_t uarts[N_UART];

// Is called for characters that have arrived: with `last` the line falls silent behind it; a break is a zero longer than a character.
typedef struct {
    void (*received)(unsigned int id, bool last);
    void (*break_came)(unsigned int id);
} uarts_listener_t;

void uarts_init(const uarts_listener_t *listener);
uint32_t uarts_char_ns(const uart_t *u);
void uarts_transmit(unsigned int id, const uint8_t *data, size_t len);
void uarts_received(unsigned int id, uint8_t byte, uint32_t char_ns, bool framing_error, bool last);
void uarts_flush_console(void);

// The end of UART0's open frame.
extern const device_t uarts_device;

#endif // INCLUDED_UARTS_H
