"""Puts journal records on the plant's clock: a record says which boot wrote it and how many seconds into that boot.

Records of one boot are contiguous, after their boot record if it could be written: a start that was cut early has none, and a flash error
may lose one. The start they belong to follows from the time at which one of them went to flash. Where nobody watched the flash it follows
from constraints: their order, no uptime longer than the start lasted, and as little time as possible without records. Where the length of
starts is unknown too, the boot count minus the first one is the index.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from types import MappingProxyType
from typing import Final

from shedguard.formats.records import Record

SECOND_NS: Final = 1_000_000_000
# Uptime begins when the board's program does, up to 3 s after its start, and is truncated to whole seconds: records look early, hardly ever
# late.
EARLY_NS: Final = 4 * SECOND_NS
LATE_NS: Final = SECOND_NS // 2
IMPOSSIBLE: Final = 1e9
ODD_COUNT: Final = 1.0  # cost of a boot count that does not fit, in seconds of life without records


class Timeline:
    """``findings``: what is wrong with the boots themselves. ``stops_ns``: when starts ended; empty when unknown. ``written_ns``: by
    sequence, when records went to flash, as far as known."""

    def __init__(
        self,
        boots_ns: Sequence[int],
        records: Sequence[Record],
        stops_ns: Sequence[int] = (),
        written_ns: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        self.findings: list[str] = []
        self._start_ns: dict[int, int] = {}  # by record sequence
        begin_ns = boots_ns[0] if boots_ns else 0
        lives = _lives(records)
        for record in records[: len(records) - sum(len(life) for life in lives)]:
            self._start_ns[record.sequence] = begin_ns  # of a life before this bench
        known = [_seen_by(boots_ns, life, written_ns) for life in lives]
        places = _by_life(boots_ns, stops_ns, lives, known) if stops_ns else _by_count(lives)
        for life, place in zip(lives, places, strict=True):
            if 0 <= place < len(boots_ns):
                begin_ns = boots_ns[place]
            else:
                first, boots = _count(lives[0]), _count(life)
                self.findings.append(f"the journal has boot {boots} (the first is {first}), but the plant saw {len(boots_ns)} starts")
            for record in life:
                self._start_ns[record.sequence] = begin_ns

    def when(self, record: Record) -> int:
        """The plant's time of ``record``; the true time is at most EARLY_NS later and LATE_NS earlier."""
        return self._start_ns[record.sequence] + record.uptime_s * SECOND_NS


def _lives(records: Sequence[Record]) -> list[list[Record]]:
    """The records of each boot, from the first boot record on. A sector's `state` may come before it."""
    lives: list[list[Record]] = []
    for record in records:
        another = not lives or lives[-1][-1].boot != record.boot or (record.kind == "boot" and any(r.kind == "boot" for r in lives[-1]))
        if another and (lives or record.kind == "boot"):
            lives.append([])
        if lives:
            lives[-1].append(record)
    return lives


def _count(life: list[Record]) -> int:
    return next((record.number("boots") for record in life if record.kind == "boot"), life[0].boot)


def _by_count(lives: list[list[Record]]) -> list[int]:
    return [_count(life) - _count(lives[0]) for life in lives]


def _seen_by(boots_ns: Sequence[int], life: list[Record], written_ns: Mapping[int, int]) -> int | None:
    """The start in which a record of ``life`` went to flash; None: nobody saw one."""
    at_ns = next((written_ns[record.sequence] for record in life if record.sequence in written_ns), None)
    return None if at_ns is None else bisect_right(boots_ns, at_ns) - 1


def _by_life(boots_ns: Sequence[int], stops_ns: Sequence[int], lives: list[list[Record]], known: Sequence[int | None] = ()) -> list[int]:
    """The cheapest way to give the lives to starts, in order (dynamic programming over both). -1: no start is left for a life. ``known``:
    the start of each life that was seen."""
    ends = [next((stop for stop in stops_ns if stop > boot), None) for boot in boots_ns]
    lived_s = [1e6 if end is None else (end - boot) / SECOND_NS for boot, end in zip(boots_ns, ends, strict=True)]
    skipped_s = [0.0, *accumulate(lived_s)]  # of all starts before one
    best: list[tuple[float, list[int]]] = []  # by the start of the newest life: cost, and the starts of all lives so far
    for n, life in enumerate(lives):
        longest_s = max(record.uptime_s for record in life)
        seen = known[n] if known else None
        row: list[tuple[float, list[int]]] = []
        for place, length in enumerate(lived_s):
            here = IMPOSSIBLE if longest_s > length + 1 or seen not in (None, place) else 0.0
            if n == 0:
                row.append((here + skipped_s[place] + ODD_COUNT * (place > 0), [place]))
                continue
            step = _count(life) - _count(lives[n - 1])  # a start that wrote nothing may have left its number to the next
            came = [
                (cost + here + skipped_s[place] - skipped_s[before + 1] + ODD_COUNT * ((step - (place - before)) % 256 != 0), before)
                for before, (cost, _places) in enumerate(best[:place])
            ]
            cost, before = min(came, default=(IMPOSSIBLE * len(lived_s), -1))
            row.append((cost, [*(best[before][1] if before >= 0 else [-1] * n), place]))
        best = row
    if len(lives) > len(lived_s):
        return [*range(len(lived_s)), *[-1] * (len(lives) - len(lived_s))]
    # The starts after the newest life wrote no records.
    return min((cost + skipped_s[-1] - skipped_s[place + 1], places) for place, (cost, places) in enumerate(best))[1] if lives else []
