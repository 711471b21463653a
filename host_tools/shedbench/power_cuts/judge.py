"""What a power cut must not do, judged from the plant's contacts and energy and from the flash file as the host reads it.

Stricter than the auditor, which allows for lying meters and lost supplies: here no meter lies, so the promise of records.md ("What a power
cut costs") is checked exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from shedguard.formats.records import read_live

from shedbench.audit import settle
from shedbench.audit.collect import site_of, truth_of
from shedbench.audit.sessions import BRIEF_S, FIRST_CHECKPOINT_S, IDLE_MWH, LOAD_SHOWS_S, Session, sessions_of
from shedbench.audit.site import Site
from shedbench.audit.timeline import Timeline
from shedbench.audit.truth import Truth
from shedbench.bench.bench import Bench
from shedbench.bench.journal import partition

NOTHING_MWH: Final = 100.0  # as little as a contact's bounce lets through
LACKS_MWH: Final = 1500.0  # of a session that a cut ended before the first step of its register
MORE_MWH: Final = 500.0
LATE_S: Final = 2.0  # a checkpoint waits for its turn


@dataclass(slots=True)
class Verdict:
    """Counts for the benchmark, and all findings in words. ``costs``: of each session that was cut, (mWh in excess in the journal, billed
    seconds missing)."""

    lost: int = 0
    double_billed: int = 0
    left_on: int = 0
    findings: list[str] = field(default_factory=list)
    costs: list[tuple[float, float]] = field(default_factory=list)


def judge(bench: Bench, torn: int = 1) -> Verdict:
    """Judges a bench when all sessions should be over. ``torn``: how many records or sector headers may have been left unreadable."""
    verdict = Verdict()
    log, truth, site = bench.journal.log(), truth_of(bench), site_of(bench)
    timeline = Timeline(truth.boots_ns, log.records, truth.stops_ns, truth.written_ns)
    sessions = sessions_of(truth, site, log.records, timeline)
    verdict.double_billed += sum("twice" in problem for problem in log.problems)
    for session in sessions:
        _judge_session(session, truth, site, verdict)
    claimed = [interval for session in sessions for interval in session.intervals]
    for intervals in truth.energised.values():
        verdict.lost += sum(interval not in claimed and interval.energy_mwh > NOTHING_MWH for interval in intervals)
    fed = [number for number in bench.plant.outlets if bench.outlet(number).contact_is_closed]
    verdict.left_on = len(fed)
    verdict.findings += [f"outlet {number} is still on" for number in fed]
    verdict.findings += settle(truth, site, log)
    live = read_live(partition(bench.process.flash.read_bytes(), "shed_live"))
    problems = log.problems + live.problems
    if len(problems) > torn:  # the record or sector that was cut, even if another page of it was written
        verdict.findings += problems
    verdict.findings += bench.board.violations
    return verdict


def _judge_session(session: Session, truth: Truth, site: Site, verdict: Verdict) -> None:
    true_mwh = sum(interval.energy_mwh for interval in session.intervals)
    if session.end is None:
        verdict.lost += 1
        return
    more_mwh = session.end.number("energy_mwh") - true_mwh
    true_s = sum(interval.seconds for interval in session.intervals)
    lacks_s, may_s = true_s - session.end.number("energised_s"), _may_lack_s(session, truth, site.checkpoint_s)
    if any(session.begin_ns < boot <= (session.end_ns or 0) for boot in truth.boots_ns):
        verdict.costs.append((more_mwh, lacks_s))
    verdict.lost += more_mwh < -LACKS_MWH
    verdict.double_billed += more_mwh > MORE_MWH or lacks_s < -BRIEF_S
    if not -LACKS_MWH <= more_mwh <= MORE_MWH:
        verdict.findings.append(f"{session}: {more_mwh / 1000:+.2f} Wh in the journal of {true_mwh / 1000:.2f} Wh delivered")
    if not -BRIEF_S <= lacks_s <= may_s:
        verdict.findings.append(f"{session}: {lacks_s:.1f} s of {true_s:.1f} s are not billed, {may_s:.1f} s may be")


def _may_lack_s(session: Session, truth: Truth, checkpoint_s: int) -> float:
    """Seconds of the session that are not billed: until a load shows, and from the last checkpoint to a cut."""
    seconds = 1.0  # records have whole ones
    for interval in session.intervals:
        if interval.energy_mwh < IDLE_MWH:
            seconds += interval.seconds  # no load
            continue
        seconds += LOAD_SHOWS_S
        if session.end_ns is not None and any(interval.from_ns < boot <= session.end_ns for boot in truth.boots_ns):
            seconds += min(checkpoint_s, max(FIRST_CHECKPOINT_S, interval.seconds / 3)) + LATE_S
    return seconds
