"""A site as a TOML file with comments: what `config new` and `config pull` write, in the order of docs/protocols/site-file.md.

Every value is written out, defaults too, so that the file states everything that applies to the shed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydantic import BaseModel

from .model import SiteFile
from .show import toml_value

_TABLES: Final = {
    "safety": "The heartbeat strobes an external circuit that holds contactors and gate locks; without it the shed is unprotected.\n"
    "Whoever has the maintenance key may change the board: keep this file where the list of cards is kept.",
    "group": "A group: outlets behind one contactor and one breaker.",
    "bus": "An RS-485 bus: A to A, B to B, 120 ohms at both ends.",
    "outlet": "An outlet: `number` is what stands on the socket. Every outlet has a meter of its own address.",
    "point": "A supervised input. A loop ends in a resistor and tells alarm, broken wire and short apart; a contact is open or closed.\n"
    "Fire points must trip an armed cause that cuts every group.",
    "cause": "A row of the cause-and-effect matrix: any of the points (or `votes` of them within `window_s`) trips the effects.",
    "gate": "A gate: its lock is energised to lock, so that a dead board and a power cut free it.",
    "reader": "A card reader.",
    "tariff": "A price for each begun block of time.",
    "charging": "When a session begins, is full, unplugged, too long.",
    "contact": "Whom to call: printed in reports.",
}
_KEYS: Final = {
    "time_zone_min": "minutes east of Greenwich",
    "hold_off_s": "everything stays off for so long after a start",
    "breaker_w": "what the group's breaker carries: the outlets' max_power_w are checked against it",
    "max_power_w": "an outlet that draws more is switched off",
    "zone": "points that watch the same room: one covers another that is at fault",
    "clear_ms": "normal for so long before an alarm counts as over",
    "trip_samples": "equal readings before it counts",
    "release_s": "a card frees the gate for so long",
    "held_open_s": "open for so long before it is reported",
    "block_min": "1 yuan for 5 hours: price_fen = 100, block_min = 300",
    "full_percent": "of the highest power of this session",
    "min_power_w": "a session that draws less is ended",
    "grant_s": "from the card to the button at most",
}


def to_toml(site: SiteFile, heading: str = "") -> str:
    """The file's text; `load.loads` reads the same site from it."""
    return "\n".join([*_comment(heading), *_table(site, "site"), *_rest(site)]).strip() + "\n"


def _rest(site: SiteFile) -> Iterator[str]:
    for name in ("safety", "group", "bus", "outlet", "point", "cause", "gate", "reader", "tariff", "charging", "contact"):
        yield from _table(site, name)


def _table(site: SiteFile, name: str) -> Iterator[str]:
    value = getattr(site, name)
    tables: list[BaseModel] = value if isinstance(value, list) else [] if value is None else [value]
    for number, table in enumerate(tables):
        yield ""
        if number == 0:
            yield from _comment(_TABLES.get(name, ""))
        yield f"[[{name}]]" if isinstance(value, list) else f"[{name}]"
        for key in type(table).model_fields:
            inner = getattr(table, key)
            if inner is None:
                continue
            said = f"{key} = {_inline(inner) if isinstance(inner, BaseModel) else toml_value(inner)}"
            yield f"{said:<40} # {_KEYS[key]}" if key in _KEYS and number == 0 else said


def _inline(table: BaseModel) -> str:
    return "{ " + ", ".join(f"{key} = {toml_value(getattr(table, key))}" for key in type(table).model_fields) + " }"


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in text.splitlines()]
