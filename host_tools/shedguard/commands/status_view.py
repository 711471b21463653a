"""The answer to `status`, laid out for people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ..formats.lists import GATE_STATES, MAY_BE_LIVE, OUTLET_STATES, POINT_STATES, holders_told, name_of
from ..formats.times import when
from ..link.live import outlets
from ..site.names import SiteNames
from ..site.narrate import causes_in, memory_text
from .common import show_table

Frame = dict[str, Any]
_HOUR_MS = 3_600_000
KEPT = 2  # `clk`
_GROUPS = {0: "contactor open", 1: "contactor closed", MAY_BE_LIVE: "MAY BE LIVE although told off: switch its breaker off"}
_UNSEEN = "contactor told to open, not seen so yet"
_KINDS = {"o": "outlets", "p": "points", "g": "gates", "m": "meters"}


def by_kind(frames: Iterable[Frame]) -> dict[str, list[Frame]]:
    """The frames behind the first, sorted by what they are about; a kind of a later version is left out."""
    parts: dict[str, list[Frame]] = {name: [] for name in _KINDS.values()}
    for frame in frames:
        for key, name in _KINDS.items():
            if key in frame:
                parts[name].append(frame)
    return parts


def show_status(head: Frame, frames: Iterable[Frame], names: SiteNames, unseen: Collection[int] = ()) -> None:
    """Board, outlets, inputs and gates, meters. Before all of it, what may be live although it was told off, but for outlets that are only
    ``unseen`` yet."""
    frames = list(frames)
    names = names.on_board(frames)
    live = [frame["o"] for frame in frames if "o" in frame and frame.get("on") == MAY_BE_LIVE and frame["o"] not in unseen]
    if live:
        print(f"switch the breaker off: {outlets(live)} may be live although told off")
    if unseen:
        print(f"not seen off yet: {outlets(unseen)}; trust none of them, and ask again")
    trips = int(head.get("trips", 0))
    latched = ", ".join(causes_in(trips, names)) or "none"
    print(f"mode {head.get('mode')}, up {head.get('up_s')} s, {_clock(head)}")
    print(f"trips latched: {latched}; faults: {head.get('faults', 0)}")
    if head.get("trial"):
        print(f"configuration ON TRIAL: without `confirm` the old one comes back in {head['trial']} s")
    print(f"heartbeat {'on' if head.get('hb') else 'OFF'}; memory {memory_text(head)}")
    for index, closed in enumerate(head.get("group", [])):
        name = f'"{names.groups[index]}"' if index < len(names.groups) else index + 1
        print(f"group {name}: {_UNSEEN if closed == MAY_BE_LIVE and not live else _GROUPS.get(closed, closed)}")
    parts = by_kind(frames)
    print()
    show_table(("outlet", "state", "W", "Wh", "min", "yuan", "off because"), [_outlet(frame, unseen) for frame in parts["outlets"]])
    print()
    inputs = [(names.point(frame["p"]), _state(frame, POINT_STATES)) for frame in parts["points"]]
    gates = [(names.gate(frame["g"]), _state(frame, GATE_STATES)) for frame in parts["gates"]]
    show_table(("input or gate", "state"), [*inputs, *gates])
    print()
    show_table(("meter of", "V", "age ms", "read", "time-outs", "bad CRC"), [_meter(frame, names) for frame in parts["meters"]])


def _clock(head: Frame) -> str:
    if not head.get("t"):
        return "clock NOT SET: shed status --site SITE.toml sets it"
    return f"clock {when(int(head['t']))}" + (" (kept over a reset)" if head.get("clk") == KEPT else "")


def _outlet(frame: Frame, unseen: Collection[int]) -> tuple[object, ...]:
    watts, yuan = f"{frame.get('mw', 0) / 1000:.1f}", f"{frame.get('fen', 0) / 100:.2f}"
    holders = ", ".join(holders_told(frame.get("hold", [])))
    if frame.get("on") == MAY_BE_LIVE:
        holders = f"{'not seen off yet' if frame['o'] in unseen else 'MAY BE LIVE, switch the breaker off'}: {holders}"
    return (frame["o"], _state(frame, OUTLET_STATES), watts, frame.get("wh", 0), frame.get("s", 0) // 60, yuan, holders)


def _meter(frame: Frame, names: SiteNames) -> tuple[object, ...]:
    volts, age_ms = f"{frame.get('dv', 0) / 10:.1f}", frame.get("age")
    if not isinstance(age_ms, int) or not 0 <= age_ms < _HOUR_MS:  # firmware 0.1.0 said 536870911 for a meter that was never read
        volts, age_ms = "-", "never" if not frame.get("ok") else "over an hour"
    return (names.meter(frame["m"]).removeprefix("meter of "), volts, age_ms, frame.get("ok"), frame.get("to"), frame.get("crc"))


def _state(frame: Frame, words: Mapping[int, str]) -> object:
    state = frame.get("st")
    return name_of(words, state) if isinstance(state, int) else state
