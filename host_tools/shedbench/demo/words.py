"""The plant's event log and the board's journal in plain sentences, for people who know neither."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Literal

from shedguard.formats import lists
from shedguard.formats.cards import show_number
from shedguard.formats.records import Record
from shedguard.formats.texts import text
from shedguard.site import narrate
from shedguard.site.names import SiteNames

from .clock import span

Tone = Literal["plain", "good", "warn", "alarm", "quiet"]
Sentence = tuple[str, Tone]

# Gate events.
GRANTED: Final = "granted"
DENIED: Final = "denied"
FREED: Final = "freed"
SHUT_AGAIN: Final = ("closed", "locked")  # the plant's own sentence covers these

_PLANT: Final[tuple[tuple[str, str, Tone], ...]] = (
    (r"outlet (\d+): (\S+) plugged in", r"outlet \1: a bike is plugged in (\2)", "plain"),
    (r"outlet (\d+): (\S+) unplugged", r"outlet \1: the bike is unplugged (\2)", "plain"),
    (r"card (maintenance) tapped", r"a maintenance card is held to the reader", "plain"),
    (r"card (\S+) tapped", r"the \1's card is held to the reader", "plain"),
    (r"button (\d+): pressed", r"the button of outlet \1 is pressed", "plain"),
    (r"relay (\d+) closed", r"outlet \1: the relay closes", "quiet"),
    (r"relay (\d+) open", r"outlet \1: the relay opens", "quiet"),
    (r"contactor (.+) closed", r"the contactor of \1 closes", "quiet"),
    (r"contactor (.+) open", r"the contactor of \1 opens", "quiet"),
    (r"gate (\S+): lock holds", r"gate \1 is locked", "quiet"),
    (r"gate (\S+): lock free", r"gate \1 is free", "quiet"),
    (r"gate (\S+): pushed, held", r"somebody pushes gate \1: it is locked", "plain"),
    (r"gate (\S+): pushed, opens", r"somebody pushes gate \1 and walks through", "plain"),
    (r"gate (\S+): exit button", r"the exit button of gate \1 is pressed", "plain"),
    (r"mains 0 V", "the mains fail", "warn"),
    (r"mains 220 V", "the mains are back", "warn"),
    (r"mains (\d+) V", r"the mains are at \1 V", "warn"),
    (r"(.+): smoke", r"SMOKE: the detector of '\1' is in alarm", "alarm"),
    (r"(.+): clear", r"the smoke is gone, the detector of '\1' is reset", "plain"),
    (r"heartbeat circuit holds", "the heartbeat runs: contactors may close", "quiet"),
    (r"heartbeat circuit dropped", "the heartbeat stopped: contactors cannot hold", "warn"),
    (r"board: MicroPython begins", "the board starts", "quiet"),
    (r"meter (\d+): scale (\S+)", r"meter \1 is tampered with: it reads \2 times the truth", "warn"),
)
_SILENT: Final = re.compile(r"supply |board: reset, power-on|board: process started|gate \S+: door")


def plant_sentence(raw: str) -> Sentence | None:
    """A line of the plant's event log; None for a line that only engineers need. An unknown line is shown as it is."""
    if _SILENT.match(raw):
        return None
    for pattern, words, tone in _PLANT:
        match = re.fullmatch(pattern, raw)
        if match is not None:
            return match.expand(words), tone
    return raw, "plain"


def board_sentence(record: Record, names: SiteNames) -> Sentence | None:
    """A journal record; None when the plant's own sentence covers it."""
    teller = _TELLERS.get(record.kind)
    if teller is not None:
        return teller(record, names)
    return narrate.sentence(record, names), "alarm" if record.kind in ("trip", "fault") else "plain"


def yuan(fen: int) -> str:
    """Money for people."""
    return f"{fen // 100}.{fen % 100:02d} yuan"


def stop_cause(number: int) -> str:
    """Why a session ended, in words."""
    return text("stop", lists.name_of(lists.STOP_CAUSES, number))


def _outlet(record: Record, names: SiteNames) -> str:
    index = record.number("outlet")
    return f"outlet {names.outlets[index] if index < len(names.outlets) else index}"


def _card(record: Record) -> str:
    card = record.fields["card"]
    return show_number(card) if isinstance(card, bytes) else str(card)


def _start(record: Record, names: SiteNames) -> Sentence:
    return f"{_outlet(record, names)}: session begins, card {_card(record)}, {yuan(record.number('price_fen'))}", "good"


def _end(record: Record, names: SiteNames) -> Sentence:
    energy, spent = record.number("energy_mwh") / 1000, span(record.number("energised_s"))
    why = stop_cause(record.number("stop_cause"))
    return f"{_outlet(record, names)} ends ({why}): {energy:.1f} Wh, {spent}, {yuan(record.number('price_fen'))}", "good"


def _resumed(record: Record, names: SiteNames) -> Sentence:
    return f"{_outlet(record, names)}: the session goes on, {span(record.number('energised_s'))} so far", "good"


def _trip(record: Record, names: SiteNames) -> Sentence:
    index, latency = record.number("cause"), record.number("latency_us")
    name = names.causes[index] if index < len(names.causes) else f"cause {index}"
    effects = ", ".join(names.effects_in(record.number("effects")))
    return f"TRIP by {name!r}: {effects}" + (f" ({latency / 1000:.1f} ms)" if latency >= 0 else ""), "alarm"


def _gate(record: Record, names: SiteNames) -> Sentence | None:
    event, reason = lists.name_of(lists.GATE_EVENTS, record.number("event")), record.number("reason")
    if event == GRANTED:
        return f"card {_card(record)} is accepted: the gate opens", "good"
    if event == DENIED:
        return f"card {_card(record)} is refused: {text('access', lists.name_of(lists.ACCESS_REASONS, reason))}", "warn"
    if event in SHUT_AGAIN:
        return None
    return narrate.sentence(record, names), "alarm" if event == FREED else "warn"


def _silent(_record: Record, _names: SiteNames) -> None:
    return None


_TELLERS: Final[dict[str, Callable[[Record, SiteNames], Sentence | None]]] = {
    "session_start": _start,
    "session_end": _end,
    "session_resumed": _resumed,
    "session_energised": _silent,
    "gate": _gate,
    "trip": _trip,
    "config": _silent,
    "point": _silent,
    "state": _silent,
    "boot": lambda record, names: (narrate.sentence(record, names), "quiet"),
}
