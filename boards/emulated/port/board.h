// The emulated chip, as its own files see it: state that survives a reset, virtual time, link, inputs, interrupts.
#ifndef INCLUDED_BOARD_H
#define INCLUDED_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buses.h"
#include "vtime.h"

#define BOARD_NEVER     UINT64_MAX
#define BOARD_NORETURN  __attribute__((noreturn))
#define N_GPIO          (49)              // of the larger chip (kind.h)
#define N_TIMER         (4)
#define N_UART          (3)
#define NS_PER_US       (1000ULL)
#define NS_PER_MS       (1000000ULL)
#define RTC_TICK_NS     (10 * NS_PER_MS)  // FreeRTOS tick, 100 Hz: ESP-IDF's default, ports/esp32 sets no other
#define FLASH_SECTOR    (4096)
#define FLASH_PAGE      (256)
#define FLASH_MAX_SECTORS (4096)          // 16 MiB

// Causes of a reset, as in docs/protocols/link.md (and as machine.reset_cause() numbers them).
enum { CAUSE_POWER_ON = 1, CAUSE_HARD, CAUSE_WDT, CAUSE_DEEPSLEEP, CAUSE_SOFT };

// Record types of the link (docs/protocols/link.md).
enum {
    REC_PIN = 1, REC_STROBE, REC_UART_TX, REC_RESET, REC_BOOT, REC_NOTE, REC_PROBE, REC_STATS, REC_FLASH, REC_HALT,
    REC_I2C, REC_SPI, REC_PWM,
    REC_PIN_IN = 64, REC_ADC_IN, REC_UART_RX, REC_WATCH, REC_POWER, REC_ENABLE, REC_FAULT, REC_PROBE_IN, REC_STATS_IN, REC_TRACE, REC_FLASH_COPY,
    REC_BUS, REC_I2C_ANSWER, REC_SPI_ANSWER,
};
enum { NOTE_INFO, NOTE_WARNING, NOTE_VIOLATION };
enum { FAULT_TIMER_DEAD = 1, FAULT_CLOCK_STOPPED, FAULT_POWER_CUT, FAULT_CPU_STALL, FAULT_ALLOCATION, FAULT_LATE_TIMER,
    FAULT_FLASH_FAILS, FAULT_FLASH_SECTOR, FAULT_ADC_BLANK, FAULT_RTC_DECAY };

// What of a pad no reset of the CPU touches (the watchdog's, machine.reset()): only power and EN do.
typedef struct {
    uint8_t mode, pull, out;
} pad_hold_t;

typedef struct {
    uint64_t lapse_ns;      // 0: not watched
    uint64_t last_edge;
    uint64_t check_at;      // when to look whether it has lapsed
    bool strobing;
} watch_t;

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
    uint64_t late_timer_ns;     // a timer interrupt served later than this stops its timer; 0: timers forgive
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

typedef struct {
    const char *flash_path;
    int64_t ticks_offset_ms;
    uint64_t boot_ns;
    uint32_t start_mhz;
    bool worst_flash;
    uint32_t irq_jitter_us;     // interrupts arrive up to this late, drawn by the seed
    int persist_fd;
} options_t;

extern persist_t P;
extern options_t options;

// machine_rtc.c
void rtc_lost_power(void);

// persist.c
void persist_load(int fd);
BOARD_NORETURN void persist_restart(void);
void persist_set_arguments(char **argv);

// link.c
void link_emit(uint8_t type, uint8_t arg, uint64_t at, const void *payload, size_t len);
void link_note(uint8_t level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void link_hello(void);
void link_exchange(uint64_t now, uint64_t wake);

// inputs.c
void inputs_queue(uint8_t type, uint8_t arg, uint64_t at, const uint8_t *payload, size_t len);
extern const vtime_device_t inputs_device;
void inputs_save(int fd);
void inputs_load(int fd);

// chip.c
BOARD_NORETURN void chip_reset(uint8_t cause);
BOARD_NORETURN void chip_power_off(void);
BOARD_NORETURN void chip_halt(void);
void chip_boot(void);

// machine_pin.c
void pins_input_changed(unsigned int gpio);
void pins_deliver(unsigned int gpio, uint64_t raised_at);
void pins_watch(unsigned int gpio, uint64_t lapse_ns);
void pins_floated(void);
void pins_kept(void);
extern const vtime_device_t pads_device;

// machine_pwm_port.c
void pwm_left_on(void);
void pwm_pad_taken(unsigned int gpio);

// machine_timer.c
void timers_deliver(unsigned int id, uint64_t due);
extern const vtime_device_t timers_device;

// uarts.c
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
void uarts_init(void);
uint32_t uarts_char_ns(const uart_t *u);
void uarts_transmit(unsigned int id, const uint8_t *data, size_t len);
void uarts_received(unsigned int id, uint8_t byte, uint32_t char_ns, bool framing_error, bool last);
extern const vtime_device_t uarts_device;
void uarts_flush_console(void);
void uart_irq_received(unsigned int id, bool last);
void uart_irq_break(unsigned int id);
extern const vtime_device_t uart_irq_device;

// flash.c
extern uint8_t *flash_memory;
extern uint32_t flash_size;
void flash_open(const char *path);
void flash_copy_to(const char *path);
void flash_read(uint32_t offset, void *buf, uint32_t len);
void flash_program(uint32_t offset, const void *buf, uint32_t len);
void flash_erase(uint32_t offset, uint32_t len);

// partition.c
bool partition_locate(uint8_t type, uint8_t subtype, const char *label, uint32_t *address, uint32_t *size);

// probe.c, stats.c, memory.c, main.c
void probe_schedule(const uint8_t *source, size_t len);
bool probe_capture(const char *str, size_t len);
void stats_emit(void);
void memory_init(void);
void memory_run_on_stack(void (*entry)(void));
void memory_soft_reset(void);
void *memory_heap(void);
uint32_t memory_arena_size(void);
uint32_t memory_arena_left(void);
extern char *memory_stack_top;

#include "costs.h"

#endif // INCLUDED_BOARD_H
