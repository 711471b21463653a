"""One stream of events: the plant's events as they are logged, the board's journal as it grows in the flash file."""

from __future__ import annotations

from typing import NamedTuple

from shedguard.formats import records
from shedguard.site.load import load
from shedguard.site.names import SiteNames

from shedbench.audit.timeline import Timeline
from shedbench.bench.bench import Bench
from shedbench.bench.journal import partition

from . import words


class Event(NamedTuple):
    """``source`` is ``shed`` (it happened) or ``board`` (the journal has it)."""

    at_ns: int
    source: str
    text: str
    tone: words.Tone


class Feed:
    """``poll`` returns the new events since the last poll, in order; ``records`` is the journal so far."""

    def __init__(self, bench: Bench) -> None:
        self.names = SiteNames.of(load(bench.plant.wiring.path).site)
        self.records: list[records.Record] = []
        self._bench = bench
        self._flash = b""
        self._from_ns = 0
        self._seen = 0  # events at exactly _from_ns that were returned already

    def poll(self) -> list[Event]:
        """New events, oldest first. A journal record is dated within the time since the last poll: it carries whole seconds only."""
        since_ns, now_ns = self._from_ns, self._bench.now_ns
        raw = self._bench.events.since(since_ns)[self._seen :]
        self._seen = sum(at == now_ns for at, _ in raw) + (self._seen if now_ns == since_ns else 0)
        self._from_ns = now_ns
        found: list[Event] = []
        for at_ns, line in raw:
            told = words.plant_sentence(line)
            if told is not None:
                found.append(Event(at_ns, "shed", *told))
        for record, when_ns in self._new_records():
            told = words.board_sentence(record, self.names)
            if told is not None:
                found.append(Event(min(max(when_ns, since_ns), now_ns), "board", *told))
        return sorted(found, key=lambda event: event.at_ns)

    def _new_records(self) -> list[tuple[records.Record, int]]:
        flash = self._bench.process.flash.read_bytes()
        content = partition(flash, "shed_journal"), partition(flash, "shed_box")
        if content == self._flash:
            return []
        self._flash = content
        known = self.records[-1].sequence if self.records else 0
        self.records = records.read_journal(*content).records
        timeline = Timeline(self._bench.board.boots, self.records)
        return [(record, timeline.when(record) + 1_500_000_000) for record in self.records if record.sequence > known]
