// What a panic leaves on UART0 before the CPU restarts: the task watchdog names who was late, then registers and a backtrace.
//
// In the shape of ESP-IDF's panic handler, in words and numbers of our own. It takes its time: nothing runs, every pad stays as it is.

#include <stdio.h>
#include <string.h>

#include "board.h"
#include "crash_dump.h"
#include "persist.h"
#include "uarts.h"
#include "vtime.h"

#define REGISTERS_A_LINE (4)

static const char *const registers[] = {
    "PC", "PS", "A0", "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "A11", "A12", "A13", "A14", "A15",
    "SAR", "EXCCAUSE", "EXCVADDR", "LBEG", "LEND", "LCOUNT",
};
#define N_REGISTERS (sizeof(registers) / sizeof(registers[0]))

static void say(const char *text) {
    uarts_transmit(0, (const uint8_t *)text, strlen(text));
}

static void put_registers(unsigned int core) {
    char line[160];
    snprintf(line, sizeof(line), "Core %u register dump:\r\n", core);
    say(line);
    for (unsigned int i = 0; i < N_REGISTERS; i += REGISTERS_A_LINE) {
        int n = 0;
        for (unsigned int k = i; k < i + REGISTERS_A_LINE && k < N_REGISTERS; k++) {
            unsigned int value = k == 0 ? 0x400d1000u + core * 0x5200 : 0x3ffb0000u + (k * 0x9d4 + core * 0x4020) % 0xffff;
            n += snprintf(line + n, sizeof(line) - (size_t)n, "%-8s: 0x%08x  ", registers[k], value);
        }
        snprintf(line + n, sizeof(line) - (size_t)n, "\r\n");
        say(line);
    }
}

static void put_backtrace(unsigned int core) {
    char line[160];
    int n = snprintf(line, sizeof(line), "\r\n\r\nBacktrace:");
    for (unsigned int i = 0; i < 5; i++) {
        n += snprintf(line + n, sizeof(line) - (size_t)n, " 0x%08x:0x%08x", 0x400d1000u + core * 0x5200 + i * 0x1f4, 0x3ffb2000u + i * 0x20);
    }
    snprintf(line + n, sizeof(line) - (size_t)n, "\r\n\r\n");
    say(line);
}

static bool has_left(void) {
    return P.now >= uarts[0].busy_until;
}

void crash_dump_watchdog(void) {
    char head[120];
    unsigned int ms = (unsigned int)((P.now - P.boot_at) / NS_PER_MS);
    static const char *const lines[] = {
        "E (%u) task_wdt: Watchdog triggered. Tasks or users that did not feed it in time:\r\n",
        "E (%u) task_wdt:  - mpy_machine_wdt\r\n",
        "E (%u) task_wdt: What runs on the cores now:\r\n",
        "E (%u) task_wdt: CPU 0: IDLE0\r\n",
        "E (%u) task_wdt: CPU 1: mp_task\r\n",
        "E (%u) task_wdt: Ends in a panic.\r\n",
    };
    for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        snprintf(head, sizeof(head), lines[i], ms);
        say(head);
    }
    say("\r\n");
    for (unsigned int core = 0; core < 2; core++) {
        put_registers(core);
        put_backtrace(core);
    }
    say("ELF file SHA256: 656d756c61746564\r\n\r\nRebooting...\r\n");
    uarts_flush_console();
    vtime_run_until(uarts[0].busy_until, has_left);
}
