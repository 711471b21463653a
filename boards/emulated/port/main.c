// Start of the emulated board: its devices, the chip's boot, and the main loop of the ESP32 port.

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "py/builtin.h"
#include "py/compile.h"
#include "py/cstack.h"
#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "shared/readline/readline.h"
#include "shared/runtime/pyexec.h"
#include "apply.h"
#include "chip.h"
#include "devices.h"
#include "flash_file.h"
#include "i2c_lines.h"
#include "interrupts.h"
#include "kind.h"
#include "ledc.h"
#include "link.h"
#include "machine_i2c_port.h"
#include "machine_pin.h"
#include "machine_spi_port.h"
#include "machine_timer.h"
#include "machine_uart_irq.h"
#include "machine_uart_port.h"
#include "memory.h"
#include "modesp32.h"
#include "modmachine_port.h"
#include "options.h"
#include "pads.h"
#include "persist.h"
#include "reader_cost.h"
#include "restart.h"
#include "uarts.h"
#include "vtime.h"
#include "watchdog.h"

// What mp_cstack_check() may use. An ESP32 has a task stack of 16 KB and reaches about 50 trivial Python calls
// (docs/domain.md); x86 frames are smaller than Xtensa's, so the limit is set to the same depth,
// not to the same bytes: a function that calls itself from main code reaches 50 (hil_tests/simulator/board/test_chip.py).
#define STACK_LIMIT (13 * 1024 + 512)

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
        ledc_stop_all();
        machine_spi_forget();
        machine_deinit();
        mp_deinit();
        link_emit(REC_RESET, CAUSE_SOFT, vtime_now(), NULL, 0);
        P.horizon = P.now;
        vtime_sync();
    }
}

// The devices that act by themselves, in the order in which they act at one nanosecond.
static const device_t *const devices[] = {
    &i2c_lines_device,
    &watchdog_device,
    &interrupts_device,
    &timers_device,
    &uarts_device,
    &uart_irq_device,
    &pads_device,
};

static void start_devices(void) {
    for (size_t i = 0; i < MP_ARRAY_SIZE(devices); i++) {
        devices_register(devices[i]);
    }
    vtime_set_inputs(&inputs_device);
    irq_connect(timers_deliver, machine_pin_deliver);
}

int main(int argc, char **argv) {
    restart_set_arguments(argv);
    persist_begin();
    options_parse(argc, argv);
    kind_put_name();
    esp32_module_init();
    memory_init();
    uarts_init(&uart_irq_listener);
    start_devices();
    vtime_mhz = options.start_mhz;
    bool first = options.persist_fd < 0;
    if (!first) {
        restart_load(options.persist_fd);
        options.flash_path = getenv("SHEDGUARD_BOARD_FLASH");
    }
    flash_file_open(options.flash_path);
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
