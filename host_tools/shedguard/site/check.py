"""The rules of a site that concern several tables: names, addresses, fire points, power sums, times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..boards.model import Board
from ..files.problems import Path, Problem, did_you_mean
from . import idle, memory, pins
from .limits import LEAST_CLEAR_MS, LEAST_LOOP_SAMPLES, LOOPS, METER_ADDRESS
from .meters import METERS
from .model import Point, SiteFile


def problems(site: SiteFile, board: Board) -> list[Problem]:
    """Everything wrong with the site on this board, errors and warnings, in no order."""
    rules: tuple[Callable[[SiteFile], Iterator[Problem]], ...] = (
        _twice,
        _references,
        _meters,
        _points,
        _causes,
        _fire,
        _times,
        _power,
        _heartbeat,
        idle.problems,
    )
    return [*pins.problems(site, board), *memory.problems(site, board), *(problem for rule in rules for problem in rule(site))]


def _twice(site: SiteFile) -> Iterator[Problem]:
    tables: list[tuple[str, str, Sequence[str | int]]] = [
        ("group", "name", [group.name for group in site.group]),
        ("bus", "name", [bus.name for bus in site.bus]),
        ("outlet", "number", [outlet.number for outlet in site.outlet]),
        ("point", "name", [point.name for point in site.point]),
        ("cause", "name", [cause.name for cause in site.cause]),
        ("gate", "name", [gate.name for gate in site.gate]),
        ("reader", "name", [reader.name for reader in site.reader]),
    ]
    for table, key, values in tables:
        for index, value in enumerate(values):
            if value in values[:index]:
                what = f"two [[{table}]] tables have {key} = {value!r}"
                yield Problem((table, index, key), what, f"each {table} is found by its {key}", f"give each {table} its own {key}")


def _references(site: SiteFile) -> Iterator[Problem]:
    groups, buses = [group.name for group in site.group], [bus.name for bus in site.bus]
    gates = [gate.name for gate in site.gate]
    for index, outlet in enumerate(site.outlet):
        if outlet.group not in groups:
            yield _unknown(("outlet", index, "group"), "group", outlet.group, groups)
        if outlet.meter.bus not in buses:
            yield _unknown(("outlet", index, "meter", "bus"), "bus", outlet.meter.bus, buses)
    for index, reader in enumerate(site.reader):
        if reader.gate not in gates:
            yield _unknown(("reader", index, "gate"), "gate", reader.gate, gates)


def _unknown(path: Path, kind: str, name: str, known: list[str]) -> Problem:
    return Problem(path, f'no {kind} is called "{name}"', f"there is no [[{kind}]] table with that name", did_you_mean(name, known))


def _meters(site: SiteFile) -> Iterator[Problem]:
    for at, bus in enumerate(site.bus):
        for name in dict.fromkeys(outlet.meter.profile for outlet in site.outlet if outlet.meter.bus == bus.name):
            kind = METERS[name]
            if bus.baud not in kind.bauds or bus.parity not in kind.parities:
                key = "parity" if bus.baud in kind.bauds else "baud"
                what = f'bus "{bus.name}" has {bus.baud} baud, parity {bus.parity}, and {kind.title} meters on it'
                yield Problem(
                    ("bus", at, key),
                    what,
                    f"a {kind.title} speaks {kind.speaks} and nothing else",
                    "write what all its meters speak; the default is 9600 baud without parity",
                )
    seen: dict[tuple[str, int], int] = {}
    for index, outlet in enumerate(site.outlet):
        key = (outlet.meter.bus, outlet.meter.address)
        if key in seen:
            what = f'meter address {key[1]} on bus "{key[0]}" is used by outlet {seen[key]} and by outlet {outlet.number}'
            cause = "both meters would answer at once, and neither outlet could be measured"
            taken = {address for bus, address in seen if bus == key[0]} | {other.meter.address for other in site.outlet}
            free = next(address for address in range(1, METER_ADDRESS + 1) if address not in taken)
            yield Problem(
                ("outlet", index, "meter", "address"), what, cause, f"give one of the meters another address, for instance {free}"
            )
        seen.setdefault(key, outlet.number)


def _points(site: SiteFile) -> Iterator[Problem]:
    for index in [index for index, point in enumerate(site.point) if point.kind == "loop"][LOOPS:]:
        what = f'loop "{site.point[index].name}" is one more than {LOOPS}'
        cause = "loops are measured in turn: with one more, each is measured too seldom to trip in time"
        yield Problem(("point", index, "kind"), what, cause, "join detectors into one loop, or use contacts")
    for index, point in enumerate(site.point):
        path: Path = ("point", index)
        if point.kind == "loop":
            if point.bands_mv is None:
                yield Problem(path, f'loop "{point.name}" has no bands_mv', "without bands a cut wire looks like the normal state",
                              "add bands_mv = { short = 300, alarm = 1300, normal = 2300 }, measured on this loop")  # fmt: skip
            elif not 0 <= point.bands_mv.short < point.bands_mv.alarm < point.bands_mv.normal:
                yield Problem((*path, "bands_mv"), f'bands of loop "{point.name}" do not rise', "short < alarm < normal must hold",
                              "each figure is the upper limit of its band in millivolts")  # fmt: skip
            if point.trip_samples < LEAST_LOOP_SAMPLES:
                what = f'loop "{point.name}" trips on {point.trip_samples} samples'
                hint = f"trip_samples = {LEAST_LOOP_SAMPLES} at least"
                yield Problem((*path, "trip_samples"), what, "two samples 5 ms apart agree by mains hum alone", hint)
            if point.normally is not None:
                yield Problem((*path, "normally"), f'loop "{point.name}" says normally', "a loop is judged by its bands", "remove the key")
            if point.use == "key_switch":
                yield Problem((*path, "use"), f'key switch "{point.name}" is a loop', "a key switch is a contact", 'use kind = "contact"')
        else:
            if point.normally is None:
                yield Problem(path, f'contact "{point.name}" does not say whether it is normally open or closed',
                              "the same level means quiet for one and alarm for the other",
                              'add normally = "closed" (a cut wire then trips) or normally = "open"')  # fmt: skip
            if point.bands_mv is not None:
                yield Problem((*path, "bands_mv"), f'contact "{point.name}" has bands_mv', "only loops have bands", "remove the key")
        if point.fire and point.use == "key_switch":
            yield Problem(
                (*path, "fire"), f'key switch "{point.name}" is called a fire point', "turning a key is no fire", "remove fire or use"
            )


def _causes(site: SiteFile) -> Iterator[Problem]:
    points = {point.name: point for point in site.point}
    effects = effect_names(site)
    for index, cause in enumerate(site.cause):
        path: Path = ("cause", index)
        for at, name in enumerate(cause.points):
            if name not in points:
                yield _unknown((*path, "points", at), "point", name, list(points))
            elif points[name].use == "key_switch":
                what = f'cause "{cause.name}" has the key switch "{name}" among its points'
                yield Problem((*path, "points", at), what, "a key switch authorises and trips nothing", "take it out")
            if name in cause.points[:at]:
                what = f'cause "{cause.name}" names the point "{name}" twice'
                why = "a point has one vote, however often it is named"
                yield Problem((*path, "points", at), what, why, "name another point, or take it out")
        for at, name in enumerate(cause.effects):
            if name not in effects:
                what = f'cause "{cause.name}" has the unknown effect "{name}"'
                yield Problem((*path, "effects", at), what, "effects are: cut <group>, free <gate>", did_you_mean(name, effects))
        if cause.votes > (named := len(set(cause.points))):
            what = f'cause "{cause.name}" needs {cause.votes} votes and has {named} points'
            yield Problem((*path, "votes"), what, "it could never trip", f"votes = {named} at most")
        if cause.votes == 1 and cause.window_s:
            what = f'cause "{cause.name}" has a window and needs one vote'
            why = "a window counts votes together that come one after the other"
            yield Problem((*path, "window_s"), what, why, "remove window_s, or raise votes")
        if cause.votes > 1 and cause.window_s == 0:
            what = f'cause "{cause.name}" counts votes within no time'
            yield Problem((*path, "votes"), what, "votes that come one after the other would never meet", "add window_s, for instance 60")


def _fire(site: SiteFile) -> Iterator[Problem]:
    """Every fire point by itself trips armed, latched causes that cut every group and free every gate: one detector alone is enough
    (decision 0014), and only a person lets the shed go on."""
    wanted = effect_names(site)
    if not any(point.fire for point in site.point):
        cause = "no smoke detector and no call point cuts the power or frees the way out"
        hint = "add a [[point]] with fire = true, and an armed, latched [[cause]] for it"
        yield Problem(("safety",), "no point is a fire point", cause, hint, "warning")
    for index, point in enumerate(site.point):
        if not point.fire:
            continue
        causes = [cause for cause in site.cause if point.name in cause.points and cause.votes == 1]
        tripped = {effect for cause in causes if cause.armed and cause.latched for effect in cause.effects}
        left = [effect for effect in wanted if effect not in tripped]
        if left:
            shadow = [cause.name for cause in causes if not cause.armed]
            reason = "one detector alone must be enough to cut the power and to free the way out"
            if shadow:
                reason = f'cause "{shadow[0]}" is not armed'
            what = f'fire point "{point.name}" does not {" nor ".join(left)}'
            effects = ", ".join(f'"{effect}"' for effect in wanted)
            yield Problem(
                ("point", index), what, reason, f'add an armed [[cause]] with points = ["{point.name}"] and effects = [{effects}]'
            )
        yield from _heard(("point", index), point)
    yield from _zones(site)
    fire = {point.name for point in site.point if point.fire}
    for index, cause in enumerate(site.cause):
        named = [name for name in cause.points if name in fire]
        if named and not cause.latched:
            what = f'cause "{cause.name}" does not latch and has the fire point "{named[0]}"'
            why = "the power would come back by itself while nobody has looked, and also when the cable to the detector has burnt"
            yield Problem(("cause", index, "latched"), what, why, "latched = true, or leave the key out")


def _heard(path: Path, point: Point) -> Iterator[Problem]:
    """Checks that an alarm of a fire point and a cut wire to it can be noticed."""
    if point.kind == "contact" and point.normally == "open":
        what = f'fire contact "{point.name}" is normally open: nobody sees when its wire is cut'
        hint = 'use a normally closed contact (normally = "closed"), or a loop with an end-of-line resistor'
        yield Problem((*path, "normally"), what, "an open contact and a cut wire look the same: quiet", hint, "warning")
    if point.clear_ms < LEAST_CLEAR_MS:
        what = f'clear_ms = {point.clear_ms} of fire point "{point.name}" is too short'
        why = "a contact that bounces would be alarm and normal in turn"
        yield Problem((*path, "clear_ms"), what, why, f"clear_ms = {LEAST_CLEAR_MS} at least, or leave the key out (2000)")


def _zones(site: SiteFile) -> Iterator[Problem]:
    """Finds zones that cover no point: probably a mistyped name."""
    for index, point in enumerate(site.point):
        if point.zone is None:
            continue
        others = [other for other in site.point if other.zone == point.zone and other is not point and other.fire]
        if not point.fire or not any(one.kind == "loop" for one in (point, *others)) or not others:
            what = f'zone "{point.zone}" of point "{point.name}" covers nobody'
            why = "a fire point is covered while another one of its zone, on a loop, is not at fault"
            yield Problem(("point", index, "zone"), what, why, "give two fire points that hear the same room the same zone", "warning")


def _times(site: SiteFile) -> Iterator[Problem]:
    charging = site.charging
    if charging.max_session_min > charging.hard_session_min:
        what = f"max_session_min = {charging.max_session_min} is longer than hard_session_min = {charging.hard_session_min}"
        yield Problem(
            ("charging", "max_session_min"), what, "the hard limit ends a session first", "raise hard_session_min or lower max_session_min"
        )
    if charging.full_floor_w <= charging.unplug_power_mw // 1000:
        what = "full_floor_w is not above the unplug power"
        yield Problem(
            ("charging", "full_floor_w"),
            what,
            "a full battery would be taken for an unplugged one",
            "keep full_floor_w above unplug_power_mw / 1000",
        )


def _power(site: SiteFile) -> Iterator[Problem]:
    for index, group in enumerate(site.group):
        total = sum(outlet.max_power_w for outlet in site.outlet if outlet.group == group.name)
        if total > group.breaker_w:
            what = f'outlets of group "{group.name}" may draw {total} W together, its breaker carries {group.breaker_w} W'
            hint = "lower max_power_w until the sum fits; this firmware does not make sessions wait for each other"
            yield Problem(("group", index, "breaker_w"), what, "all outlets at their limit at once would open the breaker", hint, "warning")


def _heartbeat(site: SiteFile) -> Iterator[Problem]:
    if site.safety.heartbeat is None:
        cause = "without it nothing opens the contactors and frees the gate when the software is dead"
        yield Problem(("safety",), "no heartbeat output: this shed is unprotected", cause, 'wire one and add heartbeat = "HB"', "warning")


def effect_names(site: SiteFile) -> list[str]:
    """Every effect a cause may have, in the order of the image's effect section."""
    return [f"cut {group.name}" for group in site.group] + [f"free {gate.name}" for gate in site.gate]
