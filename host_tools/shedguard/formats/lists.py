"""The closed lists of docs/protocols/records.md: numbers that the board writes, names that tools print. A number is never reused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final


def _numbered(*names: str, first: int = 1, more: Mapping[int, str] = MappingProxyType({})) -> MappingProxyType[int, str]:
    """``more``: behind a gap."""
    return MappingProxyType({**dict(enumerate(names, first)), **more})


STOP_CAUSES: Final = _numbered(
    "full", "unplugged", "max_time", "paid_time", "no_load", "over_power", "trip", "meter_stale", "user", "operator",
    "outage_gone", "welded", "min_power", "maintenance", "dead_contact", "backstop", "relay_bus", "blind", "supply_lost",
    "load_swapped", "waited",
)  # fmt: skip
HOLDERS: Final = _numbered(
    "boot_lock", "trip", "fault", "safe_mode", "maintenance", "self_test", "meter_stale", "load_budget", "no_session", "stagger",
    "lease", "point_fault", "welded", "relay_bus", "blind", "wrong_board", "supply", "live",
)  # fmt: skip
FAULTS: Final = _numbered(
    "scan_exception", "scan_timer_silent", "clock_stopped", "scan_overrun", "task_exception", "task_stuck", "main_exception",
    "meter_stale", "welded", "point_fault", "output_readback", "journal_full", "config_bad", "cards_bad", "boot_loop",
    "reader_silent", "gate_forced", "gate_held", "hint_storm", "watchdog", "dead_contact", "self_test", "unprotected",
    "expander_bus", "trip_unknown", "supply_lost", "low_voltage", "live_outlet", "meters_mixed", "blind", "wrong_board",
    "records_lost", "clock_unset", more={35: "meter_jump"},
)  # fmt: skip
MAY_BE_LIVE: Final = 2  # `on` of an outlet or group: commanded off, not yet seen off
# With these a socket may be live although commanded off: switch the breaker off before anything else.
BREAKER_FIRST: Final = frozenset({"meter_stale", "welded", "output_readback", "live_outlet"})
BREAKER_HOLDERS: Final = frozenset({"welded", "live"})  # the same among the holders; `live`: of an outlet, or of any in its group
ACCESS_REASONS: Final = _numbered(
    "ok", "unknown_card", "revoked", "expired", "outside_window", "locked_out", "no_table", "exit", "trip"
)  # fmt: skip
RESET_CAUSES: Final = _numbered("power_on", "hard", "watchdog", "deep_sleep", "soft")
AUTHORITIES: Final = _numbered("card", "key_switch", "hmac")
GATE_EVENTS: Final = _numbered("granted", "denied", "held_open", "closed", "forced", "freed", "locked")
PRESS_REASONS: Final = _numbered("several_cards", "several_outlets", "anothers", "blocked")
TRIALS: Final = _numbered("begun", "confirmed", "rejected")  # events of `trial` records
NOWHERE: Final = 255  # the outlet of a `press_refused` record that concerns no single outlet
POINT_STATES: Final = _numbered("normal", "alarm", "open", "short", "stuck", "stale", "suspect", first=0)
OUTLET_STATES: Final = _numbered(
    "idle", "starting", "waiting", "charging", "top_up", "stopping", "resuming", "settling", "done", first=0
)  # fmt: skip
GATE_STATES: Final = _numbered("locked", "released", "open", "held_open", "free", first=0)
ROLES: Final = _numbered("resident", "staff", "fire_volunteer", "maintenance")

# What the argument of a fault is the index of, for faults that have one.
FAULT_ARGUMENTS: Final = MappingProxyType(
    {
        "meter_stale": "meter", "welded": "outlet", "point_fault": "point", "reader_silent": "reader",
        "gate_forced": "gate", "gate_held": "gate", "hint_storm": "point", "dead_contact": "outlet",
        "expander_bus": "expander bus", "supply_lost": "group", "low_voltage": "group", "live_outlet": "outlet", "meters_mixed": "outlet",
        "meter_jump": "meter", "blind": "point",
    }
)  # fmt: skip


def name_of(numbers: Mapping[int, str], number: int) -> str:
    """The name of ``number``; a number of a later version is shown as itself."""
    return numbers.get(number, f"#{number}")


def holders_told(numbers: Iterable[int]) -> list[str]:
    """The names of an outlet's holders in the board's order, but those that need the breaker off come first."""
    return sorted((name_of(HOLDERS, number) for number in numbers), key=lambda name: name not in BREAKER_HOLDERS)


def breaker_first(frames: Iterable[Mapping[str, Any]], unseen: Collection[int] = ()) -> list[int]:
    """The outlets, by the rows of `status`, whose breaker has to be switched off: those that may be live (except ``unseen``: only not seen
    off yet) and those that are welded, also where an open contactor has them off. Without one, those of a group held for a live outlet."""
    off = [
        (int(frame["o"]), frame.get("on"), holders_told(frame.get("hold", []))) for frame in frames if "o" in frame and frame.get("on") != 1
    ]
    sure = [outlet for outlet, on, names in off if "welded" in names or (on == MAY_BE_LIVE and outlet not in unseen)]
    return sure or [outlet for outlet, _on, names in off if "live" in names]
