"""A shed whose site file differs in a few lines from one in hil_tests/sites."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shedbench.bench.bench import Bench


@contextmanager
def shed(seed: int, folder: Path, site: Path, changes: dict[str, tuple[str, str]]) -> Iterator[Bench]:
    """In service, with lines of the site file changed: old text by new."""
    text = site.read_text(encoding="utf-8")
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    for board in site.parent.glob("*8.toml"):
        (folder / board.name).write_text(board.read_text(encoding="utf-8"), encoding="utf-8")
    with Bench(site=path, seed=seed) as bench:
        bench.run("15 s")
        yield bench
