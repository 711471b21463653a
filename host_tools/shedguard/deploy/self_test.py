"""The self-test of a shed in service, over its console: the conditions before anybody may charge a bike there.

Hazard: a shed that looks installed and guards nothing. Every check says what it examined; what the console cannot show (does the smoke
detector really reach the board? does the contactor really drop?) is on the report's list of checks by hand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from ..errors import TEST_FAILED, ShedError
from ..formats.lists import FAULTS, MAY_BE_LIVE, name_of
from ..formats.times import when
from ..link.console import Answer, Console
from ..link.live import outlets
from ..site.model import SiteFile
from ..site.names import SiteNames
from ..site.narrate import causes_in, fault_told, memory_text

# An idle meter is asked every 30 s, after a hold-off of 10 s; a dead one is reported after 120 s.
PATIENCE_S: Final = 45.0
_POLL_S: Final = 2.0
_METER_FRESH_MS: Final = 60_000
_POINT_STATES: Final = ("normal", "alarm", "open circuit", "short circuit", "stuck", "stale", "suspect")

State = Literal["ok", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the self-test. ``clears`` says what to do about it."""

    name: str
    state: State
    said: str
    clears: str = ""


def self_test(
    console: Console,
    site: SiteFile | None,
    image_crc: int | None,
    wait: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    patience_s: float = PATIENCE_S,
) -> list[Check]:
    """Ask until nothing is bad any more, or ``patience_s`` seconds are over (meters are asked in turns). ShedError when nobody answers."""
    end = clock() + patience_s
    while True:
        checks = look(console, site, image_crc)
        if all(check.state != "bad" for check in checks) or clock() >= end:
            return checks
        wait(_POLL_S)


def look(console: Console, site: SiteFile | None, image_crc: int | None = None) -> list[Check]:
    """One round of all checks. Without a site file points have numbers instead of names, and the configuration is not compared."""
    hello = console.hello()
    status = console.request("status")
    faults = console.request("faults")
    names = (SiteNames() if site is None else SiteNames.of(site)).on_board(status)
    return [
        *([] if site is None else [_configuration(hello, site, image_crc)]),
        *_live(status),
        _mode(status.head),
        _protection(status.head),
        *_trips(status.head, names),
        *_points(status, names),
        *_meters(status, names),
        *_faults(faults, names),
        _clock(status.head, faults),
        _memory(status.head),
    ]


def bad(checks: Sequence[Check]) -> list[Check]:
    """The checks that keep the shed from service."""
    return [check for check in checks if check.state == "bad"]


def _configuration(hello: dict[str, Any], site: SiteFile, image_crc: int | None) -> Check:
    said = f"site {hello.get('site')}, configuration {hello.get('cfg', 0):08x}, firmware {hello.get('fw')}, MicroPython {hello.get('mpy')}"
    if hello.get("site") != site.site.id or (image_crc is not None and hello.get("cfg") != image_crc):
        return Check("configuration", "bad", f"{said}: not that of the site file", "shed config push SITE.toml")
    return Check("configuration", "ok", said)


def _live(status: Answer) -> list[Check]:
    """An outlet that is only not seen off yet, after the boot or a stop, is off at the next round: `self_test` repeats until then."""
    live = [int(frame["o"]) for frame in status if "o" in frame and frame.get("on") == MAY_BE_LIVE]
    if not live:
        return []
    clears = f"switch the breaker off, before anything else; then shed why {live[0]}"
    return [Check("live outlets", "bad", f"{outlets(live)} may be live although commanded off", clears)]


def _mode(head: dict[str, Any]) -> Check:
    if head.get("mode") == "service":
        return Check("service", "ok", f"in service for {head.get('up_s')} s")
    return Check("service", "bad", f"the board is in {head.get('mode')} mode: outlets stay off", "shed faults, then shed clear")


def _protection(head: dict[str, Any]) -> Check:
    if head.get("hb"):
        return Check("protection", "ok", "the heartbeat is strobed")
    return Check(
        "protection",
        "bad",
        "no heartbeat: a hung program would leave outlets on and the gate locked (unprotected)",
        "wire the heartbeat circuit and name its terminal as [safety] heartbeat",
    )


def _trips(head: dict[str, Any], names: SiteNames) -> list[Check]:
    mask = int(head.get("trips", 0))
    if not mask:
        return [Check("trips", "ok", "nothing is latched")]
    causes = causes_in(mask, names)
    return [Check("trips", "bad", f"latched: {', '.join(causes)}", "shed clear, once the cause is gone")]


def _points(status: Answer, names: SiteNames) -> list[Check]:
    checks: list[Check] = []
    for frame in status[1:]:
        if "p" not in frame:
            continue
        index, state = int(frame["p"]), int(frame.get("st", 0))
        name = names.points[index] if index < len(names.points) else str(index + 1)
        word = _POINT_STATES[state] if state < len(_POINT_STATES) else f"state {state}"
        hint = "" if state == 0 else "check the wiring of the point and its end-of-line resistor"
        checks.append(Check(f'point "{name}"', "bad" if state else "ok", word, hint))
    return checks


def _meters(status: Answer, names: SiteNames) -> list[Check]:
    checks: list[Check] = []
    for frame in status[1:]:
        if "m" not in frame:
            continue
        index, age_ms = int(frame["m"]), int(frame.get("age", -1))
        name = names.meter(index)
        counts = f"{frame.get('ok', 0)} answers, {frame.get('to', 0)} silences, {frame.get('crc', 0)} damaged"
        if age_ms < 0 or age_ms > _METER_FRESH_MS:
            checks.append(Check(name, "bad", f"silent: {counts}", "check A and B, the supply of the meter, its address, the termination"))
        else:
            damaged = int(frame.get("crc", 0))
            checks.append(Check(name, "warn" if damaged else "ok", counts, "termination at both ends, A and B swapped?" if damaged else ""))
    return checks


def _faults(faults: Answer, names: SiteNames) -> list[Check]:
    checks: list[Check] = []
    for frame in faults[1:]:
        text = fault_told(frame, names)
        if not frame.get("live") or name_of(FAULTS, frame["f"]) == "clock_unset":  # `_clock` reports it
            continue
        if name_of(FAULTS, frame["f"]) == "cards_bad":  # the cards come after the installation: nobody can charge, nothing is unsafe
            checks.append(Check("cards", "warn", text, "shed cards import FILE.csv"))
        else:
            checks.append(Check("fault", "bad", text, "shed faults says more; shed clear when it is over"))
    past = sum(not frame.get("live") for frame in faults[1:])
    return checks or [Check("faults", "ok", "none is active" + (f", {past} over" if past else ""))]


def _clock(head: dict[str, Any], faults: Answer) -> Check:
    sets = "shed status --site SITE.toml sets it"
    if head.get("t"):
        return Check("clock", "ok", f"{when(int(head['t']))}, local time of the site")
    if any(frame.get("live") and name_of(FAULTS, frame["f"]) == "clock_unset" for frame in faults[1:]):
        return Check("clock", "warn", "not set: cards stay valid after their last day", sets)
    return Check("clock", "ok", f"not set: records carry no date; {sets}")


def _memory(head: dict[str, Any]) -> Check:
    return Check("memory", "ok", memory_text(head))


def require(checks: Sequence[Check]) -> None:
    """ShedError (exit code 6) when one is bad."""
    failed = bad(checks)
    if failed:
        lines = "; ".join(f"{check.name}: {check.said}" for check in failed)
        raise ShedError(f"self-test: {len(failed)} of {len(checks)} checks failed", lines, failed[0].clears, TEST_FAILED)
