"""The C files of the emulated board can be read one by one: no long cycle of files, no header without an owner; and the rules fire."""

from __future__ import annotations

from pathlib import Path

from shedbench.places import REPOSITORY

from hil_tests.lint import c_files

PORT = REPOSITORY / "boards/emulated/port"
LARGEST_CIRCLE = 2  # two files may need each other: a clock and what it holds back, a pad and the line on it


def write(directory: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
    return directory


def test_no_circle_of_c_files_is_larger_than_two() -> None:
    graph = c_files.arrows(PORT)
    assert "devices" in graph["vtime"] and "uarts" in graph["crash_dump"], "the arrows are not found"
    too_large = [" <-> ".join(group) for group in c_files.circles(graph) if len(group) > LARGEST_CIRCLE]
    assert not too_large, f"these files need each other (break the cycle: register, or split off the lower part): {too_large}"


def test_every_header_says_what_one_c_file_offers() -> None:
    orphans = c_files.headers_without_owner(PORT)
    assert not orphans, f"no C file of the same name beside {orphans}"
    assert not c_files.functions_in((PORT / "board.h").read_text(encoding="utf-8")), (
        "board.h holds numbers only; a file declares its functions in its own header"
    )


def test_the_clock_knows_no_device() -> None:
    graph = c_files.arrows(PORT)
    devices = {path.stem for path in PORT.glob("*.c") if "_device = { " in path.read_text(encoding="utf-8")}
    assert {"pads", "watchdog", "machine_timer"} <= devices
    assert not graph["devices"] & devices, "devices register, the table of devices includes none"
    assert graph["vtime"] & devices <= {"interrupts"}, "the clock asks the table of devices (it may hold interrupts back)"


def test_the_circle_rule_fires(tmp_path: Path) -> None:
    port = write(
        tmp_path,
        {
            "a.c": '#include "a.h"\n#include "b.h"\nint a(void) {\n    return b();\n}\n',
            "a.h": "int a(void);\n",
            "b.c": '#include "b.h"\nint b(void) {\n    return c(1);\n}\n',
            "b.h": '#include "c.h"\nint b(void);\n',
            "c.c": '#include "c.h"\n// calls a()\nint c(int x) {\n    return x;\n}\n',
            "c.h": "int c(int x);\n",
        },
    )
    assert c_files.arrows(port) == {"a": {"b"}, "b": {"c"}, "c": set()}
    assert c_files.circles(c_files.arrows(port)) == []
    # A call closes the cycle, whichever header declares it.
    write(port, {"c.c": "int a(void);\nint c(int x) {\n    return x + a();\n}\n"})
    assert c_files.circles(c_files.arrows(port)) == [["a", "b", "c"]]


def test_the_header_rules_fire(tmp_path: Path) -> None:
    port = write(tmp_path, {"a.c": "", "a.h": "", "board.h": "", "shared.h": ""})
    assert c_files.headers_without_owner(port) == ["shared.h"]
    numbers = "// Numbers\n#ifndef X\n#define X\n#include <stdint.h>\n#define N (3)\n#endif // X\n"
    assert c_files.functions_in(numbers) == []
    assert c_files.functions_in(numbers + "void f(void);\n") == ["void f(void);"]
