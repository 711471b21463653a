// Devices that do something by themselves at a time of their own: they register here, and the clock (vtime.c) looks at them and fires them.
#ifndef INCLUDED_DEVICES_H
#define INCLUDED_DEVICES_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const uint64_t *next;       // when its next event is due, kept up to date by the device; BOARD_NEVER: none is to come
    void (*fire)(void);         // does what is due at P.now; it is called again while *next is not later than that
    bool needs_cpu;             // stands still while the CPU does not run
} device_t;

extern bool devices_cpu_runs;   // MicroPython runs (false: off, held, halted, in the ROM, in a panic)
void devices_set_cpu(bool runs);

// Of several that are due at the same nanosecond the one that registered first is fired first.
void devices_register(const device_t *device);
uint64_t devices_next(void);
void devices_fire_one(void);

#endif // INCLUDED_DEVICES_H
