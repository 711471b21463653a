"""``shed benchmark``: the budgets of goals.py as measured figures, each with its conditions.

Everything runs on the emulated board: times of the firmware are modelled (virtual nanoseconds by opcode class and C call), and their
conditions say so. Wall-clock figures are ratios of one run. A key that was not measured is absent.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from shedguard.errors import INVALID, OK, TEST_FAILED, ShedError

FULL_N = 10_000


def main(as_json: bool = False, only: Sequence[str] | None = None, seed: int = 1, n: int | None = None) -> int:
    """Measure and print; returns 0, or 6 when a measurement failed (its key is absent, stderr says why). ``only``: keys; ``n``: the samples
    of the latency figures (10 000). ShedError with exit code 2 names the known keys."""
    from .figures import KEYS, ONLY_WHEN_NAMED
    from .goals import judge

    unknown = [key for key in only or () if key not in KEYS]
    if unknown:
        raise ShedError(f"no figure {unknown[0]!r}", f"there are {', '.join(KEYS)}", "name one of these after --only", INVALID)
    results: dict[str, Any] = {}
    code = OK
    for key in only or [key for key in KEYS if key not in ONLY_WHEN_NAMED]:
        began = time.monotonic()
        print(f"measuring {key} ...", end="", file=sys.stderr, flush=True)
        try:
            results[key] = judge(key, KEYS[key](seed, n or FULL_N))
        except Exception as error:  # noqa: BLE001  one failed figure must not lose the others
            code = TEST_FAILED
            print(f" NOT MEASURED: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        else:
            print(f" {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    if as_json:
        print(json.dumps(results, indent=2))
    else:
        from .show import show

        show(results)
    return code
