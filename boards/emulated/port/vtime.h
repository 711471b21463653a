// Virtual time, as the rest of the board sees it: reading it, letting it pass, charging for work, and being told when it is time.
#ifndef INCLUDED_VTIME_H
#define INCLUDED_VTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "devices.h"

// Inputs from outside: they go before every device, and before the exchange with the plant.
void vtime_set_inputs(const device_t *inputs);

extern uint32_t vtime_mhz;

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
