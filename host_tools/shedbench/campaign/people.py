"""What people do in a campaign: they come, tap, press, leave, take each other's outlet, rattle at the door, break the glass, and read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from shedbench.audit.live import UNSEEN
from shedbench.plant.units import S

from .day import PACKS, PEOPLE, STRANGERS, Day

IDLE_NS: Final = 35 * S  # an idle meter is read every half minute
READING: Final = ("status", "sessions 200", "log 200", "faults", "why 1", "why 3", "version", "help", "log")
ASKED: Final = ({"do": "sessions"}, {"do": "log", "n": 9000}, {"do": "status"}, {"do": "tasks"}, {"do": "faults"}, {"do": "why", "o": 2})


def _comes(day: Day) -> tuple[int, str] | None:
    """A person without a session plugs in at a free outlet."""
    people = [person for person in PEOPLE if person not in day.owners.values()]
    outlets = day.free()
    if not people or not outlets:
        return None
    outlet, person = day.chance.choice(outlets), day.chance.choice(people)
    day.bench.bike(outlet).plug(day.chance.choice(PACKS), soc=day.chance.uniform(0.05, 0.98))
    day.owners[outlet] = person
    return outlet, person


def _press(day: Day, outlet: int, person: str) -> None:
    day.bench.button(outlet).press(day.ms(60, 800), by=person)


def session(day: Day) -> None:
    """Card, then button."""
    came = _comes(day)
    if came is not None:
        outlet, person = came
        day.bench.card(person).tap(day.ms(150, 4000))
        day.bench.run(day.ms(20, 8000))
        _press(day, outlet, person)


def outlet_first(day: Day) -> None:
    """Button, then card."""
    came = _comes(day)
    if came is not None:
        outlet, person = came
        _press(day, outlet, person)
        day.bench.run(day.ms(20, 8000))
        day.bench.card(person).tap(day.ms(150, 4000))


def together(day: Day) -> None:
    """Two come at once: their taps and presses fall in any order."""
    came = [one for one in (_comes(day), _comes(day)) if one is not None]
    deeds: list[Callable[[], object]] = []
    for outlet, person in came:
        deeds.append(lambda person=person: day.bench.card(person).tap(day.ms(150, 3000)))
        deeds.append(lambda outlet=outlet, person=person: _press(day, outlet, person))
    day.chance.shuffle(deeds)
    for deed in deeds:
        deed()
        day.bench.run(day.ms(10, 4000))


def again(day: Day) -> None:
    """A person taps again and presses the button of the own outlet: a stop, or a start after a trip."""
    if day.owners:
        outlet, person = day.chance.choice(sorted(day.owners.items()))
        day.bench.card(person).tap()
        day.bench.run(day.ms(50, 5000))
        _press(day, outlet, person)


def curious(day: Day) -> None:
    """A person presses another outlet's button, with or without a card shown before."""
    outlet, person = day.chance.choice(list(day.bench.plant.outlets)), day.chance.choice(PEOPLE)
    if day.owners.get(outlet) != person and day.chance.random() < 0.3:
        day.bench.card(person).tap()
        day.bench.run(day.ms(50, 3000))
    _press(day, outlet, person)


def leaves(day: Day) -> None:
    """Pulls the plug; now and then another bike stands there a moment later."""
    taken = day.taken()
    if not taken:
        return
    outlet = day.chance.choice(taken)
    day.bench.bike(outlet).unplug()
    day.owners.pop(outlet, None)
    if day.chance.random() < 0.2:
        day.bench.run(day.ms(2000, 20_000))
        _comes(day)


def stranger(day: Day) -> None:
    """A card that starts no session, for a moment or left on the reader, alone or with another."""
    day.bench.card(day.chance.choice(STRANGERS)).tap(day.ms(100, 20_000))
    if day.chance.random() < 0.3:
        day.bench.run(day.ms(10, 500))
        day.bench.card(day.chance.choice((*PEOPLE, *STRANGERS))).tap(day.ms(100, 5000))


def purse(day: Day) -> None:
    """A card with intermittent contact at the reader."""
    card = day.bench.card(day.chance.choice((*PEOPLE, "stranger"))).data
    reader = next(iter(day.bench.plant.readers.values()))
    day.flap(f"card {card.name} {day.bench.now_ns}", lambda: reader.lay(card.uid), lambda: reader.take_away(card.uid), 20, 3000)


def door(day: Day) -> None:
    """Somebody pushes, uses the exit button, forces it, holds it open; or the wind rattles at the contact."""
    gate = day.bench.gate(day.chance.choice(list(day.bench.plant.gates)))
    deed = day.chance.randrange(5)
    if deed == 0:
        gate.push(day.ms(500, 90_000))
    elif deed == 1:
        gate.exit_button.press()
        gate.push()
    elif deed == 2:
        gate.force()
    elif deed == 3:
        day.bench.card(day.chance.choice(PEOPLE)).tap()
        day.bench.run(day.ms(100, 3000))
        gate.push(day.ms(500, 5000))
    elif gate.plant.contact is not None:
        contact = gate.plant.contact
        day.flap(f"door {day.bench.now_ns}", lambda: contact.fault("open"), lambda: contact.fault("ok"), 1, 5000)


def glass(day: Day) -> None:
    """Somebody breaks the glass; the crew puts it back and clears, in this order or not at all."""
    point = day.chance.choice(list(day.bench.plant.call_points.values()))
    point.press()
    day.bench.run(day.ms(30, 30_000))
    if day.chance.random() < 0.3:
        day.authorised("clear")
    point.reset()
    day.bench.run(day.ms(500, 10_000))
    if day.chance.random() < 0.8:
        day.authorised("clear")


def smoke(day: Day) -> None:
    """Smoke; the detector may burn through; somebody clears, sometimes too early."""
    loop = day.bench.smoke(day.chance.choice(list(day.bench.plant.loops)))
    loop.alarm()
    day.bench.run(day.ms(20, 30_000))
    if day.chance.random() < 0.3:
        loop.fault(day.chance.choice(("open", "short")))
        day.bench.run(day.ms(100, 5000))
    if day.chance.random() < 0.3:
        day.authorised("clear")
        day.bench.run(day.ms(100, 5000))
    loop.fault("ok")
    loop.clear()
    day.bench.run(day.ms(2500, 20_000))
    if day.chance.random() < 0.8:
        day.authorised("clear")


def key(day: Day) -> None:
    """The key is turned, and forgotten or turned back."""
    day.bench.key_switch.turn()
    if day.chance.random() < 0.7:
        day.bench.world.after(day.ms(200, 60_000), lambda: day.bench.key_switch.turn(on=False))


def reads(day: Day) -> None:
    """Somebody reads, at a terminal or with a tool that disconnects in mid-request, once or repeatedly."""
    from shedbench.bench import frames

    for turn in range(day.chance.choice((1, 1, 3, 10))):
        if day.chance.random() < 0.5:
            day.bench.console.send(day.chance.choice(READING) + "\r")
        else:
            day.bench.console.send(frames.request(turn + 1, dict(day.chance.choice(ASKED))))
        day.bench.run(day.ms(10, 2000))


def looks(day: Day) -> None:
    """Somebody asks what is on: an outlet that has fed a bike for longer than an idle meter's poll interval must not be reported off (law
    7)."""
    bench = day.bench
    if not bench.board.is_alive:
        return
    live = [
        number
        for number in bench.plant.outlets
        if bench.outlet(number).power_w > 5
        and bench.now_ns - (bench.plant.outlets[number].drawn_ns or bench.now_ns) > IDLE_NS
        and bench.plant.meters[number].fault_name not in UNSEEN  # it shows 0 W and is believed: the board cannot know
    ]
    try:
        rows = bench.console.ask({"do": "status"}, within="6 s")
    except Exception as error:  # noqa: BLE001 - a restarting board, or one in maintenance, does not answer: others judge that
        bench.world.log(f"status: {error}"[:120])
        return
    for row in rows:
        if row.get("o") in live and (row["on"] == 0 if "on" in row else bool(row.get("hold"))) and bench.outlet(row["o"]).power_w > 5:
            day.findings.append(f"outlet {row['o']} delivers {bench.outlet(row['o']).power_w:.0f} W and is reported as off ({row})")


ACTS: Final[dict[Callable[[Day], None], int]] = {
    session: 10, outlet_first: 4, together: 4, again: 4, curious: 2, leaves: 8, stranger: 1, purse: 1, door: 2, glass: 1, smoke: 2, key: 1,
    reads: 2, looks: 2,
}  # fmt: skip
