"""Sessions: each is settled once, with the plant's energy to 1 % and its price to the fen; no socket had voltage outside a session.

Tolerances, and why they are what they are:

- energy: 1 % of what the plant delivered. Only below 100 Wh the meter's own resolution counts more: its register truncates up to 1 Wh, and
  up to a second flows between its last reading and the open contact: 1.2 Wh.
- energy under a dead meter: energy between its last reading and the open contact is neither measured nor billed: up to UNMEASURED_S at the
  session's own power may be missing (never too much) when the session ended for its meter.
- energy after a cut: what records.md promises (CUT_MWH).
- energy under a lying meter: energy while it was frozen, showed zeros or was set back may be missing; energy that did not flow may not be
  billed, whatever it showed.
- time: billed time is energised time under load, never more than the plant's, except for rounding to a whole second. The load shows itself
  up to LOAD_SHOWS_S after the relay closed (charger's start delay, meter poll), so the journal may bill that much less in each interval
  that carried energy, and nothing of one that carried none; what a power cut ended may lack what records.md promises (``cut_costs_s``).
- limit: however often the power went, the socket is fed no longer than the longest session and LIMIT_LATE_S from its first load on (a
  socket without one is fed nothing); a lying meter shows the load up to LOAD_SHOWS_S late.
- money: the price of the journal's energised seconds, and one of the prices that the plant's own span of seconds allows; these differ only
  at a block's edge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from shedguard.formats.lists import STOP_CAUSES
from shedguard.formats.records import Record

from .site import Site
from .timeline import EARLY_NS, LATE_NS, Timeline
from .truth import Energised, Truth

ENERGY_SHARE: Final = 0.01
SMALL_MWH: Final = 100_000.0
SMALL_TOLERANCE_MWH: Final = 1200.0
LOAD_SHOWS_S: Final = 15.0
PAUSED_S: Final = 18.0  # a pause is found within 6 s, and billed time ends with the last reading that showed power, at most 12 s back
BILLED_MORE_S: Final = 1.0
OF_THE_SHED: Final = frozenset({"blind", "supply_lost", "waited"})  # sessions that end for these pay for the time used
UNMEASURED_S: Final = 25.0  # 15 s grace, the poll before it, the ordered stop
CUT_MWH: Final = 1500.0  # a session that is settled after a cut may lack this much (records.md, "What a power cut costs")
FIRST_CHECKPOINT_S: Final = 15.0
LIMIT_LATE_S: Final = 5.0  # docs/decisions/0021: 3 s until the meter shows the load, 2 s until the charging task looks
BRIEF_S: Final = 0.5  # a contact that touched briefly, a relay that opened as soon as it had closed
CHECKPOINT_LATE_S: Final = 3.0  # a checkpoint waits for its turn of 2 s and has whole seconds
LIE_MWH: Final = 2000.0  # energy counted but not yet read when the lie began, and the register's resolution at its end
IDLE_MWH: Final = 400.0  # an interval with less energy carried no load: under the start power (10 W) for the start time (120 s)


@dataclass(slots=True)
class Session:
    """A session as the journal has it, with the plant's intervals within it."""

    id: int
    outlet: int
    begin_ns: int
    end: Record | None = None
    end_ns: int | None = None
    intervals: list[Energised] = field(default_factory=list)

    def __str__(self) -> str:
        return f"session {self.id:#010x} at outlet {self.outlet}"


def settle_sessions(truth: Truth, site: Site, records: Iterable[Record], timeline: Timeline) -> list[str]:
    """Every disagreement about sessions."""
    findings: list[str] = []
    for session in sessions_of(truth, site, records, timeline, findings):
        running = bool(session.intervals) and session.intervals[-1].to_ns is None
        if session.end is not None:
            findings += _compare(session, session.end, site, truth)
        elif not running:
            findings.append(f"{session} was never settled; the plant delivered {_energy(session) / 1000:.1f} Wh in it")
    return findings


def sessions_of(
    truth: Truth, site: Site, records: Iterable[Record], timeline: Timeline, findings: list[str] | None = None
) -> list[Session]:
    """Every session of the journal with its intervals, in the order in which they began. Appends records that fit no session to
    ``findings``."""
    findings = [] if findings is None else findings
    sessions = _sessions(site, records, timeline, findings)
    for outlet, intervals in truth.energised.items():
        _assign(outlet, intervals, sessions, findings)
    return sessions


def _sessions(site: Site, records: Iterable[Record], timeline: Timeline, findings: list[str]) -> list[Session]:
    sessions: dict[int, Session] = {}
    for record in records:
        if record.kind not in ("session_start", "session_end", "session_resumed", "session_energised"):
            continue
        session_id, index = record.number("session"), record.number("outlet")
        if index >= len(site.outlets):
            findings.append(f"session {session_id:#010x} is at outlet index {index}; the site has {len(site.outlets)} outlets")
            continue
        session = sessions.get(session_id)
        if record.kind == "session_start":
            if session is not None:
                findings.append(f"{session} begins twice")
            else:
                sessions[session_id] = Session(session_id, site.outlets[index], timeline.when(record))
        elif session is None:
            findings.append(f"session {session_id:#010x} at outlet {site.outlets[index]} has a {record.kind} record and no start")
        elif record.kind == "session_end":
            if session.end is not None:
                findings.append(f"{session} is settled twice")
            else:
                session.end, session.end_ns = record, timeline.when(record)
        elif session.end is not None:
            findings.append(f"{session} has a {record.kind} record behind its end")
    return list(sessions.values())


def _assign(outlet: int, intervals: list[Energised], sessions: list[Session], findings: list[str]) -> None:
    """Give each interval to the session during which it began: exactly one."""
    for interval in intervals:
        fits = [
            session
            for session in sessions
            if session.outlet == outlet
            and session.begin_ns - LATE_NS <= interval.from_ns
            and (session.end_ns is None or interval.from_ns <= session.end_ns + EARLY_NS)
        ]
        if fits:
            max(fits, key=lambda session: session.begin_ns).intervals.append(interval)
        else:
            at = interval.from_ns / 1e9
            findings.append(f"outlet {outlet} had voltage from {at:.3f} s on ({interval.energy_mwh / 1000:.1f} Wh) and no session says why")


def cut_costs_s(fed_s: float, checkpoint_s: int) -> float:
    """Billed seconds that a cut may cost after ``fed_s`` of feeding in one boot: records.md, "What a power cut costs"."""
    return min(checkpoint_s, max(FIRST_CHECKPOINT_S, fed_s / 3)) + CHECKPOINT_LATE_S


def _compare(session: Session, end: Record, site: Site, truth: Truth) -> list[str]:
    findings: list[str] = []
    if end.number("stop_cause") not in STOP_CAUSES:
        findings.append(f"{session} ended for stop cause {end.number('stop_cause')}, which no list has")
    if site.outlets[end.number("outlet")] != session.outlet:
        findings.append(f"{session} ended at outlet {site.outlets[end.number('outlet')]}")
    if session.intervals and session.intervals[-1].to_ns is None:
        return [*findings, f"{session} is settled, and the plant still delivers"]
    true_mwh, said_mwh = _energy(session), end.number("energy_mwh")
    tolerance = ENERGY_SHARE * true_mwh if true_mwh >= SMALL_MWH else SMALL_TOLERANCE_MWH
    lacking = max(tolerance, CUT_MWH if _was_cut(session, truth) else 0.0) + _unmeasured(session) + _misled(session, truth)
    if not -lacking <= said_mwh - true_mwh <= tolerance:
        share = f"{100 * (said_mwh / true_mwh - 1):+.2f} %" if true_mwh else "out of nothing"
        said = f"the journal says {said_mwh / 1000:.2f} Wh, the plant delivered {true_mwh / 1000:.2f} Wh"
        findings.append(f"{session}: {said} ({share}; 1 % is allowed)")
    low_s, high_s = _billable(session, site.checkpoint_s, truth)
    said_s = end.number("energised_s")
    if not low_s <= said_s <= high_s:
        findings.append(f"{session}: the journal bills {said_s} s, the plant's socket had voltage for {low_s:.0f} to {high_s:.0f} s")
    fed_s = _fed(session)
    if site.longest_s and fed_s > site.longest_s + LIMIT_LATE_S + (LOAD_SHOWS_S if _misled(session, truth) else 0.0):
        findings.append(f"{session} was fed {fed_s:.0f} s, and the longest session has {site.longest_s} s")
    price = _price(end)
    fen = site.tariff.used_fen if _cause(session) in OF_THE_SHED else site.tariff.fen
    if price != fen(said_s):
        findings.append(f"{session}: {said_s} s cost {fen(said_s)} fen by the tariff, the journal took {price} fen")
    allowed = {fen(max(0, int(low_s))), fen(int(high_s))}
    if not min(allowed) <= price <= max(allowed):
        owed = " or ".join(str(fen) for fen in sorted(allowed))
        findings.append(f"{session}: the plant's energised time costs {owed} fen, the journal took {price} fen")
    return findings


def _fed(session: Session) -> float:
    """Seconds of voltage from the first load on."""
    first_ns = min((i.from_ns if i.load_ns is None else i.load_ns for i in session.intervals), default=0)
    return sum(max(0, (i.to_ns or 0) - max(i.from_ns, first_ns)) for i in session.intervals) / 1e9


def _loaded(interval: Energised) -> float:
    """Its seconds with a load."""
    return 0.0 if interval.to_ns is None else (interval.to_ns - (interval.load_ns or interval.from_ns)) / 1e9


def _blinded(interval: Energised, session: Session, truth: Truth) -> float:
    """Its seconds with a frozen or zero reading: no reading showed a load, and unmeasured time is not billed."""
    spans = [lie for lie in truth.lies.get(session.outlet, []) if lie.fault in ("stuck", "zeros")]
    to_ns = interval.to_ns or 0
    return sum(max(0, min(to_ns, lie.to_ns or to_ns) - max(interval.from_ns, lie.from_ns)) for lie in spans) / 1e9


def _price(end: Record) -> int:
    """The appended 32 bits if present: the first field ends at 65 535."""
    return next(
        (value for name, value in end.fields.items() if name.startswith("price") and name != "price_fen" and isinstance(value, int)),
        end.number("price_fen"),
    )


def _was_cut(session: Session, truth: Truth) -> bool:
    return session.end_ns is not None and any(session.begin_ns < boot <= session.end_ns for boot in truth.boots_ns)


def _misled(session: Session, truth: Truth) -> float:
    """mWh that the session's own meter cannot have shown."""
    end_ns = truth.now_ns if session.end_ns is None else session.end_ns + EARLY_NS
    return sum(lie.energy_mwh + LIE_MWH for lie in truth.lies.get(session.outlet, []) if lie.overlaps(session.begin_ns - LATE_NS, end_ns))


def _energy(session: Session) -> float:
    return sum(interval.energy_mwh for interval in session.intervals)


def _unmeasured(session: Session) -> float:
    """mWh that no reading can have shown, when the meter was dead at the end."""
    if not _died(session):
        return 0.0
    return max((interval.energy_mwh / max(interval.seconds, 1.0) for interval in session.intervals), default=0.0) * UNMEASURED_S


def _died(session: Session) -> bool:
    """Whether it ended because of its meter, or of the supply of meter and load."""
    return _cause(session) in ("meter_stale", "supply_lost")


def _cause(session: Session) -> str:
    return "" if session.end is None else STOP_CAUSES.get(session.end.number("stop_cause"), "")


def _billable(session: Session, checkpoint_s: int, truth: Truth) -> tuple[float, float]:
    """Least and most seconds that may be billed."""
    low = 0.0
    fed: dict[int, float] = {}  # by start of the board that a cut ended: seconds of intervals with a load
    for interval in session.intervals:
        if interval.energy_mwh >= IDLE_MWH:
            life = sum(boot <= interval.from_ns for boot in truth.boots_ns)
            cut = session.end_ns is not None and any(interval.from_ns < boot <= session.end_ns for boot in truth.boots_ns)
            lost = 0.0
            if cut:
                fed[life] = fed.get(life, 0.0) + _loaded(interval)
            elif interval is not session.intervals[-1]:
                lost = PAUSED_S
            if interval is session.intervals[-1] and _died(session):
                lost += UNMEASURED_S  # no reading showed a load
            low += max(0.0, _loaded(interval) - LOAD_SHOWS_S - lost - _blinded(interval, session, truth))
    low -= sum(cut_costs_s(fed_s, checkpoint_s) for fed_s in fed.values())
    high = sum(interval.seconds for interval in session.intervals)
    return max(0.0, low - 1.0), high + BILLED_MORE_S if high else 0.0
