"""docs/upstream-tests.md, written from an outcome."""

from __future__ import annotations

from typing import Final

from .outcome import Outcome

PAGE: Final = "docs/upstream-tests.md"
COMMAND: Final = ".venv/bin/python -m hil_tests.upstream --write"
_HEAD: Final = """\
# MicroPython's own tests on the emulated board

The suite comes with the source package the board is built from (MicroPython {version}); nothing of it is in this repository. Its own
runner, unmodified, talks to two emulated boards over pseudo-terminals (`run-tests.py -t port:/dev/pts/N`), with CPython's output as the
reference where a test has no expected output of its own. The boards run as fast as the host allows; GPIO 4 and 5 are joined by a jumper.

```
{command}
```

repeats it and rewrites this page; `--dirs basics,float` runs less, `-v` shows what a failed test printed. `make long` runs it all and
compares with the figures here.

A test that is skipped, by itself or by the runner, counts as excluded, and so does one that is not started or that fails for a reason
that is known; each has its reason in [exclusions.toml](../hil_tests/upstream/exclusions.toml), and a row whose test passes is an error.
A test that fails is tried once more: a few asyncio tests compare with what CPython does in wall time, which a busy host delays (the
board's own time is virtual).

The tests that use `unittest` get the small one in `hil_tests/upstream/device/`, because the source package is without micropython-lib.
"""


def render(outcome: Outcome) -> str:
    """The page."""
    head = _HEAD.format(version=outcome.version, command=COMMAND)
    failed = "".join(f"- `{test}`\n" for test in outcome.failures)
    return (
        head
        + f"\n## Counts\n\n{outcome.table()}\n"
        + (f"\n## Failures\n\n{failed}" if failed else "")
        + f"\n## Excluded\n\n{outcome.reasons()}\n"
    )
