// Interrupts: at most one waits per source. Held while masked, and late by a time drawn from the seed (--irq-jitter-us).

#include "board.h"
#include "devices.h"
#include "interrupts.h"
#include "options.h"
#include "persist.h"
#include "rng.h"
#include "vtime.h"

static irq_handler_t serve_timer, serve_pad;
static unsigned int mask_depth;
static uint64_t waiting;                // sources that have interrupted and were not served yet
static uint64_t raised_at[N_TIMER + N_GPIO], serve_at[N_TIMER + N_GPIO];
static uint64_t next_served = BOARD_NEVER;
static uint64_t due = BOARD_NEVER;      // next_served, while nothing is masked

void irq_connect(irq_handler_t timer, irq_handler_t pad) {
    serve_timer = timer;
    serve_pad = pad;
}

static void serve_waiting(void) {
    next_served = BOARD_NEVER;
    for (uint64_t left = waiting; left != 0; left &= left - 1) {
        unsigned int source = (unsigned int)__builtin_ctzll(left);
        if (!(waiting & 1ULL << source)) {
            continue;           // served by the critical section of one before it
        }
        if (serve_at[source] > P.now) {
            next_served = serve_at[source] < next_served ? serve_at[source] : next_served;
            continue;
        }
        waiting &= ~(1ULL << source);
        if (source < IRQ_PIN(0)) {
            serve_timer(source, raised_at[source]);
        } else {
            serve_pad(source - IRQ_PIN(0), raised_at[source]);
        }
    }
    due = next_served;
}

unsigned int irq_mask(void) {
    due = BOARD_NEVER;
    return mask_depth++;
}

void irq_restore(unsigned int state) {
    mask_depth = state;
    if (state == 0) {
        due = next_served;
        if (waiting != 0) {
            serve_waiting();
        }
    }
}

void irq_raise(unsigned int source) {
    if (waiting & 1ULL << source) {
        return;
    }
    waiting |= 1ULL << source;
    raised_at[source] = serve_at[source] = P.now;
    if (options.irq_jitter_us != 0) {
        serve_at[source] += rng_64() % (options.irq_jitter_us * NS_PER_US + 1);
    }
    if (mask_depth == 0) {
        serve_waiting();
        if (next_served != BOARD_NEVER) {
            vtime_rearm();
        }
    }
}

// The source was switched off: its waiting interrupt is not served any more.
void irq_forget(unsigned int source) {
    waiting &= ~(1ULL << source);
}

// Those that were drawn late.
const device_t interrupts_device = { &due, serve_waiting, .needs_cpu = true };
