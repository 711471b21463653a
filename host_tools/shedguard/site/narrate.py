"""A journal record as one sentence, with the site's names where a site file is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from ..formats.cards import show_number
from ..formats.lists import (
    ACCESS_REASONS,
    AUTHORITIES,
    FAULT_ARGUMENTS,
    FAULTS,
    GATE_EVENTS,
    NOWHERE,
    POINT_STATES,
    PRESS_REASONS,
    RESET_CAUSES,
    STOP_CAUSES,
    name_of,
)
from ..formats.records import Record
from ..formats.texts import text
from ..formats.times import when
from .limits import CAUSES
from .names import SiteNames

_NO_POINT: Final = 255
_UNKNOWN: Final = CAUSES  # bit of a mask of latches
_UNKNOWN_CAUSE: Final = "a cause of another configuration"


def memory_text(head: Mapping[str, Any]) -> str:
    """Of a `status`: the board says what is left when garbage is collected, not what happens to be free."""
    return f"{int(head.get('heap', 0)) >> 10} KB free after a collection"


def causes_in(mask: int, names: SiteNames) -> list[str]:
    """The causes in a mask of latches, by name."""
    return [_cause(bit, names) for bit in range(_UNKNOWN + 1) if mask >> bit & 1]


def _cause(index: int, names: SiteNames) -> str:
    return _UNKNOWN_CAUSE if index == _UNKNOWN else names.cause(index)


def fault_text(code: int, argument: int, names: SiteNames, language: str = "en") -> str:
    """A fault with what it is about: ``outlet 3: relay welded``."""
    name = name_of(FAULTS, code)
    subject = FAULT_ARGUMENTS.get(name)
    said = text("fault", name, language)
    if subject is None:
        return said
    if subject == "outlet":
        return f"{names.outlet(argument, language)}: {said}"
    if subject == "meter":
        return f"{names.meter(argument, language)}: {said}"
    called = {"point": names.points, "gate": names.gates, "reader": names.readers, "group": names.groups}.get(subject, ())
    label = f'"{called[argument]}"' if argument < len(called) else str(argument + 1)
    return f"{text('subject', subject, language)} {label}: {said}"


def outlet_text(number: int, language: str = "en") -> str:
    """By the number on its socket."""
    return f"{number} 号插座" if language == "zh" else f"outlet {number}"


def fault_told(frame: Mapping[str, Any], names: SiteNames, language: str = "en") -> str:
    """A row of the board's list of faults; while it lasts with what to do. (The Chinese texts of all faults say that themselves.)"""
    name = name_of(FAULTS, frame["f"])
    first = text("first", name) if frame.get("live", 1) and name in FAULTS.values() and language == "en" else ""
    return fault_text(frame["f"], frame.get("a", 0), names, language) + (f": {first}" if first else "")


def sentence(record: Record, names: SiteNames, language: str = "en") -> str:
    """What happened. Kinds of a later version are shown by number with their bytes."""
    teller = _TELLERS.get(record.kind)
    if teller is None:
        payload = record.fields.get("payload", b"")
        return f"record kind {record.kind}: {payload.hex() if isinstance(payload, bytes) else payload}"
    return teller(record, names, language)


def _card(record: Record) -> str:
    number = record.fields["card"]
    return show_number(number) if isinstance(number, bytes) else str(number)


def _authority(record: Record, language: str) -> str:
    return text("authority", name_of(AUTHORITIES, record.number("authority")), language)


def _boot(record: Record, names: SiteNames, language: str) -> str:
    said = f"boot {record.number('boots')}: {text('reset', name_of(RESET_CAUSES, record.number('reset_cause')), language)}"
    fault = record.number("fault")
    return f"{said}; before it: {fault_text(fault, record.number('argument'), names)}" if fault else said


def _trip(record: Record, names: SiteNames, _language: str) -> str:
    latency = record.number("latency_us")
    took = f" in {latency / 1000:.1f} ms" if latency >= 0 else ""
    effects = ", ".join(names.effects_in(record.number("effects"))) or "no effect"
    point = record.number("point")
    where = f" ({names.point(point)})" if point != _NO_POINT else ""
    return f"TRIP by {_cause(record.number('cause'), names)}{where}: {effects}{took}"


def _trip_reset(record: Record, names: SiteNames, language: str) -> str:
    return f"trip of {_cause(record.number('cause'), names)} reset by {_authority(record, language)}"


def _start(record: Record, names: SiteNames, _language: str) -> str:
    price = record.number("price_fen") / 100
    return f"{names.outlet(record.number('outlet'))}: session {record.number('session'):#x} begins, card {_card(record)}, {price:.2f} yuan"


def _end(record: Record, names: SiteNames, language: str) -> str:
    cause = text("stop", name_of(STOP_CAUSES, record.number("stop_cause")), language)
    energy = record.number("energy_mwh") / 1_000_000
    spent = timedelta(seconds=record.number("energised_s"))
    price = record.number("price_fen") / 100
    return f"{names.outlet(record.number('outlet'))}: {cause} after {spent}, {energy:.3f} kWh, {price:.2f} yuan, card {_card(record)}"


def _resumed(record: Record, names: SiteNames, _language: str) -> str:
    spent = timedelta(seconds=record.number("energised_s"))
    return f"{names.outlet(record.number('outlet'))}: session {record.number('session'):#x} goes on after {spent}"


def _energised(record: Record, names: SiteNames, _language: str) -> str:
    return f"{names.outlet(record.number('outlet'))}: session {record.number('session'):#x} gets power"


def _gate(record: Record, _names: SiteNames, language: str) -> str:
    event = text("gate", name_of(GATE_EVENTS, record.number("event")), language)
    reason, card = record.number("reason"), _card(record)
    why = f": {text('access', name_of(ACCESS_REASONS, reason), language)}" if reason else ""
    return f"gate {event}{why}" + (f", card {card}" if card != "-" else "")


def _press(record: Record, names: SiteNames, language: str) -> str:
    reason = text("press", name_of(PRESS_REASONS, record.number("reason")), language)
    outlet = record.number("outlet")
    where = "tap" if outlet == NOWHERE else f"{names.outlet(outlet)}: press"
    card = _card(record)
    return f"{where} refused: {reason}" + (f", card {card}" if card != "-" else "")


def _fault(record: Record, names: SiteNames, _language: str) -> str:
    return f"FAULT {fault_text(record.number('fault'), record.number('argument'), names)}"


def _fault_cleared(record: Record, names: SiteNames, language: str) -> str:
    return f"fault cleared by {_authority(record, language)}: {fault_text(record.number('fault'), record.number('argument'), names)}"


def _point(record: Record, names: SiteNames, _language: str) -> str:
    return f"{names.point(record.number('point'))} is {name_of(POINT_STATES, record.number('state'))}"


def _config(record: Record, _names: SiteNames, _language: str) -> str:
    return f"configuration {record.number('image_sequence')} in use (CRC {record.number('image_crc'):08X})"


def _trial(record: Record, _names: SiteNames, language: str) -> str:
    event = {1: "is on trial", 2: "is confirmed", 3: "was REJECTED: the one before it is back"}.get(record.number("event"), "?")
    by = f" by {_authority(record, language)}" if record.number("authority") else ""
    return f"configuration {record.number('image_sequence')} {event}{by}"


def _clock(record: Record, _names: SiteNames, _language: str) -> str:
    old = record.number("old_epoch_s")
    return f"clock set to {when(record.number('new_epoch_s'))}" + (f", was {when(old)}" if old else "")


def _maintenance(record: Record, _names: SiteNames, language: str) -> str:
    return f"taken into maintenance by {_authority(record, language)}"


def _state(record: Record, names: SiteNames, _language: str) -> str:
    latched = ", ".join(causes_in(record.number("latched"), names))
    return f"kept over boots: {record.number('boots')} boots so far, latched: {latched or 'nothing'}"


def _repeats(record: Record, names: SiteNames, language: str) -> str:
    """Told as the record that it counts would be."""
    of, detail, times = record.number("of"), record.number("detail"), record.number("count")
    fields: dict[str, int | bytes] = {"card": record.fields["card"]}
    what = "other things"
    if of == 2:
        what = f"TRIP by {_cause(detail, names)}"
    elif of == 6:
        what = _gate(replace(record, fields=fields | {"event": detail >> 8, "reason": detail & 0xFF}), names, language)
    elif of == 7:
        what = _fault(replace(record, fields={"fault": detail >> 16, "argument": detail & 0xFFFF}), names, language)
    elif of == 9:
        what = _point(replace(record, fields={"point": detail >> 8, "state": detail & 0xFF}), names, language)
    elif of == 8:
        told = replace(record, fields={"authority": detail >> 24, "fault": detail >> 16 & 0xFF, "argument": detail & 0xFFFF})
        what = _fault_cleared(told, names, language)
    elif of == 13:
        what = f"session {detail:#x} goes on"
    elif of == 20:
        what = _press(replace(record, fields=fields | {"outlet": detail >> 8, "reason": detail & 0xFF}), names, language)
    return f"{times} times more in {timedelta(seconds=record.number('span_s'))}: {what}"


def _lost(record: Record, _names: SiteNames, _language: str) -> str:
    return (
        f"no room was left for {record.number('events')} events; {record.number('refused')} records of sales or trips were refused at first"
    )


_TELLERS: Final[dict[str, Callable[[Record, SiteNames, str], str]]] = {
    "boot": _boot,
    "trip": _trip,
    "trip_reset": _trip_reset,
    "session_start": _start,
    "session_end": _end,
    "session_resumed": _resumed,
    "session_energised": _energised,
    "gate": _gate,
    "fault": _fault,
    "fault_cleared": _fault_cleared,
    "point": _point,
    "config": _config,
    "trial": _trial,
    "press_refused": _press,
    "clock_set": _clock,
    "maintenance": _maintenance,
    "state": _state,
    "repeats": _repeats,
    "lost": _lost,
}
