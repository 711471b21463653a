// What outlives a reset of the chip, of every device: the state that a life of the board hands to the next.
#ifndef INCLUDED_PERSIST_H
#define INCLUDED_PERSIST_H

#include <stdbool.h>
#include <stdint.h>

#include "board.h"

// The part of a pad that no reset of the CPU touches (the watchdog's, machine.reset()): only power and EN do.
typedef struct {
    uint8_t mode, pull, out;
} pad_hold_t;

// A strobe that the plant asked to be watched (pads.c).
typedef struct {
    uint64_t lapse_ns;      // 0: not watched
    uint64_t last_edge;
    uint64_t check_at;      // when to look whether it has lapsed
    bool strobing;
} watch_t;

// How the board is wired to the devices of the plant (buses.c).
typedef struct {
    uint8_t kind, clock, data, miso;
} bus_wiring_t;

// Counters (stats.c).
typedef struct {
    uint64_t cpu_busy_ns, cycles_gc;
    uint64_t timer_fires, timer_drops, irqs, irq_drops, gc_runs, packets;
    uint64_t flash_programs, flash_erases, flash_failures, nor_violations, notes_dropped;
    uint64_t uart_tx_bytes, uart_rx_bytes, uart_rx_lost;
    uint32_t resets;
} stats_t;

// Everything that outlives a reset of the chip. Written to a memfd and read back by the next incarnation of the process.
typedef struct {
    uint32_t version;
    // the link
    int link_fd;
    uint32_t tx_sequence;
    uint64_t horizon;
    uint64_t arrivals;
    // virtual time
    uint64_t now;
    uint64_t boot_at;           // esp_timer's zero
    uint64_t rng[2];
    uint32_t seed;
    // the outside
    uint8_t pin_in[N_GPIO];     // 0 low, 1 high, 2 not driven
    uint32_t adc_uv[N_GPIO];
    uint32_t adc_noise_uv[N_GPIO];
    bool adc_blank;             // no calibration in the eFuses
    uint32_t adc_hum_uv[N_GPIO];    // amplitude of a sine on it
    uint32_t adc_hum_mhz[N_GPIO];   // thousandths of a hertz
    watch_t watch[N_GPIO];
    uint8_t drive[N_GPIO];      // last reported PIN drive
    pad_hold_t pad[N_GPIO];
    uint64_t pwm_left_on;       // pads on which a PWM of the life before goes on
    bus_wiring_t bus[N_BUS];
    uint8_t n_buses;
    bool power, enabled, halted, trace_flash;
    bool reset_due;             // a RESET record must still be sent
    uint8_t cause;
    // faults
    uint8_t timer_dead[N_TIMER]; // 1 until the next reset, 2 for ever
    bool clock_stopped;
    uint64_t clock_frozen_us;
    int64_t cut_countdown;      // flash operations until the power cut; -1: none
    uint8_t cut_kind;
    uint64_t fail_countdown;    // flash operations of the kinds in the flags until one fails; 0: none does (flash_faults.c)
    uint8_t fail_flags;
    uint32_t fail_times;
    uint32_t fail_first, fail_end;
    uint32_t alloc_failures;
    uint64_t late_timer_ns;     // a timer interrupt served later than this stops its timer; 0: none stops
    // the RTC domain
    int64_t rtc_offset_ns;      // wall clock (since 2000) minus virtual now
    uint16_t rtc_memory_len;
    uint8_t rtc_memory[2048];
    uint32_t rtc_decay_ppm;     // of the bits of RTC memory that come up wrong after a power loss; 0: it comes up empty
    // flash
    uint32_t wear[FLASH_MAX_SECTORS];
    uint8_t bad_sector[FLASH_MAX_SECTORS];
    stats_t stats;
} persist_t;

extern persist_t P;

// As a chip that was never switched on.
void persist_begin(void);

#endif // INCLUDED_PERSIST_H
