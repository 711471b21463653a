"""What a power cut must not do, judged from the plant's contacts and energy and from the flash file as the host reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from shedguard.records import read_live

from hil_tests.audit import settle
from hil_tests.audit.collect import site_of, truth_of
from hil_tests.audit.sessions import BILLED_MORE_S, ENERGY_SHARE, SMALL_MWH, SMALL_TOLERANCE_MWH, Sale, sales_of
from hil_tests.audit.timeline import Timeline
from hil_tests.bench.bench import Bench
from hil_tests.bench.journal import partition

NOTHING_MWH: Final = 100.0  # less than a contact's bounce lets through


@dataclass(slots=True)
class Verdict:
    """Counts for the benchmark, and everything that was found, in words."""

    lost: int = 0
    double_billed: int = 0
    left_on: int = 0
    findings: list[str] = field(default_factory=list)


def judge(bench: Bench, cuts: int = 1) -> Verdict:
    """A bench after so many cuts, when all sales should be over."""
    verdict = Verdict()
    log, truth, site = bench.journal.log(), truth_of(bench), site_of(bench)
    timeline = Timeline(truth.boots_ns, log.records, truth.stops_ns)
    sales = sales_of(truth, site, log.records, timeline)
    verdict.double_billed += sum("twice" in problem for problem in log.problems)
    for sale in sales:
        _judge_sale(sale, verdict)
    claimed = [interval for sale in sales for interval in sale.intervals]
    for intervals in truth.energised.values():
        verdict.lost += sum(interval not in claimed and interval.energy_mwh > NOTHING_MWH for interval in intervals)
    fed = [number for number in bench.plant.outlets if bench.outlet(number).contact_is_closed]
    verdict.left_on = len(fed)
    verdict.findings += [f"outlet {number} is still on" for number in fed]
    verdict.findings += settle(truth, site, log)
    live = read_live(partition(bench.process.flash.read_bytes(), "shed_live"))
    problems = log.problems + live.problems
    if len(problems) > cuts:  # the record or sector that was cut, also one of which another page stood already
        verdict.findings += problems
    verdict.findings += bench.board.violations
    return verdict


def _judge_sale(sale: Sale, verdict: Verdict) -> None:
    true_mwh = sum(interval.energy_mwh for interval in sale.intervals)
    if sale.end is None:
        verdict.lost += 1
        return
    said_mwh = sale.end.number("energy_mwh")
    tolerance = ENERGY_SHARE * true_mwh if true_mwh > SMALL_MWH else SMALL_TOLERANCE_MWH
    if said_mwh < true_mwh - tolerance:
        verdict.lost += 1
    seconds = sum(interval.seconds for interval in sale.intervals)
    if said_mwh > true_mwh + tolerance or sale.end.number("energised_s") > seconds + BILLED_MORE_S:
        verdict.double_billed += 1
