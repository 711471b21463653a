"""`python -m hil_tests.upstream`: run MicroPython's test suite on emulated boards, print the counts, keep them in the docs."""

from __future__ import annotations

import argparse
import sys
import time

from shedbench.bench.board_process import BoardMissing
from shedbench.places import REPOSITORY

from . import page, suite


def main() -> int:
    """0 when nothing failed and every exclusion has its reason, 1 when not, 2 for wrong arguments or a missing build."""
    parser = argparse.ArgumentParser(prog="python -m hil_tests.upstream", description=__doc__)
    parser.add_argument("--dirs", default=",".join(suite.DIRECTORIES), help="directories of the suite, with commas between (default: all)")
    parser.add_argument("--jobs", type=int, default=2, help="boards at a time (default 2)")
    parser.add_argument("--write", action="store_true", help=f"keep the figures in {page.PAGE} (needs all directories)")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what the runner left of each failed test")
    words = parser.parse_args()
    directories = tuple(part.strip("/ ") for part in words.dirs.split(",") if part.strip())
    try:
        tree = suite.source_tree()
        missing = [directory for directory in directories if not (tree / "tests" / directory).is_dir()]
        if missing:
            parser.error(f"the suite has no directory {', '.join(missing)}")
        if words.write and set(directories) != set(suite.DIRECTORIES):
            parser.error("--write needs all directories")
        started = time.monotonic()
        outcome = suite.run(directories, max(1, words.jobs), tree)
    except (suite.SuiteMissing, BoardMissing) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(outcome.table())
    print(f"MicroPython {outcome.version}; {time.monotonic() - started:.0f} s on {words.jobs} boards", file=sys.stderr)
    if outcome.second:
        print(f"passed when tried again: {', '.join(outcome.second)}", file=sys.stderr)
    for complaint in outcome.complaints():
        print(complaint)
    if words.verbose:
        for test, text in sorted(outcome.evidence.items()):
            print(f"===== {test}\n{text}")
    if words.write:
        (REPOSITORY / page.PAGE).write_text(page.render(outcome), encoding="utf-8")
    return 1 if outcome.complaints() else 0


if __name__ == "__main__":
    sys.exit(main())
