"""Lines that somebody types beside a board in real time, done in the plant: smoke, cards, plugs, breakers, welded relays.

For `shed emulate`. A line is a verb, what it is done to, and how; names are those of the site file. A line that is not understood is
refused in one sentence that says what would be right. Nothing is simulated here: every verb calls one part of the bench.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from shedbench.plant.contacts import CONTACT_FAULTS
from shedbench.plant.detectors import CONTACT_INPUT_FAULTS, LOOP_FAULTS, SmokeLoop
from shedbench.plant.gate import Gate
from shedbench.plant.hands import CallPoint
from shedbench.plant.loads import KINDS
from shedbench.plant.meters import METER_FAULTS
from shedbench.plant.packs import ALIASES, RESISTORS
from shedbench.plant.people import Card, CardData

from .parts import Parts
from .typed_words import ON, Refused, alone, either, figure, find, first, is_figure, listed, name_and_how, named, switch

_POINTS: Final = ("smoke {}", "call {}", "call point {}")  # words that may be left out of a point's name, the line's verb first

_PACK: Final = "li48v"
_SOC: Final = 0.4
LONGEST: Final = 200  # characters of a line
_LONGEST_WAIT_S: Final = 86400
_WIRE: Final = {"open": "its wire is cut", "short": "its wire is shorted", "stuck": "its contact is stuck"}


class Verb(NamedTuple):
    """``form`` is what is typed, ``what`` what it does."""

    form: str
    what: str
    act: Callable[[str], str]


class TypedHands:
    """``bench`` gives the parts of the shed. ``held_until_ns``: the next line waits until then."""

    def __init__(self, bench: Parts) -> None:
        self._bench = bench
        self.held_until_ns = 0
        self.verbs: Final[Mapping[str, Verb]] = {
            "smoke": Verb("smoke NAME [clear]", "at a detector; open or short: its wire is cut or shorted, ok mends it", self._smoke),
            "call": Verb("call NAME [clear]", "a call point or other contact; open, short, ok as above", self._smoke),
            "key": Verb("key on | off", "the key switch", self._key),
            "card": Verb("card NUMBER | NAME", "taps at the reader; 8, 14 or 20 hex digits, or a card of the bench", self._card),
            "press": Verb("press OUTLET", "its button", self._press),
            "plug": Verb("plug OUTLET [KIND] [PERCENT]", "a bike, li48v at 40 % unless said", self._plug),
            "unplug": Verb("unplug OUTLET", "pulls its plug", self._unplug),
            "push": Verb("push [GATE]", "somebody pushes the gate", self._push),
            "exit": Verb("exit [GATE]", "the hard-wired exit button", self._exit),
            "mains": Verb("mains off | on | VOLTS", "of the whole shed, the board's supply with them", self._mains),
            "breaker": Verb("breaker GROUP off | on", "the breaker of a row", self._breaker),
            "weld": Verb("weld OUTLET | GROUP", "its relay or contactor welds; open: never closes; ok mends it", self._weld),
            "meter": Verb(
                "meter OUTLET off | ok", f"or {', '.join(name for name in METER_FAULTS if name not in ('off', 'ok'))}", self._meter
            ),
            "look": Verb("look", "what the shed really does, whatever the board says", lambda words: alone(words, "look") or self.look()),
            "wait": Verb("wait SECONDS", "the lines behind it wait so long", self._wait),
            "help": Verb("help", "this, and the names of this shed", lambda words: alone(words, "help") or self.help()),
        }

    def do(self, line: str) -> str:
        """Carry out ``line``, in upper or lower case; returns what was done, in words. Refused when it is impossible, or a word of it would
        do nothing."""
        if len(line) > LONGEST:
            raise Refused(f"a line has at most {LONGEST} characters: a verb and its words, as in `plug 2 {_PACK} 40`")
        verb, _, rest = " ".join(line.lower().split()).partition(" ")
        known = self.verbs.get(verb)
        if known is None:
            what = f"no verb {verb!r}" if verb else "a line begins with a verb"
            raise Refused(f"{what}: {', '.join(self.verbs)}; Ctrl-C ends the board")
        try:
            return known.act(rest)
        except (ValueError, RuntimeError) as error:  # the plant's own words: a taken socket, a fault that a part does not have
            raise Refused(str(error)) from error

    def help(self) -> str:
        """Every verb, then the names of this shed."""
        plant = self._bench.plant
        width = max(len(verb.form) for verb in self.verbs.values())
        lines = [f"{verb.form.ljust(width)}  {verb.what}" for verb in self.verbs.values()]
        names: Mapping[str, Mapping[str, object] | Mapping[int, object]] = {
            "detectors": plant.loops,
            "contacts": plant.call_points,
            "outlets": plant.outlets,
            "groups": plant.breakers,
            "gates": plant.gates,
        }
        lines += [f"{what}: {listed(parts)}" for what, parts in names.items()]
        lines.append("cards: " + ", ".join(f"{name} {card.data.uid.hex().upper()}" for name, card in plant.cards.items()))
        lines.append(f"kinds of load: {', '.join(kind for kind in KINDS if kind not in ALIASES)}")
        return "\n".join(lines)

    def look(self) -> str:
        """The plant's truth, a line for each part."""
        plant = self._bench.plant
        lines = [f"mains {plant.mains.volts:.0f} V, heartbeat circuit {'holds' if plant.heartbeat.is_holding else 'has let go'}"]
        lines += [f'contactor "{name}" {either(contact.closed, "closed", "open")}' for name, contact in plant.contactors.items()]
        for number, outlet in plant.outlets.items():
            load = outlet.load.kind if outlet.load is not None else "nothing plugged in"
            lines.append(f"outlet {number}: {either(outlet.is_energised, 'LIVE', 'dead')}, {load}, {outlet.power_w():.0f} W")
        for name, gate in plant.gates.items():
            lines.append(f'gate "{name}" {either(gate.is_free, "free", "locked")}, door {either(gate.door_open, "open", "shut")}')
        return "\n".join(lines)

    # --- points -------------------------------------------------------------------------------------------------------

    def _smoke(self, words: str) -> str:
        point, name, how = self._point(words)
        fault = point.fault_name if isinstance(point, SmokeLoop) else point.contact.fault_name
        wrong = _WIRE.get(fault, "")
        if how == "alarm":
            point.alarm() if isinstance(point, SmokeLoop) else point.press()
            return f'"{point.name}": alarm{wrong and f", but {wrong}"}'
        if how == "clear":
            if wrong:
                raise Refused(f"{wrong}: {'smoke' if isinstance(point, SmokeLoop) else 'call'} {name} ok mends it")
            point.clear() if isinstance(point, SmokeLoop) else point.reset()
        else:
            point.fault(how)
        return f'"{point.name}": {how}'

    def _point(self, words: str) -> tuple[SmokeLoop | CallPoint, str, str]:
        """The point that ``words`` begin with, its name as it was typed, and what is done to it. A fire point may be a contact, so both
        tables are joined here."""
        plant = self._bench.plant
        points: dict[str, SmokeLoop | CallPoint] = {**plant.loops, **plant.call_points}
        hows = dict.fromkeys(("alarm", "clear", *LOOP_FAULTS, *CONTACT_INPUT_FAULTS))
        name, how = name_and_how(words, lambda name: find(points, name, *_POINTS) is not None, hows, "alarm")
        return named("point", points, name, *_POINTS), name, how

    def _key(self, words: str) -> str:
        if not self._bench.plant.key_switches:
            raise Refused("this shed has no key switch")
        self._bench.key_switch.turn(switch(words))
        return f"key switch {words}"

    # --- people -------------------------------------------------------------------------------------------------------

    def _card(self, words: str) -> str:
        plant = self._bench.plant
        card = next((card for name, card in plant.cards.items() if name.lower() == words), None)
        if card is None:
            if not plant.readers:
                raise Refused("this shed has no card reader")
            digits = words.replace(":", "").replace(" ", "")
            if len(digits) not in (8, 14, 20) or not set(digits) <= set("0123456789abcdef"):
                said = f"no card {words!r}" if words else "say which card"
                raise Refused(f"{said}: 8, 14 or 20 hex digits, or {', '.join(plant.cards)}")
            uid = bytes.fromhex(digits)
            held = [known for known in plant.cards.values() if known.data.uid == uid]
            card = held[0] if held else Card(plant.world, CardData(words, uid), next(iter(plant.readers.values())))
        card.tap()
        return f"card {card.data.uid.hex().upper()} tapped"

    def _press(self, words: str) -> str:
        named("button", self._bench.plant.buttons, words).press()
        return f"button of outlet {words} pressed"

    def _plug(self, words: str) -> str:
        number, *given = words.split() or [""]
        bike = named("outlet", self._bench.plant.bikes, number)
        kind = given.pop(0) if given and not is_figure(given[0]) else _PACK
        percent = given.pop(0) if given else ""
        alone(" ".join(given), self.verbs["plug"].form)
        if percent and kind in RESISTORS:
            raise Refused(f"a {kind} has no charge to be {percent} of: `plug {number} {kind}`")
        soc = figure(percent.removesuffix("%")) / 100 if percent else _SOC
        if not 0 <= soc <= 1:
            raise Refused(f"{percent!r} is no percentage: 0 to 100, as in `plug {number} {_PACK} 40`")
        return f"outlet {number}: {bike.plug(kind, soc=soc).kind} plugged in"

    def _unplug(self, words: str) -> str:
        return f"outlet {words}: {named('outlet', self._bench.plant.bikes, words).unplug().kind} unplugged"

    def _push(self, words: str) -> str:
        gate = self._gate(words)
        opens = gate.push()
        return f'gate "{gate.name}" pushed: {either(opens, "it opens", "it is held")}'

    def _exit(self, words: str) -> str:
        gate = self._gate(words)
        gate.exit_button.press()
        return f'gate "{gate.name}": exit button pressed'

    def _gate(self, words: str) -> Gate:
        return named("gate", self._bench.plant.gates, words or first("gate", self._bench.plant.gates))

    # --- power --------------------------------------------------------------------------------------------------------

    def _mains(self, words: str) -> str:
        mains = self._bench.mains
        if words in ON:
            (mains.on if ON[words] else mains.off)()
        elif words.isdecimal() and int(words) <= 400:
            mains.set_volts(float(words))
        else:
            raise Refused(f"{f'{words!r} is none of' if words else 'say'} off, on, or volts up to 400, as in `mains 150`")
        return f"mains {mains.volts:.0f} V"

    def _breaker(self, words: str) -> str:
        breakers = self._bench.plant.breakers
        name, how = name_and_how(words, lambda name: find(breakers, name) is not None, ON, "")
        breaker = named("group", breakers, name)
        (breaker.close if switch(how) else breaker.trip)()
        return f"{breaker.name} {how}"

    def _weld(self, words: str) -> str:
        plant = self._bench.plant
        contacts = {**{str(number): relay for number, relay in plant.relays.items()}, **plant.contactors}
        name, how = name_and_how(words, lambda name: find(contacts, name) is not None, CONTACT_FAULTS, "welded")
        contact = named("outlet or group", contacts, name)
        contact.fault(how)
        return f"{contact.name}: {how}"

    def _meter(self, words: str) -> str:
        number, _, how = words.partition(" ")
        meter = named("meter", self._bench.plant.meters, number)
        if not how:
            raise Refused(f"say what its meter does: {', '.join(METER_FAULTS)}")
        meter.fault(how)
        return f"meter of outlet {number}: {how}"

    # --- time ---------------------------------------------------------------------------------------------------------

    def _wait(self, words: str) -> str:
        seconds = figure(words)
        if not 0 <= seconds <= _LONGEST_WAIT_S:
            said = f"{words!r} is no number of seconds" if words else "say how long"
            raise Refused(f"{said}: 0 to {_LONGEST_WAIT_S}, as in `wait 2.5`")
        self.held_until_ns = self._bench.plant.world.now_ns + round(seconds * 1e9)
        return f"waiting {words} s, and so do the lines behind it"
