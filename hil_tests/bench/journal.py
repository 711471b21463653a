"""What the board recorded, read from the flash file by the host's own decoder; numbers translated to the site's names."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Final, NamedTuple

from shedguard import lists, records

from hil_tests.plant.sitefile import Wiring

_TABLE_OFFSET: Final = 0x8000
_TABLE_SIZE: Final = 0xC00
_ENTRY: Final = struct.Struct("<HBBII16sI")
_ENTRY_MAGIC: Final = 0x50AA


class Entry(NamedTuple):
    """A journal record for tests: ``kind``, all fields by name, and where they apply ``cause``, ``point``, ``stop_cause`` ... as words."""

    sequence: int
    kind: str
    uptime_s: int
    epoch_s: int
    boot: int
    fields: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(f"a {self.kind} record has no field {name!r}; it has {', '.join(self.fields)}") from None


def partition(flash: bytes, label: str) -> bytes:
    """The bytes of the partition ``label`` by the table in the flash itself. KeyError when there is none."""
    for offset in range(_TABLE_OFFSET, _TABLE_OFFSET + _TABLE_SIZE, 32):
        magic, _type, _subtype, start, size, name, _flags = _ENTRY.unpack_from(flash, offset)
        if magic == _ENTRY_MAGIC and name.rstrip(b"\0").decode() == label:
            return flash[start : start + size]
    raise KeyError(f"no partition {label!r} in the flash")


class Journal:
    """The journal and the live ring of one flash file. Every call reads the file anew."""

    def __init__(self, flash: Path, wiring: Wiring) -> None:
        self.flash = flash
        self._wiring = wiring

    def log(self) -> records.Log:
        """As the host's decoder gives it, with its problems."""
        flash = self.flash.read_bytes()
        return records.read_journal(partition(flash, "shed_journal"), partition(flash, "shed_box"))

    def problems(self) -> list[str]:
        """What could not be read, and sessions settled twice."""
        return list(self.log().problems)

    def records(self, kind: str | None = None) -> list[Entry]:
        """All records, or those of one kind, oldest first."""
        return [self._entry(record) for record in self.log().records if kind in (None, record.kind)]

    def last(self, kind: str) -> Entry:
        """The newest record of ``kind``; LookupError when there is none."""
        found = self.records(kind)
        if not found:
            raise LookupError(f"no {kind} record in the journal; it has {', '.join(r.kind for r in self.records()) or 'nothing'}")
        return found[-1]

    def sessions(self) -> list[Entry]:
        """The ``session_end`` records, oldest first."""
        return self.records("session_end")

    def live(self) -> list[Entry]:
        """The live ring's records, oldest first."""
        return [self._entry(record) for record in records.read_live(partition(self.flash.read_bytes(), "shed_live")).records]

    def _entry(self, record: records.Record) -> Entry:
        fields: dict[str, Any] = dict(record.fields)
        _translate(fields, "cause", self._wiring.causes)
        _translate(fields, "point", [point.name for point in self._wiring.points])
        if record.kind in ("session_end",):
            fields["stop_cause"] = _word("STOP_CAUSES", fields["stop_cause"])
        if record.kind == "gate":
            fields["reason"] = _word("ACCESS_REASONS", fields["reason"])
            fields["event"] = _word("GATE_EVENTS", fields["event"])
        if record.kind == "point":
            fields["state"] = _word("POINT_STATES", fields["state"])
        if record.kind in ("fault", "fault_cleared"):
            fields["fault"] = _word("FAULTS", fields["fault"])
        return Entry(record.sequence, record.kind, record.uptime_s, record.epoch_s, record.boot, fields)


def _translate(fields: dict[str, Any], name: str, names: list[str]) -> None:
    if name in fields and isinstance(fields[name], int) and fields[name] < len(names):
        fields[name] = names[fields[name]]


def _word(table: str, number: int) -> str | int:
    """The name of ``number`` in one of the closed lists; the number itself when it has none."""
    words = getattr(lists, table, {})
    return words.get(number, number)
