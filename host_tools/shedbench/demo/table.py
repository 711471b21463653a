"""The sessions of a bench as a table: the journal's figures beside the plant's."""

from __future__ import annotations

from collections.abc import Sequence

from shedguard.formats.cards import show_number

from shedbench.audit.collect import site_of, truth_of
from shedbench.audit.sessions import sessions_of
from shedbench.audit.timeline import Timeline
from shedbench.bench.bench import Bench

from .clock import span, wall
from .words import stop_cause, yuan

HEADS = ("outlet", "card", "began", "billed time", "journal Wh", "plant Wh", "differ", "price", "ended by")


def sessions(bench: Bench) -> list[Sequence[str]]:
    """A row per settled session, with ``HEADS``."""
    log = bench.journal.log()
    truth = truth_of(bench)
    rows: list[Sequence[str]] = []
    for session in sessions_of(truth, site_of(bench), log.records, Timeline(truth.boots_ns, log.records, truth.stops_ns, truth.written_ns)):
        end = session.end
        if end is None:
            continue
        card = end.fields["card"]
        said, true = end.number("energy_mwh") / 1000, sum(interval.energy_mwh for interval in session.intervals) / 1000
        rows.append(
            (
                str(session.outlet),
                show_number(card) if isinstance(card, bytes) else "-",
                f"{wall(session.begin_ns):%H:%M}",
                span(end.number("energised_s")),
                f"{said:.1f}",
                f"{true:.1f}",
                f"{100 * (said / true - 1):+.2f} %" if true else "-",
                yuan(end.number("price_fen")),
                stop_cause(end.number("stop_cause")),
            )
        )
    return rows


def show(rows: Sequence[Sequence[str]]) -> None:
    """Print them in columns."""
    cells = [HEADS, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADS))]
    for row in cells:
        print(
            "  ".join(
                cell.rjust(width) if 2 < n < 8 else cell.ljust(width) for n, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
        )
