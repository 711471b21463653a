"""Faults: the closed list of codes (docs/fault-codes.md) and the table of those that were seen in this boot.

Law 7: no fault without a name. A fault is *live* while its condition lasts and stays listed until a person clears it.
"""

from micropython import const

_TYPES = const(0)  # true for the type checker (host_tools/pyright-firmware.json); on a board the compiler leaves out what is under it

if _TYPES:
    from shed.safety.contracts import FaultSink

SCAN_EXCEPTION = const(1)
SCAN_TIMER_SILENT = const(2)
CLOCK_STOPPED = const(3)
SCAN_OVERRUN = const(4)
TASK_EXCEPTION = const(5)
TASK_STUCK = const(6)
MAIN_EXCEPTION = const(7)
METER_STALE = const(8)
WELDED = const(9)
POINT_FAULT = const(10)
OUTPUT_READBACK = const(11)
JOURNAL_FULL = const(12)
CONFIG_BAD = const(13)
CARDS_BAD = const(14)
BOOT_LOOP = const(15)
READER_SILENT = const(16)
GATE_FORCED = const(17)
GATE_HELD = const(18)
HINT_STORM = const(19)
WATCHDOG = const(20)
DEAD_CONTACT = const(21)
SELF_TEST = const(22)
UNPROTECTED = const(23)
EXPANDER_BUS = const(24)
TRIP_UNKNOWN = const(25)
SUPPLY_LOST = const(26)
LOW_VOLTAGE = const(27)
LIVE_OUTLET = const(28)
METERS_MIXED = const(29)
BLIND = const(30)
WRONG_BOARD = const(31)
RECORDS_LOST = const(32)
CLOCK_UNSET = const(33)
METER_JUMP = const(35)


class Faults:
    """`sink(kind, code, arg)` hears each change once: kind 1 came, 0 is over, 2 cleared by a person."""

    def __init__(self, sink: "FaultSink"):
        self._sink = sink
        self._table = {}  # code << 16 | arg -> [times seen, live]

    def came(self, code, arg=0):
        """A fault's condition holds. The sink hears of it only when it did not hold before."""
        key = code << 16 | arg
        row = self._table.get(key)
        if row is None:
            row = self._table[key] = [0, False]
        if not row[1]:
            row[0] += 1
            row[1] = True
            self._sink(1, code, arg)

    def over(self, code, arg=0):
        """Its condition ended; it stays listed until cleared."""
        row = self._table.get(code << 16 | arg)
        if row is not None and row[1]:
            row[1] = False
            self._sink(0, code, arg)

    def clear(self):
        """Forgets faults that are over. Returns how many live ones remain."""
        for key in list(self._table):
            if not self._table[key][1]:
                del self._table[key]
                self._sink(2, key >> 16, key & 0xFFFF)
        return len(self._table)

    def is_live(self, code, arg=0):
        row = self._table.get(code << 16 | arg)
        return row is not None and row[1]

    def __len__(self):
        return len(self._table)

    def rows(self):
        """Yields (code, arg, times seen, live)."""
        for key in sorted(self._table):
            row = self._table[key]
            yield key >> 16, key & 0xFFFF, row[0], row[1]
