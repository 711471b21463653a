"""The auditor: compares what the plant saw with what the journal says. Imports nothing from ``firmware/``.

``audit(bench)`` for a bench, ``settle(truth, site, log)`` for data from anywhere. Both return findings, as sentences; an empty list means
that plant and journal agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shedguard.formats.records import Log

from .people import settle_people
from .sessions import settle_sessions
from .site import Site
from .timeline import Timeline
from .trips import settle_trips
from .truth import Truth

if TYPE_CHECKING:
    from shedbench.bench.bench import Bench

__all__ = ["audit", "settle"]


def settle(truth: Truth, site: Site, log: Log) -> list[str]:
    """Every disagreement between ``truth`` and the decoded journal ``log`` of the site."""
    timeline = Timeline(truth.boots_ns, log.records, truth.stops_ns, truth.written_ns)
    return (
        timeline.findings
        + settle_sessions(truth, site, log.records, timeline)
        + settle_trips(truth, site, log.records, timeline)
        + settle_people(truth, site, log.records, timeline)
    )


def audit(bench: Bench) -> list[str]:
    """Settle a bench as it stands now. Sessions that still run are left out."""
    from .collect import site_of, truth_of

    return settle(truth_of(bench), site_of(bench), bench.journal.log())
