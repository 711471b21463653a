// Virtual time, as the rest of the board sees it: reading it, letting it pass, charging for work, and being told when it is time.
#ifndef INCLUDED_VTIME_H
#define INCLUDED_VTIME_H

#include <stdbool.h>
#include <stdint.h>

// A device that does something by itself at a time of its own. fire() does what is due at P.now, perhaps in several calls.
typedef struct {
    uint64_t (*next)(void);     // when its next event is; BOARD_NEVER: none is to come
    void (*fire)(void);
    bool needs_cpu;             // stands still while the CPU does not run
} vtime_device_t;

// Of several that are due at the same nanosecond the one that registered first fires first.
void vtime_register(const vtime_device_t *device);
// Inputs from outside go before all of them, and before the exchange with the plant.
void vtime_register_inputs(const vtime_device_t *inputs);

extern uint32_t vtime_mhz;
extern bool vtime_cpu_runs;     // MicroPython runs (false: off, held, halted, in the ROM). For chip.c and the watchdog to set.

uint64_t vtime_now(void);
void vtime_set_mhz(uint32_t mhz);
void vtime_sync(void);
void vtime_rearm(void);
void vtime_busy_ns(uint64_t ns);
void vtime_masked_ns(uint64_t ns);
void vtime_stall(uint64_t ns);
bool vtime_idle_until(uint64_t deadline);
void vtime_exchange(void);
void vtime_wake(void);
void vtime_run_dead(bool (*until)(void));
void vtime_run_until(uint64_t deadline, bool (*until)(void));
void vtime_freeze(void);
void vtime_thaw(void);
bool vtime_is_frozen(void);

// Work of the CPU in C, in cycles: taken off what it may do until the next event.
extern int32_t mp_cost_budget;
static inline void vtime_charge(uint32_t cycles) {
    mp_cost_budget -= (int32_t)cycles;
}

#endif // INCLUDED_VTIME_H
