"""Each property of the emulated board is switched off in a copy of its source; the test that shows it must then fail.

docs/emulated-board.md promises this in its last column. It builds the board once and one file per property: a minute or two.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hil_tests.simulator.board.driver import MICROPYTHON, ROOT

PORT = ROOT / "boards/emulated/port"

# name: file, its text, the text without the property, the test that notices
MUTATIONS: dict[str, tuple[str, str, str, str]] = {
    "queue of 8": (
        "mpconfigport.h",
        "#define MICROPY_SCHEDULER_DEPTH             (8)",
        "#define MICROPY_SCHEDULER_DEPTH             (16)",
        "test_interrupts.py::test_pins_and_timers_share_one_queue_of_8_that_drops_silently",
    ),
    "wrap near 2^30": (
        "mphal_clock.c",
        "+ options.ticks_offset_ms * 1000);\n}\n\nmp_uint_t mp_hal_ticks_us",
        ");\n}\n\nmp_uint_t mp_hal_ticks_us",
        "test_time.py::test_ticks_wrap_near_2_to_the_30",
    ),
    "soft reset keeps levels": (
        "main.c",
        "        machine_pins_deinit();",
        "        machine_pins_deinit();\n        for (unsigned int i = 0; i < N_GPIO; i++) {\n            mp_hal_pin_input(i);\n        }",
        "test_resets.py::test_a_soft_reset_keeps_levels_and_drops_handlers",
    ),
    "soft reset drops handlers": (
        "main.c",
        "        machine_timer_deinit_all();\n",
        "",
        "test_resets.py::test_a_soft_reset_keeps_levels_and_drops_handlers",
    ),
    "watchdog": (
        "watchdog.c",
        "    deadline = vtime_now() + ns;",
        "    deadline = BOARD_NEVER;",
        "test_trouble.py::test_the_watchdog_ends_everything",
    ),
    "pins stay over a reset of the CPU": (
        "chip.c",
        "go_dark(cause != CAUSE_WDT && cause != CAUSE_HARD);",
        "go_dark(true);",
        "test_resets.py::test_what_restarts_the_cpu_leaves_every_pin_and_pwm_as_it_is",
    ),
    "pins float when power or EN go": (
        "pads.c",
        "    memset(P.pad, 0, sizeof(P.pad));\n",
        "",
        "test_resets.py::test_power_and_en_float_every_pin",
    ),
    "the panic is printed": (
        "watchdog.c",
        "    crash_dump_watchdog();\n",
        "",
        "test_resets.py::test_the_watchdog_dumps_a_panic_on_uart0_while_the_pins_stand",
    ),
    "flash masks interrupts": (
        "vtime.c",
        "    unsigned int state = irq_mask();\n    vtime_busy_ns(ns);\n    irq_restore(state);",
        "    vtime_busy_ns(ns);",
        "test_interrupts.py::test_edges_and_timers_wait_for_a_flash_erase_and_come_once",
    ),
    "dead timer": (
        "machine_timer.c",
        "if (!P.timer_dead[i]) {",
        "if (1) {",
        "test_trouble.py::test_a_dead_timer_is_mended_by_a_reset_of_the_chip_only",
    ),
    "late timer": (
        "machine_timer.c",
        "if (P.late_timer_ns != 0 &&",
        "if (0 &&",
        "test_interrupts.py::test_a_timer_that_is_late_stops_for_ever_when_that_fault_is_on",
    ),
    "arrival by seed": (
        "interrupts.c",
        "if (options.irq_jitter_us != 0) {",
        "if (0) {",
        "test_interrupts.py::test_a_race_that_a_fixed_arrival_never_shows_is_found_by_seeds",
    ),
    "hung I2C": (
        "machine_i2c_port.c",
        "while (!lines_are_free(self)) {",
        "while (0 && !lines_are_free(self)) {",
        "test_buses.py::test_hardware_waits_100_ms_a_byte_on_a_hung_bus",
    ),
    "stretched clock": (
        "i2c_lines.c",
        "b->clock_held_until = P.now + a->stretch_ns;",
        ";",
        "test_buses.py::test_software_waits_its_time_out_for_a_stretched_clock",
    ),
    "hung bus is reported": (
        "i2c_lines.c",
        "return i >= 0 && P.pin_in[P.bus[i].clock] != 0 && P.pin_in[P.bus[i].data] != 0;",
        "return i >= 0;",
        "test_buses.py::test_nine_clocks_by_hand_are_seen_and_free_the_bus",
    ),
    "input-only pins": (
        "machine_pin.c",
        "kind_is_input_only(gpio) ? 0 : ",
        "",
        "test_pins.py::test_input_only_pins_have_no_pulls_and_cannot_be_outputs",
    ),
    "pins of the chip": (
        "kind.c",
        "return gpio < N_GPIO && (kind->pads >> gpio & 1) && ",
        "return gpio < N_GPIO && ",
        "test_esp32s3.py::test_every_pin_but_the_flash_chips_is_an_input_and_an_output",
    ),
    "level before direction": (
        "machine_pin.c",
        "    if (args[ARG_value].u_obj != MP_OBJ_NULL) {\n        pads_set_level(gpio, mp_obj_is_true(args[ARG_value].u_obj));\n    }\n",
        "",
        "test_pins.py::test_level_comes_before_direction",
    ),
    "open drain": (
        "pads.c",
        "if (p->mode != MODE_INPUT_OUTPUT_OD) {",
        "if (1) {",
        "test_pins.py::test_open_drain_reads_the_line_and_not_what_it_was_told",
    ),
    "strapping": ("chip.c", "if (loader || low_voltage) {", "if (0) {", "test_pins.py::test_the_bootloader_looks_at_its_straps"),
    "NOR rule": ("flash.c", "page[i] = old & src[i];", "page[i] = src[i];", "test_flash.py::test_nor_rules"),
    "worst flash": (
        "options.c",
        'options.worst_flash = strcmp(value, "worst") == 0;',
        ";",
        "test_peripherals.py::test_flash_takes_typical_or_worst_time",
    ),
    "an error after the work": (
        "flash.c",
        "if (failure != FLASH_FAILS_BEFORE) {\n        memcpy(flash_memory",
        "if (failure == FLASH_WORKS) {\n        memcpy(flash_memory",
        "test_flash.py::test_a_program_that_returns_an_error_may_have_done_its_work",
    ),
    "torn page": ("flash.c", "if (P.cut_kind != CUT_BEFORE) {", "if (0) {", "test_flash.py::test_power_cut_at_a_program"),
    "NVS writes the new before it erases the old": (
        "nvs.c",
        "        if (nvs_same_key(found, &it) && found->i32 != value) {\n            nvs_erase_item(at);",
        "        if (0 && found != NULL) {\n            nvs_erase_item(at);",
        "test_nvs.py::test_pages_are_freed_as_they_fill",
    ),
    "NVS recovers": (
        "nvs_recovery.c",
        "        recover();\n",
        "        if (0) {\n            recover();\n        }\n",
        "test_nvs.py::test_a_power_cut_leaves_the_old_blob_or_the_new",
    ),
    "read sees what comes while it waits": (
        "machine_uart_driver.c",
        "    vtime_run_until(awaited.deadline, reading_is_over);",
        "    (void)reading_is_over;\n    vtime_busy_ns(self->timeout * NS_PER_MS);",
        "test_peripherals.py::test_read_waits_for_its_time_out_only",
    ),
    "write blocks": (
        "machine_uart_driver.c",
        "if (u->busy_until > P.now + room) {",
        "if (0) {",
        "test_peripherals.py::test_write_blocks_beyond_buffer",
    ),
    "ADC takes its time": ("machine_adc_port.c", "    vtime_busy_ns(COST_ADC_READ_NS);\n", "", "test_chip.py::test_adc_reads_microvolts"),
}


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A copy of the port's source and its build, complete."""
    directory = tmp_path_factory.mktemp("mutations")
    source = directory / "port"
    shutil.copytree(PORT, source)
    make(source, directory / "build")
    return source, directory / "build"


def make(source: Path, build: Path) -> None:
    command = ["make", "-s", "-C", str(source), "-j2", f"MICROPY_DIR={MICROPYTHON}", f"BUILD={build}"]
    mpy_cross = ROOT / "build/board/mpy-cross/mpy-cross"
    if mpy_cross.exists():
        command.append(f"MICROPY_MPYCROSS={mpy_cross}")
    subprocess.run(command, check=True, capture_output=True)


@pytest.mark.long
@pytest.mark.xdist_group("mutations")
@pytest.mark.parametrize("name", list(MUTATIONS))
def test_the_test_of_a_property_fails_without_it(name: str, build: tuple[Path, Path]) -> None:
    file, there, instead, test = MUTATIONS[name]
    source, objects = build
    original = (PORT / file).read_text()
    assert original.count(there) == 1, f"{file} has changed"
    (source / file).write_text(original.replace(there, instead))
    try:
        make(source, objects)
    finally:
        (source / file).write_text(original)
    node, _, function = test.partition("::")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command += [str(ROOT / "hil_tests/simulator/board" / node), "-k", function]
    environment = {**os.environ, "SHEDGUARD_BOARD": str(objects / "emulated-board")}
    run = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        output, _ = run.communicate(timeout=300)
    finally:
        # A board without one of its properties may never end by itself.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
    assert run.returncode == 1, f"not noticed by {test}: {output[-500:]}"
