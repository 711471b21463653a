"""Reads the auditor's truth from a bench: from the plant's waveform and outlets only, never from the board."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from shedguard.formats.records import EVENTS_MAGIC, JOURNAL_KINDS, JOURNAL_MAGIC, read_log

from shedbench.bench.journal import partition_span

from .site import Site, read_site
from .trips import MUST_TRIP_NS
from .truth import Energised, Lie, Press, Span, Truth

if TYPE_CHECKING:
    from shedbench.bench.bench import Bench
    from shedbench.plant.meters import Lie as MeterLie

PROGRAM, ERASE = 1, 2  # of the link's flash operations
BOUNCE_NS: Final = 10_000_000  # gaps and touches shorter than this are a contact's bounce


def truth_of(bench: Bench) -> Truth:
    """What the plant of ``bench`` has seen so far."""
    plant, now = bench.plant, bench.now_ns
    changes = plant.world.waveform.changes
    names = {
        card.data.uid: card.data.name for card in plant.cards.values() if card.data.role not in ("", "maintenance")
    }  # these cards start no session
    alarms: dict[str, list[Span]] = {}
    touches: dict[str, list[int]] = {}
    for point in plant.wiring.points:
        if point.kind == "loop":
            low, high, rest = point.bands_mv["short"], point.bands_mv["alarm"], point.bands_mv["normal"]
            alarms[point.name] = _alarms(changes(f"{point.name}.mv"), low, high, rest)
            touches[point.name] = _touches(changes(f"{point.name}.mv"), changes(f"{point.name}.hum_mv"), low, rest)
        elif point.use == "plain":
            alarms[point.name] = _spans(changes(point.name), lambda closed, rest=point.normally_closed: bool(closed) != rest)
            touches[point.name] = [at_ns for at_ns, _closed in changes(point.name)]
    return Truth(
        now_ns=now,
        boots_ns=list(bench.board.boots),
        energised={
            number: [Energised(i.on_ns, i.off_ns, i.energy_j / 3.6, i.load_ns or now) for i in outlet.intervals]
            for number, outlet in plant.outlets.items()
        },
        path={number: _spans(changes(f"outlet_{number}.path"), bool) for number in plant.outlets},
        alarms=alarms,
        touches=touches,
        locked={name: _spans(changes(f"gate_{name}.lock_holds"), bool) for name in plant.gates},
        stops_ns=list(bench.board.stops),
        stalls=[Span(begin, end) for begin, end in bench.board.stalls],
        erases=[at_ns for at_ns, what, _offset, _length in bench.board.flash_operations if what == ERASE],
        written_ns=_written(bench),
        presses={number: [Press(at, by) for at, by in button.presses] for number, button in plant.buttons.items()},
        taps=sorted(
            (Press(at, name) for reader in plant.readers.values() for at, uid in reader.reads if (name := names.get(uid))),
            key=lambda tap: tap.at_ns,
        ),
        owners={bytes([len(card.data.uid)]) + card.data.uid.ljust(10, b"\0"): card.data.name for card in plant.cards.values()},
        lies={number: _lies(meter.lies, now, plant.outlets[number].energy_j() / 3.6) for number, meter in plant.meters.items()},
    )


def site_of(bench: Bench) -> Site:
    """The site file that the bench was built from."""
    return read_site(bench.plant.wiring.path)


def _written(bench: Bench) -> dict[int, int]:
    """When each record of the journal went to flash, by sequence: the newest program operation at its first byte. Empty without a trace."""
    programs = {offset: at_ns for at_ns, what, offset, _length in bench.board.flash_operations if what == PROGRAM}
    if not programs:
        return {}
    flash = bench.process.flash.read_bytes()
    written: dict[int, int] = {}
    for label, magic in (("shed_journal", JOURNAL_MAGIC), ("shed_box", EVENTS_MAGIC)):
        begin, end = partition_span(flash, label)
        places = read_log(flash[begin:end], magic, JOURNAL_KINDS).places
        written |= {sequence: programs[begin + place] for sequence, place in places.items() if begin + place in programs}
    return written


def _alarms(changes: list[tuple[int, int]], low: int, high: int, rest: int) -> list[Span]:
    """The times of a loop's alarm. A detector that opens or shorts after an alarm has burnt: it is in alarm until it is normal. An alarm
    behind a loose wire that is shorter than a loop may take to trip cannot be seen."""
    since_ns = -1  # begin of the alarm, while the wire shows it or the detector burnt
    burnt = False
    states: list[tuple[int, int]] = []
    for at_ns, mv in changes:
        if low < mv <= high:
            since_ns = at_ns if since_ns < 0 else since_ns
        elif high < mv <= rest or (not burnt and at_ns - since_ns < MUST_TRIP_NS):
            since_ns = -1
        burnt = since_ns >= 0 and (burnt or not low < mv <= high)
        states.append((at_ns, int(since_ns >= 0)))
    return _spans(states, bool)


def _touches(changes: list[tuple[int, int]], hums: list[tuple[int, int]], low: int, rest: int) -> list[int]:
    """When a loop's wire broke, touched another or was restored; when hum on a broken wire began or ended: half-waves that the converter
    cannot see move its mean into any band."""
    broken = [(at_ns, mv <= low or mv > rest) for at_ns, mv in changes]
    edges = [at_ns for (_, before), (at_ns, after) in pairwise(broken) if before or after]
    return edges + [hum_ns for hum_ns, _ in hums if [was for at_ns, was in broken if at_ns <= hum_ns][-1:] == [True]]


def _lies(lies: list[MeterLie], now_ns: int, delivered_mwh: float) -> list[Lie]:
    """Each lie lasts from its beginning to the next change at the meter."""
    ends = [(lie.at_ns, lie.delivered_mwh) for lie in lies[1:]] + [(now_ns, delivered_mwh)] * bool(lies)
    return [
        Lie(lie.at_ns, at_ns, lie.fault, mwh - lie.delivered_mwh) for lie, (at_ns, mwh) in zip(lies, ends, strict=True) if lie.fault != "ok"
    ]


def _spans(changes: list[tuple[int, int]], holds: Callable[[int], bool]) -> list[Span]:
    """The times in which ``holds(value)``; spans closer together than a bounce are joined, shorter ones dropped."""
    spans: list[Span] = []
    begin: int | None = None
    for at_ns, value in changes:
        if holds(value):
            if begin is None:
                begin = at_ns
                if spans and at_ns - (spans[-1].to_ns or 0) < BOUNCE_NS:
                    begin = spans.pop().from_ns
        elif begin is not None:
            spans.append(Span(begin, at_ns))
            begin = None
    spans = [span for span in spans if (span.to_ns or 0) - span.from_ns >= BOUNCE_NS]
    return [*spans, Span(begin)] if begin is not None else spans
