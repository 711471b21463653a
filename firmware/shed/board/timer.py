"""The scan's timer: hardware timer 1, initialised once per boot.

Timer 0 belongs to UART idle detection up to MicroPython 1.28, and repeated `init` has been reported to stop the clock. The callback is
soft: it runs between bytecodes, from a queue of 8 that drops silently when full. The scan's own guards live with that (safety/scan.py).
"""

from machine import Timer

_timer = None


def start(callback, period_ms):
    """Starts the one periodic timer. AssertionError on a second call in one boot."""
    global _timer
    assert _timer is None
    _timer = Timer(1)
    _timer.init(mode=Timer.PERIODIC, period=period_ms, callback=callback)
