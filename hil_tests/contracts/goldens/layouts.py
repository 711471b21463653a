"""What has a golden: every kind of record at every length that a version wrote, by the name of its file, and the fields of each.

A file's name ends with the bytes of the payload, so a format that is appended to has a new file, and the old one stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from struct import calcsize
from typing import Final

from shed.storage.journal import LASTING_KINDS
from shedguard.formats.records import EVENTS_MAGIC, JOURNAL_KINDS, JOURNAL_MAGIC, LIVE_KINDS, LIVE_MAGIC, Kind

from .text import SUFFIX

MAGICS: Final = {"journal": JOURNAL_MAGIC, "events": EVENTS_MAGIC, "live": LIVE_MAGIC}
KINDS: Final[Mapping[str, Mapping[int, Kind]]] = {"journal": JOURNAL_KINDS, "events": JOURNAL_KINDS, "live": LIVE_KINDS}
HEADER: Final = (("kind", "B"), ("length", "B"), ("version", "B"), ("check", "B"), ("sequence", "I"))
SECTOR_HEADER: Final = (("magic", "4s"), ("order", "I"), ("erases", "I"), ("crc", "I"))
_TIME: Final = (("uptime_s", "I"), ("epoch_s", "I"), ("boot", "B"))
_TAIL_OF_TWO: Final = "18s"  # what lies behind the last field, where something may: here two causes' counted trips

Names = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A kind of record in its ring as one version wrote it: (name, struct code) of each field of its payload."""

    ring: str
    kind: Kind
    payload: Names
    newest: bool

    @property
    def file(self) -> str:
        """The name of its golden."""
        return f"{self.ring}-{self.kind.name}-{sum(size(code) for _name, code in self.payload)}{SUFFIX}"


def layouts() -> Iterator[Layout]:
    """All of them, the oldest of each kind first."""
    for kind in JOURNAL_KINDS.values():
        yield from _versions("journal" if kind.number in LASTING_KINDS else "events", kind)
    for kind in LIVE_KINDS.values():
        yield from _versions("live", kind)


def size(code: str) -> int:
    """Bytes of one field."""
    return calcsize("<" + code)


def _versions(ring: str, kind: Kind) -> Iterator[Layout]:
    payload: Names = _TIME if kind.timed else ()
    steps = [(kind.layout, kind.fields), *kind.more]
    for i, (layout, names) in enumerate(steps):
        payload += tuple(zip(names, re.findall(r"\d*[a-zA-Z]", layout.format[1:]), strict=True))
        yield Layout(ring, kind, payload, newest=i == len(steps) - 1)
    if kind.rest:
        yield Layout(ring, kind, (*payload, (kind.rest, _TAIL_OF_TWO)), newest=True)
