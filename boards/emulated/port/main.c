// Start of the emulated board: the command line, the chip's boot, and the main loop of the ESP32 port.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "py/builtin.h"
#include "py/compile.h"
#include "py/cstack.h"
#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "shared/readline/readline.h"
#include "shared/runtime/pyexec.h"
#include "board.h"
#include "interrupts.h"
#include "kind.h"
#include "ports.h"
#include "rng.h"
#include "watchdog.h"

// What mp_cstack_check() may use. An ESP32 has a task stack of 16 KB and reaches about 50 trivial Python calls
// (docs/domain.md); x86 frames are smaller than Xtensa's, so the limit is set to the same depth,
// not to the same bytes: a function that calls itself from main code reaches 50 (hil_tests/board/test_chip.py).
#define STACK_LIMIT (13 * 1024 + 512)

options_t options = {
    .boot_ns = 300 * NS_PER_MS,     // assumption: ROM, bootloader and IDF start-up of a stock image from flash
    .start_mhz = 160,
    .persist_fd = -1,
};

const char board_help_text[] =
    "Welcome to MicroPython on the emulated ESP32 of ShedGuard!\n"
    "\n"
    "Control commands:\n"
    "  CTRL-A        -- on a blank line, enter raw REPL mode\n"
    "  CTRL-B        -- on a blank line, enter normal REPL mode\n"
    "  CTRL-C        -- interrupt a running program\n"
    "  CTRL-D        -- on a blank line, do a soft reset of the board\n"
    "  CTRL-E        -- on a blank line, enter paste mode\n"
;

static void usage(const char *problem, const char *what) {
    fprintf(stderr, "emulated-board: %s %s\n"
        "usage: emulated-board --flash FILE --link-fd N --seed S --start-ns T [--ticks-offset-ms M] [--boot-ms B]\n"
        "                      [--cpu-mhz 160|240] [--flash-timing typical|worst] [--irq-jitter-us J]\n"
        "                      [--chip esp32|esp32s3] [--psram none|quad|octal] [--adc-uncalibrated]\n", problem, what);
    _exit(2);
}

static int64_t number(const char *option, const char *text) {
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 0);
    if (errno != 0 || end == text || *end != 0) {
        usage("not a number for", option);
    }
    return v;
}

static void parse_arguments(int argc, char **argv) {
    P.link_fd = -1;
    P.cut_countdown = -1;
    P.enabled = true;
    for (int i = 1; i < argc; i += 2) {
        const char *name = argv[i];
        if (strcmp(name, "--adc-uncalibrated") == 0) {
            P.adc_blank = true;
            i--;        // the only option without a value
            continue;
        }
        if (i + 1 >= argc) {
            usage("no value for", name);
        }
        const char *value = argv[i + 1];
        if (strcmp(name, "--flash") == 0) {
            options.flash_path = value;
        } else if (strcmp(name, "--link-fd") == 0) {
            P.link_fd = (int)number(name, value);
        } else if (strcmp(name, "--seed") == 0) {
            P.seed = (uint32_t)number(name, value);
        } else if (strcmp(name, "--start-ns") == 0) {
            P.now = (uint64_t)number(name, value);
        } else if (strcmp(name, "--ticks-offset-ms") == 0) {
            options.ticks_offset_ms = number(name, value);
        } else if (strcmp(name, "--boot-ms") == 0) {
            options.boot_ns = (uint64_t)number(name, value) * NS_PER_MS;
        } else if (strcmp(name, "--cpu-mhz") == 0) {
            options.start_mhz = (uint32_t)number(name, value);
        } else if (strcmp(name, "--flash-timing") == 0) {
            options.worst_flash = strcmp(value, "worst") == 0;
        } else if (strcmp(name, "--irq-jitter-us") == 0) {
            options.irq_jitter_us = (uint32_t)number(name, value);
        } else if (strcmp(name, "--chip") == 0) {
            if (!kind_choose(value)) {
                usage("no such chip:", value);
            }
        } else if (strcmp(name, "--psram") == 0) {
            if (!kind_set_psram(value)) {
                usage("no such PSRAM:", value);
            }
        } else if (strcmp(name, "--persist-fd") == 0) {
            options.persist_fd = (int)number(name, value);
        } else {
            usage("unknown option", name);
        }
    }
    if (options.flash_path == NULL || P.link_fd < 0) {
        usage("needed:", "--flash and --link-fd");
    }
    rng_seed(P.seed);
    for (unsigned int i = 0; i < N_GPIO; i++) {
        P.pin_in[i] = 2;
    }
}

// One life between two soft resets: boot scripts, then the REPL until Ctrl-D.
static void run_micropython(void) {
    char *heap = memory_heap();
    mp_cstack_init_with_top(memory_stack_top, STACK_LIMIT);
    gc_init(heap, heap + MICROPY_GC_INITIAL_HEAP_SIZE);
    mp_init();
    mp_obj_list_append(mp_sys_path, MP_OBJ_NEW_QSTR(MP_QSTR__slash_lib));
    readline_init0();
    machine_pins_init();
    reader_cost_forget();

    pyexec_frozen_module("_boot.py", false);
    int ret = pyexec_file_if_exists("boot.py");
    if (ret & PYEXEC_FORCED_EXIT) {
        return;
    }
    if (pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL && ret != 0) {
        ret = pyexec_file_if_exists("main.py");
        if (ret & PYEXEC_FORCED_EXIT) {
            return;
        }
    }
    for (;;) {
        if (pyexec_mode_kind == PYEXEC_MODE_RAW_REPL) {
            if (pyexec_raw_repl() != 0) {
                return;
            }
        } else if (pyexec_friendly_repl() != 0) {
            return;
        }
    }
}

static void chip_main(void) {
    chip_boot();
    machine_init();
    for (;;) {
        run_micropython();
        // A soft reset: handlers, timers and UART drivers go; output levels and the watchdog stay.
        machine_timer_deinit_all();
        gc_sweep_all();
        mp_hal_stdout_tx_str("MPY: soft reboot\r\n");
        machine_pins_deinit();
        machine_uart_deinit_all();
        machine_i2c_forget();
        machine_pwm_deinit_all();
        machine_spi_forget();
        machine_deinit();
        mp_deinit();
        link_emit(REC_RESET, CAUSE_SOFT, vtime_now(), NULL, 0);
        P.horizon = P.now;
        vtime_sync();
    }
}

// What does something by itself, in the order in which it happens at one nanosecond.
static const vtime_device_t *const devices[] = {
    &buses_device,
    &watchdog_device,
    &interrupts_device,
    &timers_device,
    &uarts_device,
    &uart_irq_device,
    &pads_device,
};

static void start_devices(void) {
    for (size_t i = 0; i < MP_ARRAY_SIZE(devices); i++) {
        vtime_register(devices[i]);
    }
    vtime_register_inputs(&inputs_device);
    irq_connect(timers_deliver, pins_deliver);
}

int main(int argc, char **argv) {
    persist_set_arguments(argv);
    parse_arguments(argc, argv);
    kind_put_name();
    esp32_module_init();
    memory_init();
    uarts_init();
    start_devices();
    vtime_mhz = options.start_mhz;
    bool first = options.persist_fd < 0;
    if (!first) {
        persist_load(options.persist_fd);
        options.flash_path = getenv("SHEDGUARD_BOARD_FLASH");
    }
    flash_open(options.flash_path);
    if (first) {
        link_hello();
    } else if (P.power && !P.halted && P.enabled) {
        // The RESET record went out before the process image was replaced.
        P.reset_due = false;
    }
    memory_run_on_stack(chip_main);
}

// As the ESP32 port does: an exception that nobody can catch (a flash read that fails while boot.py is looked for) restarts the chip.
void nlr_jump_fail(void *val) {
    (void)val;
    if (P.boot_at == 0) {
        fprintf(stderr, "emulated-board: NLR jump failed\n");
        _exit(3);
    }
    link_note(NOTE_WARNING, "NLR jump failed: the chip restarts");
    chip_reset(CAUSE_HARD);
}
