// The watchdog (the IDF task watchdog with a user handle): goes on over a soft reset, prints a panic and restarts the CPU.

#include "board.h"
#include "chip.h"
#include "crash_dump.h"
#include "devices.h"
#include "link.h"
#include "vtime.h"
#include "watchdog.h"

static uint64_t timeout_ns;
static uint64_t deadline = BOARD_NEVER;

void watchdog_start(uint64_t ns) {
    timeout_ns = ns;
    deadline = vtime_now() + ns;
    vtime_sync();
}

void watchdog_feed(void) {
    if (timeout_ns != 0) {
        deadline = vtime_now() + timeout_ns;
    }
}

static void watchdog_bite(void) {
    link_note(NOTE_WARNING, "watchdog: not fed for %u ms", (unsigned int)(timeout_ns / NS_PER_MS));
    devices_set_cpu(false);     // the panic handler has the CPU, and keeps it
    crash_dump_watchdog();
    chip_reset(CAUSE_WDT);
}

const device_t watchdog_device = { &deadline, watchdog_bite, .needs_cpu = true };
