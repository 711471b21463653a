"""Where the script `shed` begins. It imports nothing slow, so that Ctrl-C works from the first moment."""

from __future__ import annotations

import os
import signal
import sys

_INTERRUPTED = 130  # errors.INTERRUPTED, which is not imported yet


def main() -> None:
    """Runs the command line and leaves with its exit code."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda *_: os._exit(_INTERRUPTED))  # while the tool loads: half a second on a slow laptop
        from .cli import run

        signal.signal(signal.SIGINT, signal.default_int_handler)
    else:
        from .cli import run  # the caller has set SIGINT otherwise: left as it is
    try:
        code = run()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    sys.exit(code)
