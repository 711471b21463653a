"""The charging section of the site file, in the units the code counts in (milliseconds, milliwatts).

Hazard: a limit read in the wrong unit is a limit that is not there. Defaults and sources: docs/domain.md.
"""

from micropython import const

DAY_MS = const(86400000)


def _minutes_ms(minutes):
    return min(minutes, 1440) * 60000 or DAY_MS


class Rules:
    """record: the 17 numbers of image section 12, in its order. 0 for a session limit means the 24 h backstop; 0 checkpoint s means 600."""

    def __init__(self, record):
        self.start_mw = record[0] * 1000
        self.start_ms = record[1] * 1000
        self.unplug_mw = record[2]
        self.unplug_ms = record[3] * 1000
        self.full_percent = record[4]
        self.full_floor_mw = record[5] * 1000
        self.full_ms = record[6] * 1000
        self.full_late_ms = record[7] * 1000
        self.late_after_ms = record[8] * 1000
        self.drift_mw = record[9] * 1000
        self.top_up_ms = record[10] * 1000
        self.min_mw = record[11] * 1000
        self.min_ms = record[12] * 1000
        self.max_ms = _minutes_ms(record[13])
        self.hard_ms = _minutes_ms(record[14])
        self.grant_ms = record[15] * 1000
        self.checkpoint_ms = (record[16] or 600) * 1000
