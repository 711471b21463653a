"""Puts journal records on the plant's clock: a record says which boot wrote it and how many seconds into that boot.

The n-th boot record belongs to the plant's n-th start that lived long enough to write one: a start cut before its record stands is in the
plant's list only. Where nobody knows how long starts lived, the count in the record, less that of the first one, is the place in the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shedguard.records import Record

SECOND_NS: Final = 1_000_000_000
# Uptime begins when the board's program does, up to 3 s after its start, and is cut to whole seconds: records look early, hardly ever late.
EARLY_NS: Final = 4 * SECOND_NS
LATE_NS: Final = SECOND_NS // 2


class Timeline:
    """``findings``: what is wrong with the boots themselves."""

    def __init__(self, boots_ns: Sequence[int], records: Sequence[Record], stops_ns: Sequence[int] = ()) -> None:
        self.findings: list[str] = []
        written = sum(record.kind == "boot" for record in records)
        if stops_ns:
            boots_ns = _longest_lived(boots_ns, stops_ns, written)
        turn = 0
        self._start_ns: dict[int, int] = {}  # by record sequence
        first: int | None = None
        start_ns = boots_ns[0] if boots_ns else 0
        for record in records:
            if record.kind == "boot":
                boots = record.number("boots")
                first = boots if first is None else first
                place = turn if stops_ns else boots - first
                turn += 1
                if 0 <= place < len(boots_ns):
                    start_ns = boots_ns[place]
                else:
                    self.findings.append(f"the journal has boot {boots} (the first is {first}), but the plant saw {len(boots_ns)} starts")
            self._start_ns[record.sequence] = start_ns

    def when(self, record: Record) -> int:
        """The plant's time of ``record``; the true one is at most EARLY_NS later and LATE_NS earlier."""
        return self._start_ns[record.sequence] + record.uptime_s * SECOND_NS


def _longest_lived(boots_ns: Sequence[int], stops_ns: Sequence[int], count: int) -> list[int]:
    """``count`` of the starts, in their order: those that went on for longest. The last one still lives."""
    ends = [next((stop for stop in stops_ns if stop > boot), 1 << 62) for boot in boots_ns]
    lived = sorted(zip(boots_ns, ends, strict=True), key=lambda life: life[0] - life[1])
    return sorted(boot for boot, _end in lived[:count])
