"""Parts that differ from those of the expander sites by their address only."""

from __future__ import annotations

from pathlib import Path

from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging

from hil_tests.scenarios.test_expanders import EXPANDERS


def test_an_outlet_on_a_pcf8574a_charges_and_a_call_point_on_one_cuts_it(seed: int, tmp_path: Path):
    """KinCony's KC868-A16 of version 1.5 has these at 0x39 to 0x3d."""
    board = (EXPANDERS / "bench-pcf.toml").read_text(encoding="utf-8").replace('part = "PCF8574"', 'part = "PCF8574A"')
    for old, new in (("0x24", "0x3c"), ("0x25", "0x3d"), ("0x22", "0x3a")):
        assert f"address = {old}" in board
        board = board.replace(f"address = {old}", f"address = {new}")
    (tmp_path / "bench-pcf.toml").write_text(board, encoding="utf-8")
    site = tmp_path / "pcf.toml"
    site.write_text((EXPANDERS / "pcf.toml").read_text(encoding="utf-8"), encoding="utf-8")
    with Bench(site=site, seed=seed) as bench:
        bench.run("15 s")
        start_charging(bench, 1)
        bench.run("1 min")
        assert bench.outlet(1).is_charging and bench.gate("main").is_locked
        name = next(iter(bench.plant.call_points))
        bench.call_point(name).press()
        bench.until(bench.outlet(1).contact_is_open, within="150 ms")
        bench.until(bench.gate("main").is_free, within="1 s")
