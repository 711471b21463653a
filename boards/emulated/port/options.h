// The command line of the emulated board.
#ifndef INCLUDED_OPTIONS_H
#define INCLUDED_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *flash_path;
    int64_t ticks_offset_ms;
    uint64_t boot_ns;
    uint32_t start_mhz;
    bool worst_flash;
    uint32_t irq_jitter_us;     // interrupts arrive up to this late, drawn by the seed
    int persist_fd;
} options_t;

extern options_t options;

// Sets the options, and what of P they decide. A command line that is none ends the process.
void options_parse(int argc, char **argv);

#endif // INCLUDED_OPTIONS_H
