// Virtual time. The CPU's price is counted down by the VM (mp_cost_budget, in CPU cycles); this file turns cycles into
// nanoseconds and makes everything that is due happen in time order: inputs, exchanges with the plant, and what devices registered.

#include "py/mpstate.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "board.h"
#include "costs.h"
#include "devices.h"
#include "interrupts.h"
#include "link.h"
#include "persist.h"
#include "vtime.h"

#define MAX_SLICE_CYCLES    (1000000000)

int32_t mp_cost_budget;
uint32_t vtime_mhz = 160;           // ESP-IDF's default; the stock image boots at it
static int32_t slice;               // the budget at the last fold
static uint32_t remainder_ns;       // sub-nanosecond remainder, in ns * mhz
static uint64_t wake_hint;          // until when the CPU is known to do nothing (P.now: it runs)
static bool notified;               // an interrupt woke the task
static bool frozen;                 // a probe runs: time stands still and nothing happens
static uint64_t stall_ns;           // for how long the CPU will stand still

static device_t inputs;

void vtime_set_inputs(const device_t *device) {
    inputs = *device;
}

static uint64_t cycles_to_ns(uint32_t cycles) {
    uint64_t scaled = (uint64_t)cycles * 1000 + remainder_ns;
    uint64_t ns = scaled / vtime_mhz;
    remainder_ns = (uint32_t)(scaled - ns * vtime_mhz);
    return ns;
}

// The exact time of the CPU, without making anything happen.
uint64_t vtime_now(void) {
    if (frozen) {
        return P.now;
    }
    int32_t used = slice - mp_cost_budget;
    return P.now + ((uint64_t)(uint32_t)used * 1000 + remainder_ns) / vtime_mhz;
}

static uint64_t fold(void) {
    if (frozen) {
        slice = mp_cost_budget = MAX_SLICE_CYCLES;
        return P.now;
    }
    uint64_t ns = cycles_to_ns((uint32_t)(slice - mp_cost_budget));
    slice = mp_cost_budget = 0;
    P.stats.cpu_busy_ns += ns;
    return P.now + ns;
}

void vtime_set_mhz(uint32_t mhz) {
    vtime_sync();
    vtime_mhz = mhz;
    remainder_ns = 0;
    vtime_rearm();
}

static uint64_t next_event(void) {
    uint64_t t = *inputs.next;
    uint64_t own = devices_next();
    if (own < t) {
        t = own;
    }
    return P.horizon < t ? P.horizon : t;
}

void vtime_exchange(void) {
    uint64_t wake = wake_hint;
    if (wake > P.now) {
        uint64_t own = devices_next();
        if (own < wake) {
            wake = own;
        }
    }
    if (wake < P.now) {
        wake = P.now;
    }
    link_exchange(P.now, wake);
}

// Runs one event that is due now. At one instant: known inputs, then the exchange, then the devices in their order.
static void happen(void) {
    if (*inputs.next <= P.now) {
        inputs.fire();
    } else if (P.horizon <= P.now) {
        vtime_exchange();
    } else {
        devices_fire_one();
    }
}

// Runs everything that is due until then. Returns when the event after it is due.
static uint64_t run_to(uint64_t target) {
    if (frozen) {
        return P.now;
    }
    uint64_t t;
    while ((t = next_event()) <= target) {
        if (t > P.now) {
            P.now = t;
        }
        happen();
    }
    if (target > P.now) {
        P.now = target;
    }
    return t;
}

// Sets the budget to what the CPU may execute until the next event.
static void arm(uint64_t t) {
    if (frozen) {
        return;
    }
    uint64_t ns = t > P.now ? t - P.now : 0;
    uint64_t limit = (uint64_t)MAX_SLICE_CYCLES * 1000 / vtime_mhz;
    if (ns > limit) {
        ns = limit;
    }
    // What interrupt handlers have cost since the last fold stays owed.
    int32_t debt = slice - mp_cost_budget;
    slice = (int32_t)((ns * vtime_mhz + 999) / 1000);
    mp_cost_budget = slice - debt;
}

void vtime_rearm(void) {
    arm(next_event());
}

// A stalled CPU: asked for by a fault, served between opcodes.
void vtime_stall(uint64_t ns) {
    stall_ns += ns;
    vtime_wake();
}

static bool serve_stall(void) {
    uint64_t stall = frozen ? 0 : stall_ns;
    if (stall != 0) {
        stall_ns = 0;
        vtime_masked_ns(stall);
    }
    return stall != 0;
}

// Called at VM hooks and before anything whose time or inputs matter: brings the world up to the CPU's present.
void vtime_sync(void) {
    uint64_t target = fold();
    wake_hint = 0;
    uint64_t next = run_to(target);
    arm(serve_stall() ? next_event() : next);
}

// The CPU is busy in C for `ns`: interrupts arrive and queue, no Python runs.
void vtime_busy_ns(uint64_t ns) {
    uint64_t target = fold() + ns;
    P.stats.cpu_busy_ns += ns;
    wake_hint = target;
    uint64_t next = run_to(target);
    wake_hint = 0;
    arm(next);
}

// As vtime_busy_ns, with interrupts held until the end (flash operations, a stalled CPU).
void vtime_masked_ns(uint64_t ns) {
    unsigned int state = irq_mask();
    vtime_busy_ns(ns);
    irq_restore(state);
    vtime_sync();
}

void vtime_busy_us(uint32_t us) {
    vtime_busy_ns(us * NS_PER_US);
}

void vtime_wake(void) {
    notified = true;
}

static bool work_pending(void) {
    return MP_STATE_VM(sched_state) == MP_SCHED_PENDING || MP_STATE_THREAD(mp_pending_exception) != MP_OBJ_NULL;
}

// Nothing to do: jumps from event to event until the deadline (true) or until the VM has something to run (false).
bool vtime_idle_until(uint64_t deadline) {
    if (frozen) {
        return true;
    }
    run_to(fold());
    if (serve_stall() || mp_cost_budget != slice) {
        run_to(fold());     // what handlers and the stall have cost
    }
    notified = false;
    bool reached = false;
    for (;;) {
        if (P.now >= deadline) {
            reached = true;
            break;
        }
        if (work_pending() || notified) {
            break;
        }
        uint64_t t = next_event();
        if (t > deadline) {
            P.now = deadline;
            reached = true;
            break;
        }
        if (t > P.now) {
            P.now = t;
        }
        wake_hint = deadline;
        happen();
    }
    wake_hint = 0;
    vtime_rearm();
    return reached;
}

// The chip is off, halted, held or in its ROM: only inputs and the link move, until the condition holds.
void vtime_run_until(uint64_t deadline, bool (*until)(void)) {
    while (!until()) {
        uint64_t t = next_event();
        if (t > deadline) {
            P.now = deadline;
            continue;
        }
        if (t > P.now) {
            P.now = t;
        }
        wake_hint = deadline;
        happen();
    }
    wake_hint = 0;
    vtime_rearm();
}

void vtime_run_dead(bool (*until)(void)) {
    vtime_run_until(BOARD_NEVER, until);
}

// MICROPY_INTERNAL_WFE. The ESP32 port waits one RTOS tick at most, whatever the time-out.
void vtime_wfe(int32_t timeout_ms) {
    vtime_charge(COST_EVENT_POLL);
    uint64_t now = vtime_now();
    vtime_idle_until(now - now % RTC_TICK_NS + RTC_TICK_NS);
}

// For the debug probe: what runs in between takes no time, and nothing else happens.
void vtime_freeze(void) {
    vtime_sync();
    frozen = true;
    fold();
}

void vtime_thaw(void) {
    frozen = false;
    slice = mp_cost_budget;
    vtime_rearm();
}

bool vtime_is_frozen(void) {
    return frozen;
}
