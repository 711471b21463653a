// I2C and SPI buses whose devices live in the plant: declared by BUS records, served transfer by transfer (docs/protocols/link.md).
#ifndef INCLUDED_BUSES_H
#define INCLUDED_BUSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BUS_NONE, BUS_I2C, BUS_SPI };
enum { I2C_ADDRESSED, I2C_WRITTEN };

// What a device answers to its address.
typedef struct {
    bool here;
    bool acknowledged;
    uint16_t takes;             // bytes it acknowledges in a write
    uint32_t stretch_ns;        // how long it holds the clock after its address
    const uint8_t *data;        // what it sends in a read
    size_t len;
} i2c_answer_t;

// Notes how the board is wired. False: it cannot be wired so.
bool buses_declare(unsigned int number, const uint8_t *wiring, size_t len);
void buses_answer(unsigned int type, unsigned int number, const uint8_t *payload, size_t len);
int buses_find(unsigned int kind, unsigned int clock, unsigned int data);
const i2c_answer_t *buses_last_answer(unsigned int number);
const i2c_answer_t *buses_i2c_address(unsigned int number, uint8_t address_byte);
void buses_i2c_written(unsigned int number, uint8_t address_byte, const uint8_t *data, size_t len);
void buses_i2c_emit_written(unsigned int number, uint8_t address_byte, uint64_t at, const uint8_t *data, size_t len);
bool buses_spi_transfer(unsigned int number, uint32_t bit_ns, unsigned int mode, const uint8_t *src, uint8_t *dest, size_t len);

#endif // INCLUDED_BUSES_H
