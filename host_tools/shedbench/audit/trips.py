"""Trips: each alarm of a detector in an armed cause has a trip record, opens its outlets and frees its gates, until somebody resets it.

REACTION_NS is from the detector's change to the plant's contacts; it is the auditor's bound, not the firmware's budget (the benchmark
measures that). A detector that burns through after its alarm is still in alarm (collect.py), so a reset then is one under fire.

A cut may lose the record of a trip within RECORD_NS of the opening, or an erase later, and with it the latch if the alarm is over at the
next start; it never loses the opening (law 4). A board with more than WORSE_BOOTS bad boots in a row runs with its built-in configuration,
which has no points: it sees no alarm, feeds nothing and holds no gate. An alarm while no board runs, or one shorter than a loop may take to
trip (longer with an erase in between, which stops interrupts), requires no trip.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from shedguard.formats.records import Record

from .site import Cause, Site
from .timeline import EARLY_NS, LATE_NS, SECOND_NS, Timeline
from .truth import Span, Truth

REACTION_NS: Final = 200_000_000
MUST_TRIP_NS: Final = 100_000_000  # the slowest loop, with every other one off its band: an alarm of this length trips
RECORD_NS: Final = 25_000_000
ERASE_NS: Final = 300_000_000  # of one sector, at worst
T_DROP_MOST_NS: Final = SECOND_NS
SERVICE_NS: Final = 3 * SECOND_NS  # from the start of MicroPython until points are seen
NO_POINT: Final = 255
UNKNOWN: Final = 30  # bit of a mask of latches
BOOT_LOOP: Final = 15  # the fault; its argument counts the bad boots in a row
WORSE_BOOTS: Final = 10
BOOT_NS: Final = 10 * SECOND_NS  # an alarm that came while the board was dead is recorded within this after its start


class Told(NamedTuple):
    """A record's time, known to some seconds, and its position, known exactly."""

    at_ns: int
    sequence: int


def settle_trips(truth: Truth, site: Site, records: Iterable[Record], timeline: Timeline) -> list[str]:
    """Every disagreement about trips."""
    records = list(records)
    findings: list[str] = []
    pointless = _without_points(truth, records, timeline)
    trips: dict[int, list[Told]] = {}
    resets: dict[int, list[Told]] = {}
    for record in records:
        if record.kind in ("trip", "trip_reset"):
            index = record.number("cause")
            if index >= len(site.causes):
                if record.kind == "trip" and record.number("point") == NO_POINT and record.number("latched") >> UNKNOWN & 1:
                    continue  # RTC memory that decayed alike in both copies: an unknown latch, which cuts and frees everything
                findings.append(f"a {record.kind} record names cause {index}; the site has {len(site.causes)}")
                continue
            (trips if record.kind == "trip" else resets).setdefault(index, []).append(Told(timeline.when(record), record.sequence))
            if record.kind == "trip":
                findings += _groundless(truth, site, record, timeline.when(record))
    for index, cause in enumerate(site.causes):
        if cause is None:
            continue
        for point in cause.points:
            for alarm in truth.alarms.get(point, []):
                if any(span.from_ns <= alarm.from_ns and (alarm.to_ns or truth.now_ns) <= (span.to_ns or 0) for span in pointless):
                    findings += _open(truth, cause, alarm.from_ns, alarm.to_ns or truth.now_ns, f"in alarm of {point!r}, without points")
                    continue
                findings += _alarm(truth, cause, point, alarm, trips.get(index, []), resets.get(index, []))
    return findings


def _without_points(truth: Truth, records: list[Record], timeline: Timeline) -> list[Span]:
    """The starts of the board with its built-in configuration."""
    at = [
        timeline.when(record)
        for record in records
        if record.kind == "fault" and record.number("fault") == BOOT_LOOP and record.number("argument") > WORSE_BOOTS
    ]
    ends = [*truth.boots_ns[1:], truth.now_ns]
    return [Span(boot, end) for boot, end in zip(truth.boots_ns, ends, strict=True) if any(boot - LATE_NS <= one < end for one in at)]


def _groundless(truth: Truth, site: Site, record: Record, at_ns: int) -> list[str]:
    """A trip needs a point of its cause in alarm at its time, or with a wire that just broke, touched another or was restored: between
    normal and short a loop's voltage passes through the alarm band, which the board cannot tell from an alarm."""
    index = record.number("cause")
    cause = site.causes[index]
    if cause is None:
        return [f"cause {site.cause_names[index]!r} is not armed, and the journal has a trip of it"]
    if any(span.overlaps(at_ns - LATE_NS, at_ns + EARLY_NS) for point in cause.points for span in truth.alarms.get(point, [])):
        return []
    if any(at_ns - LATE_NS <= touch <= at_ns + EARLY_NS for point in cause.points for touch in truth.touches.get(point, [])):
        return []
    return [f"the journal has a trip by {cause.name!r} at {at_ns / 1e9:.0f} s, and no detector of it was in alarm"]


def _alarm(truth: Truth, cause: Cause, point: str, alarm: Span, trips: list[Told], resets: list[Told]) -> list[str]:
    findings: list[str] = []
    at_ns = alarm.from_ns
    until_ns = alarm.to_ns if alarm.to_ns is not None else truth.now_ns
    seen_ns = truth.ran(alarm, SERVICE_NS) if truth.stops_ns else until_ns - at_ns
    started = [boot for boot in truth.boots_ns if boot > at_ns]
    latest = max(at_ns + SECOND_NS, (started[0] + BOOT_NS) if started and alarm.overlaps(started[0], started[0] + 1) else 0)
    here = [trip for trip in trips if at_ns - EARLY_NS <= trip.at_ns <= latest]
    erased_ns = ERASE_NS * any(at_ns - ERASE_NS <= erase <= at_ns + MUST_TRIP_NS + RECORD_NS for erase in truth.erases)
    must_ns = MUST_TRIP_NS + erased_ns
    before = [trip for trip in trips if trip.at_ns < at_ns and not any(trip < reset and reset.at_ns < at_ns - EARLY_NS for reset in resets)]
    cut = next((stop for stop in truth.stops_ns if at_ns <= stop < at_ns + must_ns + RECORD_NS), None)
    brief = seen_ns < must_ns or (cut is not None and truth.ran(Span(cut + 1, until_ns), SERVICE_NS) < must_ns)
    # The alarm returns so soon, by itself or behind a loose wire, that the trip may belong to it.
    later = [*truth.touches.get(point, []), *(other.from_ns for other in truth.alarms.get(point, []))]
    again = any(at_ns < one <= at_ns + EARLY_NS + SECOND_NS for one in later)
    if brief and again and all(trip.at_ns + EARLY_NS >= at_ns for trip in before):
        return []
    if brief and not (before and cause.latched) and not any(trip.at_ns <= at_ns + SECOND_NS for trip in here):
        return []
    if not here and not (before and cause.latched):
        findings.append(f"{point!r} was in alarm from {at_ns / 1e9:.3f} s on, and the journal has no trip of it")
    if cause.latched:
        first = here[0].sequence if here else 0  # a reset before this alarm's trip belongs to another trip
        later = [reset.at_ns for reset in resets if reset.at_ns >= at_ns - EARLY_NS and reset.sequence > first]
        surely = first or (later and later[0] - LATE_NS >= at_ns)  # else the reset may have come before an alarm that found no board
        if surely and later and later[0] + EARLY_NS < until_ns:
            findings.append(f"the trip by {cause.name!r} was reset at {later[0] / 1e9:.0f} s while {point!r} was still in alarm")
        until_ns = later[0] - LATE_NS if later else truth.now_ns
    from_ns = at_ns + REACTION_NS
    for stall in truth.stalls:  # no scan runs: the heartbeat circuit opens
        if stall.overlaps(at_ns - REACTION_NS, at_ns + REACTION_NS):
            from_ns = max(from_ns, stall.from_ns + T_DROP_MOST_NS + REACTION_NS)
    why = f"during the trip by {cause.name!r} (alarm of {point!r} at {at_ns / 1e9:.3f} s)"
    return findings + _open(truth, cause, from_ns, until_ns, why)


def _open(truth: Truth, cause: Cause, from_ns: int, until_ns: int, why: str) -> list[str]:
    """What the cause opens and frees, and was fed or locked all the same."""
    fed = [outlet for outlet in sorted(cause.outlets) if _any_in(truth.path.get(outlet), from_ns, until_ns)]
    locked = [gate for gate in sorted(cause.gates) if _any_in(truth.locked.get(gate), from_ns, until_ns)]
    return [f"outlet {outlet} was fed {why}" for outlet in fed] + [f"gate {gate!r} was locked {why}" for gate in locked]


def _any_in(spans: list[Span] | None, from_ns: int, to_ns: int) -> bool:
    return any(span.overlaps(from_ns, to_ns) for span in spans or [])
