"""What a stock image carries: estimated before anything is written, never more than the board really has left."""

from __future__ import annotations

from pathlib import Path

import pytest
from shedbench.bench.bench import Bench
from shedbench.places import REPOSITORY
from shedguard.boards.known import load_file
from shedguard.commands.cli import run
from shedguard.errors import ShedError
from shedguard.site import memory
from shedguard.site.load import LoadedSite, load

from hil_tests.scenarios import limit_site

SITES = REPOSITORY / "hil_tests" / "sites"
SMALL = load(SITES / "small.toml")
FREE = "import gc\ngc.collect()\nprint(gc.mem_free())"
LARGEST = limit_site.Size()
SESSION_BYTES = 660  # that an outlet takes more while it charges; measured in the benchmark


def limit(folder: Path, size: limit_site.Size = LARGEST) -> tuple[Path, LoadedSite]:
    path = limit_site.write(folder, size)
    return path, load(path, load_file(folder / "bench-limit.toml"))


def free_idle(path: Path) -> int:
    with Bench(site=path, seed=1, program="frozen") as bench:
        bench.run("20 s")
        return int(bench.board.probe(FREE).split()[0])


@pytest.mark.parametrize("size", [LARGEST, limit_site.Size(outlets=8, groups=1, loops=2, contacts=3, gates=1)])
def test_what_a_site_takes_more_than_the_small_one_is_reckoned_with_a_little_to_spare(size: limit_site.Size, tmp_path: Path):
    path, loaded = limit(tmp_path, size)
    sessions = (size.outlets - len(SMALL.site.outlet)) * SESSION_BYTES
    measured = free_idle(SITES / "small.toml") - free_idle(path) + sessions
    reckoned = memory.left_bytes(SMALL.site, SMALL.board) - memory.left_bytes(loaded.site, loaded.board)
    assert measured <= reckoned <= measured + 10_000  # beside objects there is the code of expanders and votes, which is not frozen there


def test_a_site_at_every_limit_is_refused_for_a_stock_image_with_its_figures(tmp_path: Path):
    _path, loaded = limit(tmp_path)
    assert any("stock MicroPython image does not carry" in warning.what for warning in loaded.warnings)
    with pytest.raises(ShedError, match="40 outlets, 30 points and 11 expanders") as caught:
        memory.refuse(loaded.site, loaded.board)
    assert caught.value.code == 2


def test_each_product_carries_its_example_shed():
    for path in sorted((SITES / "boards").glob("*.toml")):
        loaded = load(path)
        memory.refuse(loaded.site, loaded.board)


def test_a_shed_too_large_is_not_installed_nor_pushed_and_nothing_is_opened_for_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    site = tmp_path / "big.toml"
    assert run(["config", "new", "--board", "kc868-a16", "--outlets", "16", "--defaults", "--out", str(site)]) == 0
    assert run(["config", "check", str(site)]) == 0
    assert "warning: a stock MicroPython image does not carry this site" in capsys.readouterr().err
    for verb in (["install"], ["config", "push"]):
        assert run([*verb, str(site), "--port", str(tmp_path / "no-port"), "--yes"]) == 2
        said = capsys.readouterr().err
        assert "error: a stock MicroPython image does not carry this site" in said and "second one" in said
