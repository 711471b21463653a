"""The chip's watchdog, constructed once, by the generated boot.py; a second constructor would reconfigure it (lint forbids that).

Hazard: a feed from the wrong place hides a dead controller. Only the supervisor (service/tasks.py) calls `feed`, after the scan and every
task made progress.
"""


class Watchdog:
    """Wraps the WDT that boot.py left in the shared namespace; `None` (a bench without boot.py) feeds nothing and is reported."""

    def __init__(self, wdt):
        self.armed = wdt is not None
        self.feed = wdt.feed if wdt is not None else _nothing


def _nothing():
    pass
