"""A journal record as one sentence, with the site's names where a site file is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
    TRIALS,
    name_of,
)
from ..formats.phrases import phrase
from ..formats.records import Record
from ..formats.texts import text, what_to_do
from ..formats.times import when
from .limits import CAUSES
from .names import SiteNames

_NO_POINT: Final = 255
_UNKNOWN: Final = CAUSES  # bit of a mask of latches


def memory_text(head: Mapping[str, Any], language: str = "en") -> str:
    """The memory of a `status`: the board reports what is free after a collection, not what happens to be free."""
    return phrase("memory", language, kb=int(head.get("heap", 0)) >> 10)


def causes_in(mask: int, names: SiteNames, language: str = "en") -> list[str]:
    """The causes in a mask of latches, by name."""
    return [_cause(bit, names, language) for bit in range(_UNKNOWN + 1) if mask >> bit & 1]


def _cause(index: int, names: SiteNames, language: str) -> str:
    return phrase("unknown_cause", language) if index == _UNKNOWN else names.cause(index, language)


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
    return phrase("outlet", language, number=number)


def fault_told(frame: Mapping[str, Any], names: SiteNames, language: str = "en") -> str:
    """A row of the board's list of faults, with what to do while the fault lasts."""
    name, said = name_of(FAULTS, frame["f"]), fault_text(frame["f"], frame.get("a", 0), names, language)
    if not frame.get("live", 1) or name not in FAULTS.values():
        return said
    return phrase("do", language, text=said, do=text("first", name, language))


def sentence(record: Record, names: SiteNames, language: str = "en") -> str:
    """What happened. Kinds of a later version are shown by number with their bytes."""
    teller = _TELLERS.get(record.kind)
    if teller is None:
        payload = record.fields.get("payload", b"")
        return phrase("later_kind", language, kind=record.kind, data=payload.hex() if isinstance(payload, bytes) else payload)
    return teller(record, names, language)


# The table of texts for each number of a record.
_WORDED: Final[Mapping[str, tuple[tuple[str, str, Mapping[int, str]], ...]]] = {
    "boot": (("reset_cause", "reset", RESET_CAUSES),),
    "session_end": (("stop_cause", "stop", STOP_CAUSES),),
    "gate": (("event", "gate", GATE_EVENTS), ("reason", "access", ACCESS_REASONS)),
    "point": (("state", "point", POINT_STATES),),
    "trial": (("event", "trial", TRIALS),),
}


def advice(records: Iterable[Record], language: str = "en") -> list[str]:
    """What a person can do about the events of these records, each advice once, in the order of the records."""
    found: dict[str, None] = {}
    for record in records:
        for field, table, numbers in _WORDED.get(record.kind, ()):
            name = name_of(numbers, record.number(field))
            if do := what_to_do(table, name, language):
                found[phrase("do", language, text=text(table, name, language), do=do)] = None
    return list(found)


def _card(record: Record) -> str:
    number = record.fields["card"]
    return show_number(number) if isinstance(number, bytes) else str(number)


def _with_card(record: Record, language: str) -> str:
    card = _card(record)
    return "" if card == "-" else phrase("card", language, card=card)


def _authority(record: Record, language: str) -> str:
    return text("authority", name_of(AUTHORITIES, record.number("authority")), language)


def _outlet(record: Record, names: SiteNames, language: str) -> str:
    return names.outlet(record.number("outlet"), language)


def _fault_of(record: Record, names: SiteNames, language: str) -> str:
    return fault_text(record.number("fault"), record.number("argument"), names, language)


def _boot(record: Record, names: SiteNames, language: str) -> str:
    cause = text("reset", name_of(RESET_CAUSES, record.number("reset_cause")), language)
    if not record.number("fault"):
        return phrase("boot", language, boots=record.number("boots"), cause=cause)
    return phrase("boot_after", language, boots=record.number("boots"), cause=cause, fault=_fault_of(record, names, language))


def _trip(record: Record, names: SiteNames, language: str) -> str:
    latency, point = record.number("latency_us"), record.number("point")
    return phrase(
        "trip",
        language,
        cause=_cause(record.number("cause"), names, language),
        where="" if point == _NO_POINT else phrase("where", language, point=names.point(point, language)),
        effects=", ".join(names.effects_in(record.number("effects"), language)) or phrase("no_effect", language),
        took=phrase("took", language, ms=latency / 1000) if latency >= 0 else "",
    )


def _trip_reset(record: Record, names: SiteNames, language: str) -> str:
    return phrase("trip_reset", language, cause=_cause(record.number("cause"), names, language), authority=_authority(record, language))


def _start(record: Record, names: SiteNames, language: str) -> str:
    price, session = record.number("price_fen") / 100, record.number("session")
    return phrase("session_start", language, outlet=_outlet(record, names, language), session=session, card=_card(record), price=price)


def _end(record: Record, names: SiteNames, language: str) -> str:
    return phrase(
        "session_end",
        language,
        outlet=_outlet(record, names, language),
        cause=text("stop", name_of(STOP_CAUSES, record.number("stop_cause")), language),
        spent=timedelta(seconds=record.number("energised_s")),
        energy=record.number("energy_mwh") / 1_000_000,
        price=record.number("price_fen") / 100,
        card=_card(record),
    )


def _resumed(record: Record, names: SiteNames, language: str) -> str:
    spent, session = timedelta(seconds=record.number("energised_s")), record.number("session")
    return phrase("session_resumed", language, outlet=_outlet(record, names, language), session=session, spent=spent)


def _energised(record: Record, names: SiteNames, language: str) -> str:
    return phrase("session_energised", language, outlet=_outlet(record, names, language), session=record.number("session"))


def _gate(record: Record, _names: SiteNames, language: str) -> str:
    event = text("gate", name_of(GATE_EVENTS, record.number("event")), language)
    reason = record.number("reason")
    why = phrase("why", language, reason=text("access", name_of(ACCESS_REASONS, reason), language)) if reason else ""
    return phrase("gate", language, event=event, why=why, card=_with_card(record, language))


def _press(record: Record, names: SiteNames, language: str) -> str:
    words = {
        "reason": text("press", name_of(PRESS_REASONS, record.number("reason")), language),
        "card": _with_card(record, language),
    }
    if record.number("outlet") == NOWHERE:
        return phrase("tap_refused", language, **words)
    return phrase("press_refused", language, outlet=_outlet(record, names, language), **words)


def _fault(record: Record, names: SiteNames, language: str) -> str:
    return phrase("fault", language, fault=_fault_of(record, names, language))


def _fault_cleared(record: Record, names: SiteNames, language: str) -> str:
    return phrase("fault_cleared", language, authority=_authority(record, language), fault=_fault_of(record, names, language))


def _point(record: Record, names: SiteNames, language: str) -> str:
    state = text("point", name_of(POINT_STATES, record.number("state")), language)
    return phrase("point", language, point=names.point(record.number("point"), language), state=state)


def _config(record: Record, _names: SiteNames, language: str) -> str:
    return phrase("config", language, sequence=record.number("image_sequence"), crc=record.number("image_crc"))


def _trial(record: Record, _names: SiteNames, language: str) -> str:
    event = text("trial", name_of(TRIALS, record.number("event")), language)
    by = phrase("by", language, authority=_authority(record, language)) if record.number("authority") else ""
    return phrase("trial", language, sequence=record.number("image_sequence"), event=event, by=by)


def _clock(record: Record, _names: SiteNames, language: str) -> str:
    old, now = record.number("old_epoch_s"), when(record.number("new_epoch_s"))
    return phrase("clock_moved", language, now=now, old=when(old)) if old else phrase("clock_set", language, now=now)


def _maintenance(record: Record, _names: SiteNames, language: str) -> str:
    return phrase("maintenance", language, authority=_authority(record, language))


def _state(record: Record, names: SiteNames, language: str) -> str:
    latched = ", ".join(causes_in(record.number("latched"), names, language)) or phrase("nothing", language)
    return phrase("state", language, boots=record.number("boots"), latched=latched)


def _repeats(record: Record, names: SiteNames, language: str) -> str:
    """Worded like the record that it counts."""
    of, detail = record.number("of"), record.number("detail")
    card = {"card": record.fields["card"]}
    high, low = detail >> 8, detail & 0xFF
    if of == 2:
        what = phrase("trip_again", language, cause=_cause(detail, names, language))
    elif of == 6:
        what = _gate(replace(record, fields=card | {"event": high, "reason": low}), names, language)
    elif of == 7:
        what = _fault(replace(record, fields={"fault": detail >> 16, "argument": detail & 0xFFFF}), names, language)
    elif of == 9:
        what = _point(replace(record, fields={"point": high, "state": low}), names, language)
    elif of == 8:
        told = replace(record, fields={"authority": detail >> 24, "fault": detail >> 16 & 0xFF, "argument": detail & 0xFFFF})
        what = _fault_cleared(told, names, language)
    elif of == 13:
        what = phrase("resumed_again", language, session=detail)
    elif of == 20:
        what = _press(replace(record, fields=card | {"outlet": high, "reason": low}), names, language)
    else:
        what = phrase("other_things", language)
    span = timedelta(seconds=record.number("span_s"))
    return phrase("repeats", language, times=record.number("count"), span=span, what=what)


def _lost(record: Record, _names: SiteNames, language: str) -> str:
    return phrase("lost", language, events=record.number("events"), refused=record.number("refused"))


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
