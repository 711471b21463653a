"""What the board recorded, read from the flash file by the host's own decoder; numbers translated to the site's names."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from shedguard.formats import lists, records

from shedbench.plant.sitefile import Wiring

_TABLE_OFFSET: Final = 0x8000
_TABLE_SIZE: Final = 0xC00
_ENTRY: Final = struct.Struct("<HBBII16sI")
_ENTRY_MAGIC: Final = 0x50AA
# The closed list of a field, by the record's kind ("": any kind) and the field's name.
_LISTS: Final[dict[tuple[str, str], Mapping[int, str]]] = {
    ("gate", "event"): lists.GATE_EVENTS,
    ("gate", "reason"): lists.ACCESS_REASONS,
    ("point", "state"): lists.POINT_STATES,
    ("press_refused", "reason"): lists.PRESS_REASONS,
    ("", "fault"): lists.FAULTS,
    ("", "authority"): lists.AUTHORITIES,
    ("", "reset_cause"): lists.RESET_CAUSES,
}


class Entry(NamedTuple):
    """A journal record for tests: ``kind``, and every field as an attribute, by the site's names and the closed lists' words: ``cause``,
    ``point``, ``stop_cause`` ..., ``outlet`` as the number on the socket. ``fields`` has the numbers as the board wrote them.
    """

    sequence: int
    kind: str
    uptime_s: int
    epoch_s: int
    boot: int
    fields: dict[str, Any]
    words: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.words[name] if name in self.words else self.fields[name]
        except KeyError:
            raise AttributeError(f"a {self.kind} record has no field {name!r}; it has {', '.join(self.fields)}") from None


def partition_span(flash: bytes, label: str) -> tuple[int, int]:
    """Begin and end of the partition ``label`` by the table in the flash itself, in bytes from its start. KeyError when there is none."""
    for offset in range(_TABLE_OFFSET, _TABLE_OFFSET + _TABLE_SIZE, 32):
        magic, _type, _subtype, start, size, name, _flags = _ENTRY.unpack_from(flash, offset)
        if magic == _ENTRY_MAGIC and name.rstrip(b"\0").decode() == label:
            return start, start + size
    raise KeyError(f"no partition {label!r} in the flash")


def partition(flash: bytes, label: str) -> bytes:
    """The bytes of the partition ``label``. KeyError when there is none."""
    return flash[slice(*partition_span(flash, label))]


class Journal:
    """The journal and the live ring of one flash file. Every call reads the file anew."""

    def __init__(self, flash: Path, wiring: Wiring) -> None:
        self.flash = flash
        outlets = {index: outlet.number for index, outlet in enumerate(wiring.outlets)}
        self._places: dict[str, dict[int, Any]] = {
            "outlet": outlets,
            "meter": outlets,
            "cause": dict(enumerate(wiring.causes)),
            "point": {index: point.name for index, point in enumerate(wiring.points)},
            "gate": {index: gate.name for index, gate in enumerate(wiring.gates)},
            "reader": {index: reader[0] for index, reader in enumerate(wiring.readers)},
            "stop_cause": dict(lists.STOP_CAUSES),
        }

    def log(self) -> records.Log:
        """The log as the host's decoder gives it, with its problems."""
        flash = self.flash.read_bytes()
        return records.read_journal(partition(flash, "shed_journal"), partition(flash, "shed_box"))

    def problems(self) -> list[str]:
        """Unreadable places, and sessions settled twice."""
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
        words = {name: self._word(record, name, value) for name, value in record.fields.items() if isinstance(value, int)}
        return Entry(record.sequence, record.kind, record.uptime_s, record.epoch_s, record.boot, dict(record.fields), words)

    def _word(self, record: records.Record, name: str, value: int) -> str | int:
        """What ``value`` means for people; the number itself when it is a quantity or has no name."""
        if name == "argument":
            code = record.fields.get("fault")
            name = lists.FAULT_ARGUMENTS.get(lists.FAULTS.get(code, ""), "") if isinstance(code, int) else ""
        places = self._places.get("stop_cause" if (record.kind, name) == ("live", "cause") else name)
        if places is not None:
            return places.get(value, value)
        table = _LISTS.get((record.kind, name)) or _LISTS.get(("", name), {})
        return table.get(value, value)
