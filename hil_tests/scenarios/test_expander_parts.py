"""Parts that the expander sites do not have: their boards with another chip in place of one of theirs."""

from __future__ import annotations

from pathlib import Path

from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.plant.port import HIGH, LOW

from hil_tests.scenarios.test_expanders import EXPANDERS


def variant(folder: Path, name: str, *changes: tuple[str, str]) -> Path:
    """The site's path in ``folder``, beside its board with these texts changed."""
    board = (EXPANDERS / f"bench-{name}.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in board
        board = board.replace(old, new)
    (folder / f"bench-{name}.toml").write_text(board, encoding="utf-8")
    site = folder / f"{name}.toml"
    site.write_text((EXPANDERS / f"{name}.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return site


def test_an_outlet_on_a_pcf8574a_charges_and_a_call_point_on_one_cuts_it(seed: int, tmp_path: Path):
    """KinCony's KC868-A16 of version 1.5 has these at 0x39 to 0x3d."""
    changes = [("0x24", "0x3c"), ("0x25", "0x3d"), ("0x22", "0x3a")]
    site = variant(tmp_path, "pcf", ('part = "PCF8574"', 'part = "PCF8574A"'), *((f"address = {a}", f"address = {b}") for a, b in changes))
    with Bench(site=site, seed=seed) as bench:
        bench.run("15 s")
        start_charging(bench, 1)
        bench.run("1 min")
        assert bench.outlet(1).is_charging and bench.gate("main").is_locked
        name = next(iter(bench.plant.call_points))
        bench.call_point(name).press()
        bench.until(bench.outlet(1).contact_is_open, within="150 ms")
        bench.until(bench.gate("main").is_free, within="1 s")


def test_an_mcp23017_has_an_outlet_and_a_call_point(seed: int, tmp_path: Path):
    """The relay is on GPB7, which can only be an output, the call point on the other port."""
    site = variant(
        tmp_path, "mixed", ("TCA9554", "MCP23017"), ('bit = 7\nuse = "input"', 'bit = 8\nuse = "input"'),
        ('expander = "U1"\nbit = 0\n', 'expander = "U1"\nbit = 15\n'),
    )  # fmt: skip
    with Bench(site=site, seed=seed) as bench:
        bench.run("15 s")
        chip = bench.expander("U1")
        assert chip.drives[7] == LOW, "a free bit that cannot be an input is driven, so that it cannot float"
        start_charging(bench, 1)
        assert chip.drives[15] == HIGH
        bench.board.fault("timer-dead", 1)  # the board restarts; the chip keeps its outputs until boot.py writes
        bench.until(bench.outlet(1).contact_is_open, within="2 s")
        bench.until(bench.outlet(1).is_charging, within="60 s")
        bench.call_point(next(iter(bench.plant.call_points))).press()
        bench.until(bench.outlet(1).contact_is_open, within="150 ms")
        bench.until(lambda: chip.drives[15] == LOW, within="100 ms")


def test_an_mcp23017_that_leaves_the_bus_opens_the_contactor(seed: int, tmp_path: Path):
    site = variant(tmp_path, "mixed", ("TCA9554", "MCP23017"), ('bit = 7\nuse = "input"', 'bit = 8\nuse = "input"'))
    with Bench(site=site, seed=seed) as bench:
        bench.run("15 s")
        start_charging(bench, 1)
        bench.expander("U1").fault("off")
        bench.until(bench.contactor("row A").contact_is_open, within="100 ms")
        assert bench.plant.relays[1].coil_energised, "the chip keeps what it had"
