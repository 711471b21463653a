"""Power outside a session is reported: the crew must read of it in the journal before somebody touches the socket.

Hazard: a welded relay that feeds a bike for hours, and no line says so. An outlet that delivers power outside every session, to a running
board, has a fault in the journal that names it: 8 (its meter), 9, 28 or 29 (itself).

Within SOON_NS, because an idle meter is read every 30 s and three readings prove it (docs/decisions/0022); within TOLD_NS where its meter
or another one is out of order, because a silent one is reported after two minutes, and dead ones delay the bus. Each start reports anew.
While every meter of a row is out of order, 26 `supply_lost` of that row counts as a report too: such a row looks like an open breaker, and
the text names both (docs/decisions/0023).

A meter that is frozen or shows zeros hides the power, and a socket without a load shows none, so only sockets that draw power are judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from shedguard.formats.lists import FAULTS
from shedguard.formats.records import Record

from .site import Site
from .timeline import EARLY_NS, LATE_NS, SECOND_NS, Timeline
from .truth import Span, Truth

TOLD_NS: Final = 180 * SECOND_NS
SOON_NS: Final = 60 * SECOND_NS
SERVICE_NS: Final = 15 * SECOND_NS  # from the start of MicroPython until idle meters are read
TELLS: Final = frozenset({"meter_stale", "welded", "live_outlet", "meters_mixed"})
ROW_TELLS: Final = "supply_lost"
UNSEEN: Final = frozenset({"stuck", "zeros"})
FAULT: Final = 7  # the kind of record that a `repeats` record counts
REPEATED_NS: Final = 3600 * SECOND_NS  # a repeated fault is reported again after this at the latest


class Told(NamedTuple):
    """A fault began, or was cleared, at an outlet; it counts for this start of the board only."""

    at_ns: int
    start: int
    came: bool


def settle_live(truth: Truth, site: Site, records: Iterable[Record], timeline: Timeline) -> list[str]:
    """Every time in which an outlet drew power outside a session and no fault reported it."""
    records = list(records)
    findings: list[str] = []
    for index, outlet in enumerate(site.outlets):
        told = _told(TELLS, index, records, timeline, truth)
        of_row = _told({ROW_TELLS}, site.rows[index], records, timeline, truth) if site.rows else []
        row = [number for number, group in zip(site.outlets, site.rows, strict=True) if group == site.rows[index]] if site.rows else []
        for drawn in truth.drawn.get(outlet, []):
            for piece in _unsold(drawn, index, records, timeline, truth.now_ns):
                until_ns = _all_lie_until(row, piece, truth)
                for part, rows_word in ((Span(piece.from_ns, until_ns), of_row), (Span(until_ns, piece.to_ns), [])):
                    findings += _untold(outlet, part, told, rows_word, truth)
    return findings


def _start(at_ns: int, truth: Truth) -> int:
    return sum(boot <= at_ns for boot in truth.boots_ns)


def _all_lie_until(row: list[int], piece: Span, truth: Truth) -> int:
    """The time up to which nobody sees this row: each of its meters is out of order from the beginning of ``piece`` on. Its beginning when
    one is in order then, or for a part of the time that follows."""
    to_ns = piece.to_ns or 0
    until_ns = to_ns if row else piece.from_ns
    for number in row:
        covers = [lie.to_ns or to_ns for lie in truth.lies.get(number, []) if lie.from_ns <= piece.from_ns]
        until_ns = min(until_ns, max(covers, default=piece.from_ns))
    return max(until_ns, piece.from_ns)


def _told(tells: Collection[str], index: int, records: list[Record], timeline: Timeline, truth: Truth) -> list[Told]:
    told: list[Told] = []
    for record in records:
        fields = dict(record.fields)
        if record.kind == "repeats" and record.number("of") == FAULT:
            fields = {"fault": record.number("detail") >> 16, "argument": record.number("detail") & 0xFFFF}
        elif record.kind not in ("fault", "fault_cleared"):
            continue
        if FAULTS.get(int(fields["fault"])) in tells and fields["argument"] == index:
            at_ns = timeline.when(record)
            told.append(Told(at_ns, _start(at_ns + EARLY_NS, truth), record.kind != "fault_cleared"))
    return told


def _unsold(drawn: Span, index: int, records: list[Record], timeline: Timeline, now_ns: int) -> list[Span]:
    """``drawn`` without the sessions of the outlet, each as long as it may have been."""
    begins: dict[int, int] = {}
    ends: dict[int, int] = {}
    for record in records:
        if record.kind in ("session_start", "session_end") and record.number("outlet") == index:
            (begins if record.kind == "session_start" else ends)[record.number("session")] = timeline.when(record)
    pieces = [Span(drawn.from_ns, now_ns if drawn.to_ns is None else drawn.to_ns)]
    for session, begin_ns in begins.items():
        end_ns = ends.get(session, now_ns) + EARLY_NS
        cut: list[Span] = []
        for piece in pieces:
            to_ns = piece.to_ns or 0
            cut.append(Span(piece.from_ns, min(to_ns, begin_ns - LATE_NS)))
            cut.append(Span(max(piece.from_ns, end_ns), to_ns))
        pieces = [piece for piece in cut if piece.from_ns < (piece.to_ns or 0)]
    return pieces


def _untold(outlet: int, piece: Span, told: list[Told], of_row: list[Told], truth: Truth) -> list[str]:
    to_ns = piece.to_ns or 0
    if any(lie.fault in UNSEEN and lie.overlaps(piece.from_ns - TOLD_NS, to_ns) for lie in truth.lies.get(outlet, [])):
        return []
    findings: list[str] = []
    out_of_order = any(lie.overlaps(piece.from_ns - TOLD_NS, to_ns) for lies in truth.lies.values() for lie in lies)
    within_ns = TOLD_NS if out_of_order else SOON_NS
    for start, boot in enumerate(truth.boots_ns, 1):
        stop = next((stop for stop in truth.stops_ns if stop > boot), truth.now_ns)
        begin_ns, end_ns = max(piece.from_ns, boot + SERVICE_NS), min(to_ns, stop)
        if truth.ran(Span(begin_ns, end_ns)) <= within_ns:
            continue
        if any(_stands([one for one in ones if one.start == start], begin_ns + within_ns, stop) for ones in (told, of_row)):
            continue
        when = f"from {begin_ns / 1e9:.0f} s to {end_ns / 1e9:.0f} s"
        findings.append(f"outlet {outlet} drew power that nobody had bought {when}, and no fault tells of it")
    return findings


def _stands(told: list[Told], by_ns: int, stop_ns: int) -> bool:
    before = [one for one in told if one.at_ns - LATE_NS <= by_ns]
    return bool(before) and (before[-1].came or stop_ns - before[-1].at_ns < REPEATED_NS)  # cleared, and its return is only counted so far
