"""The answer to `status`, laid out for people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ..formats.lists import (
    BREAKER_FIRST,
    FAULTS,
    GATE_STATES,
    MAY_BE_LIVE,
    OUTLET_STATES,
    POINT_STATES,
    breaker_first,
    holders_told,
    name_of,
)
from ..formats.phrases import heads, phrase
from ..formats.texts import text
from ..formats.times import when
from ..link.live import outlets
from ..site.names import SiteNames
from ..site.narrate import causes_in, fault_told, memory_text, outlet_text
from .common import show_table

Frame = dict[str, Any]
_HOUR_MS = 3_600_000
KEPT = 2  # `clk`
_KINDS = {"o": "outlets", "p": "points", "g": "gates", "m": "meters"}


def by_kind(frames: Iterable[Frame]) -> dict[str, list[Frame]]:
    """The frames after the first, by subject; a later version's kinds are left out."""
    parts: dict[str, list[Frame]] = {name: [] for name in _KINDS.values()}
    for frame in frames:
        for key, name in _KINDS.items():
            if key in frame:
                parts[name].append(frame)
    return parts


def show_status(
    head: Frame,
    frames: Iterable[Frame],
    names: SiteNames,
    language: str = "en",
    unseen: Collection[int] = (),
    faults: Collection[Frame] = (),
) -> None:
    """Board, outlets, inputs and gates, meters. First, outlets that may be live although commanded off, except those that are only
    ``unseen`` so far, and ``faults`` at which the breaker comes first."""
    frames = list(frames)
    names = names.on_board(frames)
    live = breaker_first(frames, unseen)
    if live:
        print(phrase("may_be_live", language, outlets=_outlets(live, language)))
    for fault in faults:
        if is_live(fault) and name_of(FAULTS, fault["f"]) in BREAKER_FIRST:
            print(fault_told(fault, names, language))
    if unseen:
        print(phrase("unseen", language, outlets=_outlets(unseen, language)))
    latched = ", ".join(causes_in(int(head.get("trips", 0)), names, language)) or phrase("none", language)
    mode = head.get("mode")
    said = phrase(mode, language) if mode in ("service", "safe") else mode
    print(phrase("status_head", language, mode=said, up=head.get("up_s"), clock=_clock(head, language)))
    active = sum(map(is_live, faults))
    counted = phrase("faults_over", language, faults=active, over=len(faults) - active) if active < len(faults) else active
    print(phrase("status_trips", language, latched=latched, faults=counted))
    if head.get("trial"):
        print(phrase("status_trial", language, seconds=head["trial"]))
    heart = phrase("on" if head.get("hb") else "off", language)
    print(phrase("status_heart", language, heart=heart, memory=memory_text(head, language)))
    for index, closed in enumerate(head.get("group", [])):
        name = f'"{names.groups[index]}"' if index < len(names.groups) else index + 1
        key = "group_unseen" if closed == MAY_BE_LIVE and not live else f"group_{closed}"
        state = phrase(key, language) if closed in (0, 1, MAY_BE_LIVE) else closed
        print(phrase("group_line", language, name=name, state=state))
    parts = by_kind(frames)
    print()
    show_table(heads("outlet_heads", language), [_outlet(frame, language, live) for frame in parts["outlets"]])
    print()
    inputs = [(names.point(frame["p"], language), _state(frame, "point", POINT_STATES, language)) for frame in parts["points"]]
    gates = [(names.gate(frame["g"], language), _state(frame, "gate_state", GATE_STATES, language)) for frame in parts["gates"]]
    show_table(heads("input_heads", language), [*inputs, *gates])
    print()
    show_table(heads("meter_heads", language), [_meter(frame, names, language) for frame in parts["meters"]])


def is_live(fault: Frame) -> bool:
    """Whether a fault lasts, by its row of `faults`."""
    return bool(fault.get("live", 1))


def _outlets(numbers: Collection[int], language: str) -> str:
    if language == "zh":
        return "、".join(outlet_text(number, language) for number in numbers)
    return outlets(numbers)


def _clock(head: Frame, language: str) -> str:
    if not head.get("t"):
        return phrase("clock_not_set", language)
    return phrase("clock_kept" if head.get("clk") == KEPT else "clock", language, now=when(int(head["t"])))


def _outlet(frame: Frame, language: str, live: Collection[int]) -> tuple[object, ...]:
    watts, yuan = f"{frame.get('mw', 0) / 1000:.1f}", f"{frame.get('fen', 0) / 100:.2f}"
    holders = phrase("comma", language).join(text("held", name, language) for name in holders_told(frame.get("hold", [])))
    state = _state(frame, "outlet", OUTLET_STATES, language)
    if frame["o"] in live:
        holders = phrase("outlet_live", language, holders=holders)
        state = state if frame.get("st") else phrase("state_live", language)
    elif frame.get("on") == MAY_BE_LIVE:
        holders = phrase("outlet_unseen", language, holders=holders)
    return (frame["o"], state, watts, frame.get("wh", 0), frame.get("s", 0) // 60, yuan, holders)


def _meter(frame: Frame, names: SiteNames, language: str = "en") -> tuple[object, ...]:
    volts, age_ms = f"{frame.get('dv', 0) / 10:.1f}", frame.get("age")
    if not isinstance(age_ms, int) or not 0 <= age_ms < _HOUR_MS:  # firmware 0.1.0 sent 536870911 for a meter that was never read
        volts, age_ms = "-", phrase("never" if not frame.get("ok") else "over_an_hour", language)
    name = names.meter(frame["m"], language).removeprefix("meter of ")
    return (name, volts, age_ms, frame.get("ok"), frame.get("to"), frame.get("crc"))


def _state(frame: Frame, table: str, words: Mapping[int, str], language: str) -> object:
    state = frame.get("st")
    return text(table, name_of(words, state), language) if isinstance(state, int) else state
