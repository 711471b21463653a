"""Somebody holds a key of the terminal while the board starts: no moment of the start may end at a prompt, where nothing feeds a watchdog
and nothing watches the smoke. MicroPython lets Ctrl-C interrupt each file it runs; boot.py and main.py switch that off first.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.console import ConsoleError
from shedbench.places import SMALL_SITE as SITE

BOOT_FILES_MS = (300, 420)  # boot.py, then main.py until it imports the shed
IN_SERVICE_MS = 1300
BURST = 400  # 35 ms of a key that repeats at the line's speed
KEYS = {"Ctrl-C": b"\x03", "Ctrl-D": b"\x04", "Ctrl-A": b"\x01", "Ctrl-B": b"\x02"}


def start_with(keys: bytes, at_us: int) -> Callable[[Bench], tuple[str, int, bool]]:
    """Power on, `keys` from `at_us` on; answers with the console's mode, the number of boots and whether smoke still frees the gate."""

    def body(bench: Bench) -> tuple[str, int, bool]:
        bench.board.power_cycle()
        before, printed = len(bench.board.boots), bench.serial.position
        bench.run(f"{at_us} us")
        bench.console.send(keys)
        bench.run("20 s")
        try:
            mode = bench.console.ask({"do": "hello"})[0]["mode"]
        except ConsoleError as error:
            mode = f"no console: {error}"
        if ">>> " in bench.serial.since(printed).decode("utf-8", "replace"):
            mode += ", after a prompt"
        locked = bool(bench.gate("main").is_locked)
        bench.smoke("bay").alarm()
        bench.run("100 ms")
        return mode, len(bench.board.boots) - before, locked and bool(bench.gate("main").is_free)

    return body


def try_all(bench: Bench, starts: Sequence[tuple[bytes, int]]) -> None:
    answers = bench.branches([start_with(keys, at_us) for keys, at_us in starts])
    wrong = [(start, answer) for start, answer in zip(starts, answers, strict=True) if answer[0] != "service" or not answer[2]]
    assert not wrong, f"{len(wrong)} of {len(starts)} starts did not come to service: {wrong[:5]}"


@pytest.fixture(params=["frozen", "stock"])
def started(request: pytest.FixtureRequest, seed: int) -> Iterator[Bench]:
    """On both images: the source of the program decides how long main.py takes."""
    with Bench(site=SITE, seed=seed, program=request.param) as bench:
        bench.run("15 s")
        yield bench


@pytest.mark.parametrize("key", KEYS)
def test_a_key_held_during_the_start_leaves_the_shed_in_service(started: Bench, key: str):
    moments = [317_500, 330_000, 900_000]
    if key == "Ctrl-C":
        moments += [*range(316_000, 324_000, 400), 300_000, 360_000, 400_000, 500_000]
    try_all(started, [(KEYS[key] * count, at_us) for at_us in moments for count in (1, BURST)])


@pytest.mark.long
def test_ctrl_c_at_any_moment_of_the_start_leaves_the_shed_in_service(started: Bench):
    first, last = BOOT_FILES_MS
    chance = random.Random(started.seed)
    moments = [first * 1000 + 500 * step for step in range(2 * (last - first))]  # every half millisecond of the two files
    moments += [chance.randrange(last * 1000, IN_SERVICE_MS * 1000) for _ in range(120)]
    try_all(started, [(b"\x03" * chance.choice((1, 1, 2, 8, 100)), at_us) for at_us in moments])


@pytest.mark.parametrize("file", ["boot.py", "main.py"])
def test_a_file_that_does_not_switch_ctrl_c_off_ends_at_a_prompt_as_on_the_chip(seed: int, file: str):
    files = {"boot.py": "print('boot ran')\n", "main.py": "print('main ran')\n"}
    files[file] = "import time\ntime.sleep_ms(300)\n" + files[file]
    with Bench(site=SITE, seed=seed, flash=files) as bench:
        bench.run("450 ms")
        bench.console.send(b"\x03")
        bench.run("1 s")
        text = bench.serial.text()
        assert "KeyboardInterrupt" in text and text.endswith(">>> ") and "main ran" not in text
        assert ("boot ran" in text) == (file == "main.py")
