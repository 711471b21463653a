"""For every test: Ctrl-C and `kill -INT` do here and in what is started here what they do at a terminal.

And the tools' answers are English, whatever the locale of who runs the tests.

A job that a script starts in the background ignores the signal, and so would every program that a test starts and ends with it.
"""

from __future__ import annotations

import os
import signal

os.environ["LC_ALL"] = "C.UTF-8"

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
