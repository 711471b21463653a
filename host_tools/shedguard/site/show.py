"""A site as a readable page: outlets, the cause-and-effect matrix as a fire officer reads it, and every default that the file left out.

Hazard: a value that nobody chose. What a file does not say is listed with the value that then holds. The maintenance key is never shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from pydantic import BaseModel

from .check import effect_names
from .image import compile_site, image_crc
from .load import LoadedSite
from .model import Cause, SiteFile
from .tariffs import TARIFFS

_MARKS: Final = "L = cuts or frees and latches, T = only while the cause lasts, s = not armed: trips nothing, its points are recorded"


def lines(loaded: LoadedSite) -> Iterator[str]:
    """The page, line by line."""
    site, board = loaded.site, loaded.board
    image = compile_site(site, board)
    yield f'Site {site.site.id} "{site.site.name}" on {board.board.name} ({board.board.title})'
    yield f"image: {len(image)} bytes, CRC {image_crc(image):08X}"
    beat = site.safety.heartbeat
    yield f"heartbeat: {_at(loaded, beat)}" if beat else "heartbeat: NONE: this shed is unprotected"
    yield f"sessions under a fire point at fault end after {site.safety.blind_grace_min} min, where no other detector of its zone looks"
    yield from _titled("Outlets", ("outlet", "group", "relay", "button", "meter", "at most"), [
        (o.number, o.group, _at(loaded, o.relay), _at(loaded, o.button), f"{o.meter.bus}/{o.meter.address} {o.meter.profile}",
         f"{o.max_power_w} W") for o in site.outlet
    ])  # fmt: skip
    yield from _titled("Groups", ("group", "contactor", "breaker", "outlets", "together"), [
        (g.name, _at(loaded, g.contactor), f"{g.breaker_w} W", len(members), f"{sum(o.max_power_w for o in members)} W")
        for g in site.group for members in [[o for o in site.outlet if o.group == g.name]]
    ])  # fmt: skip
    yield from _titled("Points", ("point", "kind", "terminal", "fire", "zone", "judged by"), [
        (p.name, p.use if p.use != "plain" else p.kind, _at(loaded, p.terminal), "FIRE" if p.fire else "", p.zone or "-",
         f"normally {p.normally}" if p.bands_mv is None else f"{p.bands_mv.short}/{p.bands_mv.alarm}/{p.bands_mv.normal} mV")
        for p in site.point
    ])  # fmt: skip
    effects = effect_names(site)
    rows = [(c.name, _wants(c), *(_mark(c, effect) for effect in effects)) for c in site.cause]
    yield from _titled("Causes and effects", ("cause", "when", *effects), rows)
    if rows:
        yield f"  {_MARKS}"
    gates = [(g.name, _at(loaded, g.lock), _at(loaded, g.contact), f"{g.release_s} s", f"{g.held_open_s} s") for g in site.gate]
    yield from _titled("Gates", ("gate", "lock", "door contact", "released for", "held open after"), gates)
    yield from _titled("Readers", ("reader", "kind", "port", "gate"), [(r.name, r.kind, r.port, r.gate) for r in site.reader])
    tariff = site.tariff
    said = TARIFFS[tariff.kind].says.format(yuan=tariff.price_fen / 100, block_min=tariff.block_min)
    yield from ("", f"Tariff: {said}")
    yield from _titled("Contacts", ("name", "role", "telephone"), [(c.name, c.role, c.phone) for c in site.contact])
    yield from _titled("Not in the file, so these hold", ("key", "value"), defaults(site))


def as_json(loaded: LoadedSite) -> dict[str, Any]:
    """The same for tools."""
    site = loaded.site
    image = compile_site(site, loaded.board)
    data = site.model_dump()
    data["safety"].pop("maintenance_key")
    effects = effect_names(site)
    matrix = [{"cause": c.name, "when": _wants(c), "effects": {effect: _mark(c, effect) for effect in effects}} for c in site.cause]
    return data | {"matrix": matrix, "defaults": dict(defaults(site)), "image": {"bytes": len(image), "crc": f"{image_crc(image):08X}"}}


def defaults(site: SiteFile) -> list[tuple[str, str]]:
    """Every key that the file left out, as ``outlet.2.max_power_w`` (counted from 1), with the value that holds instead."""
    return list(_left_out(site, ""))


def _left_out(model: BaseModel, prefix: str) -> Iterator[tuple[str, str]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _left_out(value, f"{prefix}{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], BaseModel):
            for number, one in enumerate(value, 1):
                yield from _left_out(one, f"{prefix}{name}.{number}.")
        elif name not in model.model_fields_set:
            yield f"{prefix}{name}", toml_value(value)


def toml_value(value: object) -> str:
    """As a TOML file writes it; ``none`` for what is not there."""
    if value is None or value == []:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ", ".join(toml_value(one) for one in value) + "]"
    return str(value)


def _wants(cause: Cause) -> str:
    names = " or ".join(cause.points)
    return names if cause.votes == 1 else f"{cause.votes} of {len(cause.points)} within {cause.window_s} s: {', '.join(cause.points)}"


def _mark(cause: Cause, effect: str) -> str:
    if effect not in cause.effects:
        return "."
    return "s" if not cause.armed else "L" if cause.latched else "T"


def _at(loaded: LoadedSite, terminal: str | None) -> str:
    return "-" if terminal is None else f"{terminal} ({loaded.board.terminal[terminal].place})"


def _titled(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """A table under its title; nothing at all for no rows."""
    if not rows:
        return
    cells = [[str(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    yield from ("", title)
    for row in cells:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
