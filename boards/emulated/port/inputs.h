// What the plant has sent and the board has not reached yet.
#ifndef INCLUDED_INPUTS_H
#define INCLUDED_INPUTS_H

#include <stddef.h>
#include <stdint.h>

typedef struct _input_t {
    struct _input_t *next;
    uint64_t due, at, order;    // at: what its record says; due: when it does something
    uint32_t len, done;         // done: characters of a UART_RX that have arrived
    uint8_t type, arg;
    uint8_t data[];
} input_t;

void inputs_queue(uint8_t type, uint8_t arg, uint64_t at, uint64_t due, const uint8_t *payload, size_t len);
extern uint64_t inputs_next;           // when the head of the queue is due
// The head of the queue, to be freed or put back by the caller.
input_t *inputs_take(void);
void inputs_insert(input_t *item);
void inputs_save(int fd);
void inputs_load(int fd);

#endif // INCLUDED_INPUTS_H
