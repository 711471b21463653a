// The link to the plant: records out, one exchange of packets when the board's time has come to the horizon.
#ifndef INCLUDED_LINK_H
#define INCLUDED_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Record types of the link (docs/protocols/link.md).
enum {
    REC_PIN = 1, REC_STROBE, REC_UART_TX, REC_RESET, REC_BOOT, REC_NOTE, REC_PROBE, REC_STATS, REC_FLASH, REC_HALT,
    REC_I2C, REC_SPI, REC_PWM,
    REC_PIN_IN = 64, REC_ADC_IN, REC_UART_RX, REC_WATCH, REC_POWER, REC_ENABLE, REC_FAULT, REC_PROBE_IN, REC_STATS_IN, REC_TRACE, REC_FLASH_COPY,
    REC_BUS, REC_I2C_ANSWER, REC_SPI_ANSWER,
};
enum { NOTE_INFO, NOTE_WARNING, NOTE_VIOLATION };
// Of a UART_RX, before its characters: the time of one, and whether they come with framing errors.
#define UART_RX_HEAD    (8)

void link_emit(uint8_t type, uint8_t arg, uint64_t at, const void *payload, size_t len);
void link_note(uint8_t level, const char *format, ...) __attribute__((format(printf, 2, 3)));
// `put` adds what was held back, whenever a packet is about to leave.
void link_before_packet(void (*put)(void));
void link_hello(void);
void link_exchange(uint64_t now, uint64_t wake);

#endif // INCLUDED_LINK_H
