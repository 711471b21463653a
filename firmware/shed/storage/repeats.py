"""Repeated events: one record, then a count (kind `repeats` of docs/protocols/records.md).

Hazard: a door that flaps, a card at the reader's edge, a loose wire; each would fill the journal, and nobody reads the one thing that
mattered among thousands. The first event of a kind and thing is written at once. Those that follow are counted, and the count is written
after a minute, then after two, four ... at most an hour, for as long as they go on. After such a span without any the next is a first
again. Counts are kept in RAM; those of trips in the live ring too, so that no cut loses them (docs/decisions/0033).
"""

from micropython import const

from shed.storage.journal import REPEATS, TRIP

_SHORT_S = const(60)
_LONGEST_S = const(3600)
_MOST = const(12)  # things counted at the same time
_FIRSTS = const(60)  # first records a minute of all things, twice as many with trips; more are counted under kind 0
NO_CARD = bytes(11)

# Of a row.
_ENDS_S = const(0)
_SPAN_S = const(1)
_COUNT = const(2)


class Repeats:
    """write(kind, *fields): how the count is written. Times are `uptime_s`."""

    def __init__(self, write):
        self._write = write
        self.rows = {}  # (kind, detail, card) -> [ends, span, count]
        self._minute_s = self._firsts = self._more = 0
        self.trips = False  # counts of trips changed since the live ring got them

    def is_first(self, now_s, kind, detail, card=NO_CARD):
        """Whether this event is to be written. detail: up to 32 bits that tell events of one kind apart."""
        key = (kind, detail, card)
        row = self.rows.pop(key, None)
        if row is not None:
            row[_COUNT] += 1
            self.trips |= kind == TRIP
            self.rows[key] = row
            return False
        if self._firsts >= _FIRSTS << (kind == TRIP):  # nothing else takes the place of a trip
            self._more += 1
            return False
        self._firsts += 1
        if len(self.rows) >= _MOST:
            least = key
            for other in self.rows:
                if least is key or self.rows[other][_COUNT] < self.rows[least][_COUNT]:
                    least = other
            self._tell(least)
        self.rows[key] = [now_s + _SHORT_S, _SHORT_S, 0]
        return True

    def step(self, now_s):
        """Often, at least every few seconds: writes the counts that are due."""
        if now_s >= self._minute_s:
            self._minute_s = now_s + _SHORT_S
            self._firsts = 0
            if self._more:
                self._write(REPEATS, 0, 0, self._more, _SHORT_S, NO_CARD)
                self._more = 0
        for key in self.rows:
            if now_s >= self.rows[key][_ENDS_S]:
                again = self.rows[key][_COUNT]
                span_s = self._tell(key)
                if again:
                    span_s = min(2 * span_s, _LONGEST_S)
                    self.rows[key] = [now_s + span_s, span_s, 0]
                break  # the table has changed: the others have their turn at the next step

    def _tell(self, key):
        """Takes a row out; its count is written if there is one."""
        row = self.rows.pop(key)
        if row[_COUNT]:
            self.trips |= key[0] == TRIP
            self._write(REPEATS, key[0], key[1], row[_COUNT], row[_SPAN_S], key[2])
        return row[_SPAN_S]
