"""A site from the image on a board: the board file turns numbers into terminals; names, which the board does not have, come from a site
file that fits, or are made up (`group 1`). The site must compile to the same image, or it is refused.
"""

from __future__ import annotations

from typing import Any

from ..boards.model import NO_CODE, Board
from ..errors import PROTOCOL, ShedError
from . import meters, readers, tariffs
from .check import effect_names
from .image import NONE, compile_site, image_crc, read_sections
from .limits import BLIND_GRACE_MIN
from .model import Charging, SiteFile
from .sections import Section

_PARITIES = ("none", "odd", "even")
_COUNTED = (
    Section.GROUP, Section.BUS, Section.OUTLET, Section.POINT, Section.CAUSE, Section.EFFECT, Section.GATE, Section.READER,
)  # fmt: skip


def site_of(image: bytes, board: Board, names: SiteFile | None = None) -> SiteFile:
    """The site; ShedError (exit code 4) when the image is damaged, of a later version, or of another board."""
    try:
        sections = read_sections(image)
        site = SiteFile.model_validate(_tables(sections, board, names))
        build = int(sections[Section.SITE][0][1])
        same = image_crc(compile_site(site, board, build, sections)) == image_crc(image)
    except (ValueError, KeyError, IndexError, StopIteration) as error:  # ValidationError is a ValueError
        raise _other(board, str(error)) from error
    if not same:
        raise _other(board, "the site compiles to a different image")
    return site


def _other(board: Board, why: str) -> ShedError:
    what = f"the configuration on the board cannot be written as a site file for {board.board.name}"
    return ShedError(
        what, f"{why.splitlines()[0]}: it was built for another board, or by another version", "name its board: --board", PROTOCOL
    )


def _tables(sections: dict[int, Any], board: Board, names: SiteFile | None) -> dict[str, Any]:
    terminals = {board.pin_code(name): name for name in board.terminal}
    ports = {(port.uart, port.tx, port.rx): name for name, port in board.port.items()}

    def at(code: int) -> str | None:
        return None if code in (NONE, NO_CODE) else terminals[code]

    def called(table: str, index: int) -> str:
        known = [] if names is None else getattr(names, table)
        return known[index].name if index < len(known) else f"{table} {index + 1}"

    site_id, _build, zone, hold_off, _period, beat, _flags = sections[Section.SITE][0]
    groups = [called("group", index) for index in range(len(sections[Section.GROUP]))]
    gates = [called("gate", index) for index in range(len(sections[Section.GATE]))]
    buses = [called("bus", index) for index in range(len(sections[Section.BUS]))]
    points = [called("point", index) for index in range(len(sections[Section.POINT]))]
    zones = _zones([number for (number,) in sections.get(Section.ZONE, [(0,)] * len(points))], names)
    effects = [f"cut {groups[index]}" if kind == 1 else f"free {gates[index]}" for kind, index in sections[Section.EFFECT]]
    name = f"site {site_id}" if names is None else names.site.name
    tariff, price_fen, block_min = sections[Section.TARIFF][0]
    tables: dict[str, Any] = {
        "site": {"id": site_id, "name": name, "board": board.board.name, "time_zone_min": zone},
        "safety": {
            "heartbeat": at(beat),
            "hold_off_s": hold_off,
            "maintenance_key": sections[Section.KEY][0][0].hex(),
            "blind_grace_min": sections[Section.BLIND][0][0] if Section.BLIND in sections else BLIND_GRACE_MIN,
        },
        "group": [
            {"name": groups[index], "contactor": at(pin), "breaker_w": watts}
            for index, (pin, _high, watts) in enumerate(sections[Section.GROUP])
        ],
        "bus": [
            {"name": buses[index], "port": ports[uart, tx, rx], "baud": baud, "parity": _PARITIES[parity]}
            for index, (uart, tx, rx, baud, parity, _direction) in enumerate(sections[Section.BUS])
        ],
        "outlet": [],
        "point": [
            _point(row, points[index], at) | {"zone": zone}
            for index, (row, zone) in enumerate(zip(sections[Section.POINT], zones, strict=True))
        ],
        "cause": [],
        "gate": [],
        "reader": [
            {"name": called("reader", index), "kind": readers.NAMES[kind], "port": ports[uart, tx, rx], "gate": gates[gate]}
            for index, (kind, uart, tx, rx, gate) in enumerate(sections[Section.READER])
        ],
        "tariff": {"kind": tariffs.NAMES[tariff], "price_fen": price_fen, "block_min": block_min},
        "charging": dict(zip(Charging.model_fields, sections[Section.CHARGING][0], strict=True)),
    }
    for number, group, relay, _high, button, meter, watts in sections[Section.OUTLET]:
        bus, address, profile = sections[Section.METER][meter]
        told = {"bus": buses[bus], "address": address, "profile": meters.NAMES[profile]}
        tables["outlet"].append(
            {"number": number, "group": groups[group], "relay": at(relay), "button": at(button), "meter": told, "max_power_w": watts}
        )
    for index, (mask, votes, flags, window_ms, effect_mask) in enumerate(sections[Section.CAUSE]):
        of = [points[bit] for bit in range(len(points)) if mask >> bit & 1]
        on = [effects[bit] for bit in range(len(effects)) if effect_mask >> bit & 1]
        tables["cause"].append(
            {"name": called("cause", index), "points": of, "votes": votes, "window_s": window_ms // 1000, "effects": on,
             "latched": bool(flags & 1), "armed": bool(flags & 2)}
        )  # fmt: skip
    for index, (lock, _high, contact, flags, release_s, held_s) in enumerate(sections[Section.GATE]):
        normally = "closed" if flags & 1 or contact == NO_CODE else "open"
        tables["gate"].append(
            {"name": gates[index], "lock": at(lock), "contact": at(contact), "contact_normally": normally, "release_s": release_s,
             "held_open_s": held_s}
        )  # fmt: skip
    if names is not None:
        tables["contact"] = [contact.model_dump() for contact in names.contact]
    return tables


def _zones(numbers: list[int], names: SiteFile | None) -> list[str | None]:
    """The zone of each point, by the file's names unless the file groups points differently than the image."""
    known = [point.zone for point in names.point] if names is not None else []
    pairs = {(number, known[index] if index < len(known) else None) for index, number in enumerate(numbers)}
    agree = len(pairs) == len(set(numbers)) == len({zone for _, zone in pairs})
    called = dict(pairs) if agree else {}
    return [(called.get(number) or f"zone {number}") if number else None for number in numbers]


def _point(row: Any, name: str, at: Any) -> dict[str, Any]:
    kind, pin, flags, use, short, alarm, normal, samples, clear_ms, _reserved = row
    loop = kind == 2
    return {
        "name": name,
        "kind": "loop" if loop else "contact",
        "terminal": at(pin),
        "normally": None if loop else "closed" if flags & 1 else "open",
        "bands_mv": {"short": short, "alarm": alarm, "normal": normal} if loop else None,
        "fire": bool(flags & 2),
        "use": "key_switch" if use == 1 else "plain",
        "trip_samples": samples,
        "clear_ms": clear_ms,
    }


def fits(names: SiteFile, image: bytes) -> bool:
    """Whether a site file has as many tables of each kind as the image, so that its names fit the image's indexes."""
    sections = read_sections(image)
    counts = [len(sections[number]) for number in _COUNTED]
    tables = (names.group, names.bus, names.outlet, names.point, names.cause, effect_names(names), names.gate, names.reader)
    return counts == [len(table) for table in tables]
