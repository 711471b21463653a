"""What crews and residents read for each name of the closed lists.

One table per language; a missing text falls back to English, then to the name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .texts_zh import ZH

_EN: Final[Mapping[str, Mapping[str, str]]] = {
    "stop": {
        "full": "battery full",
        "unplugged": "unplugged",
        "max_time": "longest session reached",
        "paid_time": "paid time is over",
        "no_load": "nothing drew power",
        "over_power": "above the outlet's power limit",
        "trip": "safety trip",
        "meter_stale": "meter silent",
        "user": "stopped by the user",
        "operator": "stopped from the console",
        "outage_gone": "load gone after an outage",
        "welded": "relay did not open",
        "min_power": "power too low for a charger",
        "maintenance": "taken out of service",
        "dead_contact": "no power through the relay: contact or fuse",
        "backstop": "24 h limit",
        "relay_bus": "the board lost its relays' bus",
        "blind": "a fire detector was faulty; unused time is not charged",
        "waited": "waited too long for its power",
        "supply_lost": "its row's supply was lost, or had to be switched off",
        "load_swapped": "another load than before: plug in, tap and press again",
    },
    "holder": {
        "boot_lock": "hold-off after power-up, ends by itself",
        "trip": "a safety trip is latched: remove its cause, then `shed clear`",
        "fault": "a fault is active: `shed faults`",
        "safe_mode": "safe mode after repeated bad boots: `shed faults`",
        "maintenance": "the board is in maintenance: reset it to go back to service",
        "self_test": "self-test running or failed: `shed faults`",
        "meter_stale": "its meter is silent: check the RS-485 wiring and address",
        "load_budget": "waiting for power: the group is at its limit",
        "no_session": "no paid session: tap a card, press the button",
        "stagger": "waiting its turn after an outage, ends by itself",
        "lease": "nobody asks for it to be on",
        "point_fault": "a fire point is faulty: nothing starts or goes on after an outage until it is repaired",
        "welded": "switch the breaker off: its relay is welded; replace it, then `shed clear`",
        "relay_bus": "the expander bus of a relay in its group is out: `shed faults`",
        "blind": "a fire point that protects it cannot be read: `shed faults`",
        "wrong_board": "its configuration was made for another board: `shed install SITE.toml --replace-site ID`",
        "supply": "its group has no supply, or a low voltage: `shed faults`",
        "live": "switch the breaker off: an outlet of its group may be live; look at it, then `shed clear`",
    },
    "fault": {
        "scan_exception": "the scan raised an exception",
        "scan_timer_silent": "the scan's timer fell silent",
        "clock_stopped": "the clock stood still",
        "scan_overrun": "the scan took too long, ten times in a row",
        "task_exception": "a task raised an exception",
        "task_stuck": "a task made no progress",
        "main_exception": "the main loop raised an exception",
        "meter_stale": "silent",
        "welded": "relay welded",
        "point_fault": "wiring fault",
        "output_readback": "output does not follow",
        "journal_full": "the journal cannot be written",
        "config_bad": "no valid configuration",
        "cards_bad": "no valid card table",
        "boot_loop": "repeated bad boots: safe mode",
        "reader_silent": "silent",
        "gate_forced": "opened by force",
        "gate_held": "held open",
        "hint_storm": "chattering input",
        "watchdog": "the watchdog reset the board",
        "dead_contact": "no power through the relay: contact or fuse",
        "self_test": "self-test failed",
        "unprotected": "no heartbeat circuit: outlets and gate lock are unprotected",
        "expander_bus": "out of service",
        "blind": "cannot be read: the outlets it protects are off",
        "wrong_board": "configuration and boot file name different boards: safe mode",
        "clock_unset": "the clock is not set: cards with a last day do not end",
        "trip_unknown": "a trip of another configuration is latched",
        "records_lost": "the record of a sale or a trip was refused",
        "supply_lost": "no supply: look at its breaker and residual-current device; if they are on, at the contactor and the meters' bus",
        "low_voltage": "low voltage, or one that sags again and again: look at the feeder; it is switched on later each time",
        "live_outlet": "LIVE although relay and contactor were told off",
        "meters_mixed": "its meter shows another outlet's load: meters or their wires are mixed up",
        "meter_jump": "its energy register jumped",
    },
    "first": {  # what the crew does before anything else
        "meter_stale": "switch the breaker off before you touch its outlet: nobody sees whether it is off",
        "welded": "switch the breaker off, replace the relay, then `shed clear`",
        "output_readback": "switch the breaker off: what it drives may be live; change the board",
        "live_outlet": "switch the breaker off, replace relay and contactor, then `shed clear`",
    },
    "access": {
        "ok": "card accepted",
        "unknown_card": "card is not in the list",
        "revoked": "card was revoked",
        "expired": "card has expired",
        "outside_window": "not at this time of day",
        "locked_out": "locked out after wrong cards",
        "no_table": "no card list on the board",
        "exit": "exit button",
        "trip": "safety trip",
    },
    "press": {
        "several_cards": "several cards are open or were until just now, nobody knows whose press it is: tap again",
        "several_outlets": "several outlets were pressed, nobody knows which is meant: wait half a minute, press, tap",
        "anothers": "another card's session runs there",
        "blocked": "no session may begin there now: `shed why`",
    },
    "authority": {"card": "maintenance card", "key_switch": "key switch", "hmac": "key over the console"},
    "reset": {
        "power_on": "power came on",
        "hard": "reset by software",
        "watchdog": "watchdog",
        "deep_sleep": "woke up",
        "soft": "soft reset",
    },
    "gate": {
        "granted": "opened",
        "denied": "refused",
        "held_open": "held open",
        "closed": "closed again",
        "forced": "opened by force",
        "freed": "freed by a trip",
        "locked": "locked again",
    },
}

LANGUAGES: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {"en": _EN, "zh": ZH}


def text(table: str, name: str, language: str = "en") -> str:
    """The wording of ``name`` in one of the tables above."""
    for words in (LANGUAGES.get(language, {}), _EN):
        if name in words.get(table, {}):
            return words[table][name]
    return name
