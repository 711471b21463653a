"""Compiles a site to the image that the board reads (docs/protocols/site-file.md). Numbers only; positions are the indexes."""

from __future__ import annotations

import struct
from binascii import crc32
from collections.abc import Container, Sequence
from typing import Final

from ..boards.boot_file import identity
from ..boards.model import NO_CODE, NO_PIN, Board, Wires
from ..boards.parts import PARTS
from .check import effect_names
from .limits import BLIND_GRACE_MIN, MASK
from .meters import METERS
from .model import Charging, SiteFile
from .readers import READERS
from .sections import NARROW_EXPANDERS, WIDE, Section, layouts, narrowed, widened
from .tariffs import TARIFFS

MAGIC: Final = b"SGI1"
SCAN_PERIOD_MS: Final = 5
NONE: Final = NO_PIN
_PARITY: Final = {"none": 0, "odd": 1, "even": 2}
_CHARGING: Final = tuple(Charging.model_fields)


def compile_site(site: SiteFile, board: Board, build: int = 1, only: Container[int] | None = None) -> bytes:
    """The image of a checked site. ``build`` is the number that tells the image of a board from that of a file. ``only``: the sections that
    an earlier version had, to see whether its image is equivalent."""
    builder = _Builder(site, board)
    sections: list[tuple[int, Sequence[tuple[int | bytes, ...]]]] = [
        (Section.SITE, [builder.site_record(build)]),
        (Section.GROUP, [(builder.gpio(group.contactor), builder.active(group.contactor), group.breaker_w) for group in site.group]),
        (Section.BUS, [builder.bus(index) for index in range(len(site.bus))]),
        (Section.OUTLET, [builder.outlet(index) for index in range(len(site.outlet))]),
        (Section.METER, [(builder.buses.index(o.meter.bus), o.meter.address, METERS[o.meter.profile].number) for o in site.outlet]),
        (Section.POINT, [builder.point(index) for index in range(len(site.point))]),
        (Section.CAUSE, [builder.cause(index) for index in range(len(site.cause))]),
        (Section.EFFECT, [(1, index) for index in range(len(site.group))] + [(2, index) for index in range(len(site.gate))]),
        (Section.GATE, [builder.gate(index) for index in range(len(site.gate))]),
        (Section.READER, [builder.reader(index) for index in range(len(site.reader))]),
        (Section.TARIFF, [(TARIFFS[site.tariff.kind].number, site.tariff.price_fen, site.tariff.block_min)]),
        (Section.CHARGING, [tuple(getattr(site.charging, name) for name in _CHARGING)]),
        (Section.KEY, [(bytes.fromhex(site.safety.maintenance_key),)]),
    ]
    if board.expander:
        sections.append((Section.WIRES, [_wires(wires) for wires in board.bus.values()]))
        sections.append((Section.EXPANDER, [_expander(board, name) for name in board.expander]))
    if site.safety.blind_grace_min != BLIND_GRACE_MIN:  # an earlier version's image has no such section, and stays the same
        sections.append((Section.BLIND, [(site.safety.blind_grace_min,)]))
    sections.append((Section.BOARD, [(identity(board),)]))
    if any(point.zone for point in site.point):
        zones = [None, *dict.fromkeys(point.zone for point in site.point if point.zone)]
        sections.append((Section.ZONE, [(zones.index(point.zone),) for point in site.point]))
    sections = [section for section in sections if only is None or section[0] in only]
    version = WIDE if len(site.outlet) > MASK or len(board.expander) > NARROW_EXPANDERS else 1
    body = bytearray()
    for number, records in sections:
        layout = struct.Struct(layouts(version)[number])
        body += struct.pack("<BBH", number, layout.size, len(records))
        for record in records:
            body += layout.pack(*(record if version == WIDE else narrowed(number, record)))
    return struct.pack("<4sHHI", MAGIC, version, len(sections), crc32(body)) + bytes(body)


def image_crc(image: bytes) -> int:
    """The CRC in an image's header: what the board reports as its configuration."""
    return struct.unpack_from("<I", image, 8)[0]


def read_sections(image: bytes) -> dict[int, list[tuple[int | bytes, ...]]]:
    """The sections of an image, for tests and tools; ValueError when it is damaged or of a later version. Unknown sections are left out.
    Codes of pins are those of ``Board.pin_code``, whatever the image's version."""
    damaged = ValueError(f"not a site image of version 1 or {WIDE}, or damaged")
    sections: dict[int, list[tuple[int | bytes, ...]]] = {}
    at = 12
    try:
        magic, version, count, crc = struct.unpack_from("<4sHHI", image)
        if magic != MAGIC or version not in (1, WIDE) or crc != crc32(image[at:]):
            raise damaged
        for _ in range(count):
            number, size, records = struct.unpack_from("<BBH", image, at)
            at += 4
            layout = layouts(version).get(number)
            if layout is not None:
                rows = [struct.unpack_from(layout, image, at + index * size) for index in range(records)]
                sections[number] = rows if version == WIDE else [widened(number, row) for row in rows]
            at += size * records
    except struct.error:
        raise damaged from None
    if at != len(image):  # the CRC does not cover the number of sections
        raise damaged
    return sections


def board_of_image(image: bytes) -> int | None:
    """The identity of the board that an image was made for; None when it does not say."""
    for (number,) in read_sections(image).get(Section.BOARD, []):
        return number if isinstance(number, int) else None
    return None


def _wires(wires: Wires) -> tuple[int, ...]:
    pins = (wires.sda, wires.scl) if wires.kind == "i2c" else (wires.data, wires.clock, wires.latch)
    if any(pin is None for pin in pins):
        raise ValueError("a bus without all of its wires")
    known = [pin for pin in pins if pin is not None]
    if wires.kind == "i2c":
        return (1, *known, wires.khz // 10, 0, 0)
    return (2, *known, NONE if wires.enable is None else wires.enable, 0)


def _expander(board: Board, name: str) -> tuple[int, ...]:
    expander = board.expander[name]
    return (PARTS[expander.part].number, list(board.bus).index(expander.bus), expander.address or 0, *board.resting(name))


class _Builder:
    """Looks names up while records are made."""

    def __init__(self, site: SiteFile, board: Board) -> None:
        self._site, self._board = site, board
        self._groups = [group.name for group in site.group]
        self.buses = [bus.name for bus in site.bus]
        self._points = [point.name for point in site.point]
        self._gates = [gate.name for gate in site.gate]
        self._effects = effect_names(site)

    def gpio(self, terminal: str | None) -> int:
        return NONE if terminal is None else self._board.pin_code(terminal)

    def code(self, terminal: str | None) -> int:
        """Of a pin that may be a bit of an expander."""
        return NO_CODE if terminal is None else self._board.pin_code(terminal)

    def active(self, terminal: str) -> int:
        return int(self._board.terminal[terminal].active_high)

    def _pull_up(self, terminal: str) -> bool:
        """Whether the chip's own pull-up is to be switched on: input-only pins have none; there the carrier board's resistor pulls up."""
        found = self._board.terminal[terminal]
        return found.pull == "up" and found.gpio is not None and found.gpio not in self._board.chip.input_only

    def site_record(self, build: int) -> tuple[int, ...]:
        site, safety = self._site.site, self._site.safety
        flags = 0 if safety.heartbeat is None else self.active(safety.heartbeat)
        return (site.id, build, site.time_zone_min, safety.hold_off_s, SCAN_PERIOD_MS, self.gpio(safety.heartbeat), flags)

    def bus(self, index: int) -> tuple[int, ...]:
        bus = self._site.bus[index]
        port = self._board.port[bus.port]
        direction = NONE if isinstance(port.direction, str) else port.direction
        return (port.uart, port.tx, port.rx, bus.baud, _PARITY[bus.parity], direction)

    def outlet(self, index: int) -> tuple[int, ...]:
        outlet = self._site.outlet[index]
        group, relay = self._groups.index(outlet.group), outlet.relay
        return (outlet.number, group, self.code(relay), self.active(relay), self.code(outlet.button), index, outlet.max_power_w)

    def point(self, index: int) -> tuple[int, ...]:
        point = self._site.point[index]
        contact = point.kind == "contact"
        flags = int(point.normally == "closed") | int(point.fire) << 1
        if contact:
            direct = point.fire and self._board.terminal[point.terminal].gpio is not None  # hinted by its edges
            flags |= int(self._pull_up(point.terminal)) << 2 | int(direct) << 3
        bands = point.bands_mv
        limits = (bands.short, bands.alarm, bands.normal) if bands else (0, 0, 0)
        use = 1 if point.use == "key_switch" else 0
        return (1 if contact else 2, self.code(point.terminal), flags, use, *limits, point.trip_samples, point.clear_ms, 0)

    def cause(self, index: int) -> tuple[int, ...]:
        cause = self._site.cause[index]
        points = sum(1 << self._points.index(name) for name in set(cause.points))
        effects = sum(1 << self._effects.index(name) for name in set(cause.effects))
        return (points, cause.votes, int(cause.latched) | int(cause.armed) << 1, cause.window_s * 1000, effects)

    def gate(self, index: int) -> tuple[int, ...]:
        gate = self._site.gate[index]
        flags = 0
        if gate.contact is not None:
            flags = int(gate.contact_normally == "closed") | int(self._pull_up(gate.contact)) << 1
        return (self.gpio(gate.lock), self.active(gate.lock), self.code(gate.contact), flags, gate.release_s, gate.held_open_s)

    def reader(self, index: int) -> tuple[int, ...]:
        reader = self._site.reader[index]
        port = self._board.port[reader.port]
        return (READERS[reader.kind].number, port.uart, port.tx, port.rx, self._gates.index(reader.gate))
