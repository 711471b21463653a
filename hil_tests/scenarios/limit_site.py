"""A board and a site at every limit that the checker accepts, made up: 40 outlets in 8 groups, 30 points, 30 causes, 4 gates, expanders.

Hazard: limits that each part keeps and no shed reaches until somebody builds it: a mask one bit too wide, an image that is too long, a scan
that takes too long. Pins of an ESP32: 13 outputs that must let go (contactors, locks, heartbeat) and the rest on expanders.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shedguard.boards.parts import PARTS
from shedguard.site.limits import GATES, GROUPS, METER_ADDRESS, MOST_GRACE_MIN, MOST_POWER_W, OUTLET_NUMBER, OUTLETS, POINTS

LOOPS = 6  # pins of an ESP32's converter that two ports leave; eight are in hil_tests/sites/loops
_OUTPUTS = (2, 4, 5, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22)  # contactors, locks, heartbeat
KEY = "00112233445566778899aabbccddeeff" * 2
_FREE = (23, 25, 26, 27)  # tx of two ports, SDA, SCL
_RX = (38, 39)
_STRAPPING = {2, 5, 12, 15}
_CHIPS = [*(("PCF8575", n) for n in range(8)), *(("PCF8574A", n) for n in range(3))]  # all addresses of one bus, for 16 bits each
FIRST_CONTACT = LOOPS + 1  # point numbers count from 1


@dataclass(frozen=True, slots=True)
class Size:
    """How much of them the site uses. One bus leaves a UART for a reader; with two there is none. ``contacts``: one is the key switch."""

    buses: int = 1
    outlets: int = OUTLETS
    groups: int = GROUPS
    loops: int = LOOPS
    contacts: int = POINTS - LOOPS
    gates: int = GATES


def write(folder: Path, size: Size = Size()) -> Path:
    """Both files; the site's path."""
    (folder / "bench-limit.toml").write_text(_toml(_board(size.buses)), encoding="utf-8")
    site = folder / "limit.toml"
    site.write_text(_toml(_site(size)), encoding="utf-8")
    return site


def _board(buses: int) -> dict[str, Any]:
    about = {"id": 65003, "name": "bench-limit", "title": "everything at once", "chip": "esp32", "flash_mb": 4, "psram": False}
    terminal: dict[str, Any] = {}
    names = [*(f"KM{n + 1}" for n in range(GROUPS)), *(f"Y{n + 1}" for n in range(GATES)), "HB"]
    for name, gpio in zip(names, _OUTPUTS, strict=True):
        terminal[name] = {"gpio": gpio, "use": "output", "active": "high", "pull": "down", "what": f"driver of {name}"}
        if gpio in _STRAPPING:
            terminal[name]["strapping_note"] = "held right at reset by the driver"
    for n in range(LOOPS):
        terminal[f"AI{n + 1}"] = {"gpio": 32 + n, "use": "analog", "what": "end-of-line loop"}
    bits = _bits()
    for n in range(OUTLETS):
        chip, bit = next(bits)
        terminal[f"K{n + 1}"] = {
            "expander": chip, "bit": bit, "use": "output", "active": "low", "pull": "up", "load": "relay", "what": "outlet relay",
        }  # fmt: skip
    for name in (
        *(f"S{n + 1}" for n in range(OUTLETS)),
        *(f"X{n + 1}" for n in range(POINTS - LOOPS)),
        *(f"D{n + 1}" for n in range(GATES)),
    ):
        chip, bit = next(bits)
        terminal[name] = {"expander": chip, "bit": bit, "use": "input", "pull": "up", "what": "dry contact"}
    kinds = ("rs485", "rs485" if buses == 2 else "uart")
    port = {f"P{n + 1}": {"kind": kinds[n], "uart": n + 1, "tx": _FREE[n], "rx": _RX[n]} for n in range(2)}
    wires = {"I2C-1": {"kind": "i2c", "sda": _FREE[2], "scl": _FREE[3], "khz": 400}}
    expander = {
        f"U{n + 1}": {"part": part, "bus": "I2C-1", "address": PARTS[part].first_address + at} for n, (part, at) in enumerate(_CHIPS)
    }
    tests = {"tests": "made up for the tests"}
    about |= {"cpu_mhz": 240, "source": "tests"}
    return {"board": about, "sources": tests, "terminal": terminal, "port": port, "bus": wires, "expander": expander}


def _bits() -> Iterator[tuple[str, int]]:
    return ((f"U{n + 1}", bit) for n, (part, _at) in enumerate(_CHIPS) for bit in range(PARTS[part].bits))


def _site(size: Size) -> dict[str, Any]:
    effects = [*(f"cut row {n + 1}" for n in range(size.groups)), *(f"free gate {n + 1}" for n in range(size.gates))]
    points: list[dict[str, Any]] = [
        {"name": f"loop {n + 1}", "kind": "loop", "terminal": f"AI{n + 1}", "fire": True,
         "bands_mv": {"short": 300, "alarm": 1300, "normal": 2300}}
        for n in range(size.loops)
    ]  # fmt: skip
    points += [
        {"name": f"contact {n + 1}", "kind": "contact", "terminal": f"X{n + 1}", "normally": "closed", "fire": n < 12}
        for n in range(size.contacts - 1)
    ]
    points.append({"name": "key", "kind": "contact", "terminal": f"X{size.contacts}", "normally": "open", "use": "key_switch"})
    causes: list[dict[str, Any]] = [{"name": point["name"], "points": [point["name"]], "effects": effects} for point in points[:-1]]
    everything = [point["name"] for point in points[:-1]]
    causes.append({"name": "any two", "points": everything, "votes": 2, "window_s": 60, "effects": effects})
    site: dict[str, Any] = {
        "site": {"id": 0xFFFFFFFF, "name": "a shed at every limit", "board": "bench-limit", "time_zone_min": 840},
        "safety": {"heartbeat": "HB", "hold_off_s": 10, "blind_grace_min": MOST_GRACE_MIN, "maintenance_key": KEY},
        "group": [{"name": f"row {n + 1}", "contactor": f"KM{n + 1}", "breaker_w": 8000} for n in range(size.groups)],
        "bus": [{"name": f"bus {n + 1}", "port": f"P{n + 1}", "baud": 9600} for n in range(size.buses)],
        "outlet": [
            {"number": OUTLET_NUMBER - n, "group": f"row {n * size.groups // size.outlets + 1}", "relay": f"K{n + 1}",
             "button": f"S{n + 1}", "max_power_w": MOST_POWER_W,
             "meter": {"bus": f"bus {n % size.buses + 1}", "address": METER_ADDRESS - n, "profile": "pzem-016"}}
            for n in range(size.outlets)
        ],
        "point": points,
        "cause": causes,
        "gate": [{"name": f"gate {n + 1}", "lock": f"Y{n + 1}", "contact": f"D{n + 1}"} for n in range(size.gates)],
        "reader": [{"name": "main", "kind": "pn532", "port": "P2", "gate": "gate 1"}] if size.buses == 1 else [],
        "tariff": {"kind": "time", "price_fen": 65535, "block_min": 1440},
    }  # fmt: skip
    return site


def _toml(tables: dict[str, Any]) -> str:
    lines: list[str] = []
    for name, table in tables.items():
        if isinstance(table, list):
            for row in table:
                lines += [f"[[{name}]]", *(f"{key} = {_value(value)}" for key, value in row.items())]
        elif name in ("terminal", "port", "bus", "expander"):
            for row_name, row in table.items():
                lines += [f"[{name}.{row_name}]", *(f"{key} = {_value(value)}" for key, value in row.items())]
        else:
            lines += [f"[{name}]", *(f"{key} = {_value(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value)
