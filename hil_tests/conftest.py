"""For every test: Ctrl-C and `kill -INT` do here and in what is started here what they do at a terminal.

A job that a script starts in the background ignores the signal, and so would every program that a test starts and ends with it.
"""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
