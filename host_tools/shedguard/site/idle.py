"""Finds keys of a site file that no board acts on. The check reports them, so that nobody relies on them (no accepted key without an
effect).

Hazard: an installer who wrote a limit, a second key switch or a detector into the file and believes that the shed heeds it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..files.problems import Problem
from .model import SiteFile


def problems(site: SiteFile) -> Iterator[Problem]:
    """Warnings; an error for a switch that would do nothing."""
    yield from _meant(site)
    yield from _tables(site)
    yield from _points(site)
    yield from _gates(site)


def _meant(site: SiteFile) -> Iterator[Problem]:
    """Values that are allowed but probably not intended."""
    key, zone = site.safety.maintenance_key.lower(), site.site.time_zone_min
    if len(set(key)) == 1:
        what = "every digit of maintenance_key is the same: whoever guesses it may clear trips and stop sessions"
        yield Problem(("safety", "maintenance_key"), what, "it was not drawn at random", "openssl rand -hex 32", "warning")
    if zone % 15:
        what = f"time_zone_min = {zone}: no time zone is {abs(zone)} minutes from Greenwich"
        hint = f"{zone} hours are {zone * 60} minutes" if abs(zone) <= 14 else "minutes east of Greenwich, 480 in China"
        yield Problem(("site", "time_zone_min"), what, "the clock that a laptop sets would be wrong", hint, "warning")


def _tables(site: SiteFile) -> Iterator[Problem]:
    for index, group in enumerate(site.group):
        if all(outlet.group != group.name for outlet in site.outlet):
            what = f'group "{group.name}" has no outlet: its contactor never closes'
            yield Problem(
                ("group", index), what, "a contactor closes for an outlet of its group", "name it in an outlet, or remove it", "warning"
            )
    for index, bus in enumerate(site.bus):
        if all(outlet.meter.bus != bus.name for outlet in site.outlet):
            what = f'bus "{bus.name}" has no meter: nothing is asked there'
            yield Problem(("bus", index), what, "only the meters of outlets are asked", "name it in a meter, or remove it", "warning")
    for index, gate in enumerate(site.gate):
        if all(reader.gate != gate.name for reader in site.reader):
            what = f'gate "{gate.name}" has no reader: no card opens it'
            hint = "add a [[reader]] with this gate, unless only the exit button is to open it"
            yield Problem(("gate", index), what, "only a trip, the exit button and the break-glass unit release its lock", hint, "warning")


def _points(site: SiteFile) -> Iterator[Problem]:
    tripping = {name for cause in site.cause for name in cause.points}
    switches = [index for index, point in enumerate(site.point) if point.use == "key_switch"]
    for index, point in enumerate(site.point):
        if point.use == "plain" and not point.fire and point.name not in tripping:
            what = f'point "{point.name}" is in no cause: `status` shows it, and it does nothing'
            yield Problem(("point", index), what, "points act through causes", "add it to a [[cause]], or remove it", "warning")
    for index in switches[1:]:
        first = site.point[switches[0]].name
        what = f'point "{site.point[index].name}" is a second key switch, "{first}" is one already'
        yield Problem(("point", index, "use"), what, "the board looks at one key switch", "wire both keys in one contact, or remove one")


def _gates(site: SiteFile) -> Iterator[Problem]:
    for index, gate in enumerate(site.gate):
        for key in ("contact_normally", "held_open_s"):
            if gate.contact is None and key in gate.model_fields_set:
                what = f'gate "{gate.name}" has {key} and no door contact'
                yield Problem(
                    ("gate", index, key), what, "without a contact nobody sees the door", "add contact, or remove the key", "warning"
                )
