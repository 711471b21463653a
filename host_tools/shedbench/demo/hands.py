"""What the keys of the live demo do to the shed. Each act returns a sentence when it was impossible, else nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from shedbench.bench.bench import Bench
from shedbench.bench.console import ConsoleError
from shedbench.plant.units import S

_PACKS: Final = ("li48v", "la48_20", "la72", "li60v", "la60", "li36v")
_STEP_NS: Final = 1 * S


class Hands:
    """``selected`` is the outlet that the keys act on, ``card`` the card in the hand."""

    def __init__(self, bench: Bench) -> None:
        self.selected = next(iter(bench.plant.outlets))
        self.card = next(iter(bench.plant.cards))
        self._bench = bench
        self._plugged = 0
        self._acts: dict[str, Callable[[], str | None]] = {
            "a": self._charge,
            "p": self._plug,
            "u": self._unplug,
            "b": self._press,
            "c": self._tap,
            "n": self._next_card,
            "s": self._smoke,
            "m": self._mains,
            "g": self._push,
            "e": self._exit,
            "r": self._reset,
        }

    def press(self, key: str) -> str | None:
        """Carry out the act of ``key``. An unknown key is answered with the known ones; a blank or a control key with nothing."""
        outlets = self._bench.plant.outlets
        if key in "0123456789":
            if int(key) not in outlets:
                return f"there is no outlet {key}: {', '.join(str(number) for number in outlets)}"
            self.selected = int(key)
            return None
        act = self._acts.get(key)
        if act is None and key.isprintable() and key != " ":
            return f"no key {key!r}: an outlet's number, {' '.join(self._acts)}, + and - for the speed, q leaves"
        return act() if act is not None else None

    def _charge(self) -> str | None:
        """Plug, card, button: what a resident does."""
        bench = self._bench
        if not bench.outlet(self.selected).is_taken():
            self._plug()
        self._tap()
        bench.run(_STEP_NS)
        self._press()
        bench.run(_STEP_NS)
        return None

    def _plug(self) -> str | None:
        if self._bench.outlet(self.selected).is_taken():
            return f"outlet {self.selected} is taken: [u] unplugs"
        pack = _PACKS[self._plugged % len(_PACKS)]
        self._plugged += 1
        self._bench.bike(self.selected).plug(pack, soc=0.4)
        return None

    def _unplug(self) -> str | None:
        if not self._bench.outlet(self.selected).is_taken():
            return f"nothing is plugged into outlet {self.selected}: [p] plugs a bike in"
        self._bench.bike(self.selected).unplug()
        return None

    def _press(self) -> None:
        self._bench.button(self.selected).press()

    def _tap(self) -> None:
        self._bench.card(self.card).tap()

    def _next_card(self) -> None:
        names = list(self._bench.plant.cards)
        self.card = names[(names.index(self.card) + 1) % len(names)]

    def _smoke(self) -> str | None:
        for loop in self._bench.plant.loops.values():
            if loop.in_alarm:
                loop.clear()
            else:
                loop.alarm()
            return None
        return "this shed has no smoke detector"

    def _mains(self) -> None:
        if self._bench.mains.volts:
            self._bench.mains.off()
        else:
            self._bench.mains.on()

    def _push(self) -> None:
        for name in self._bench.plant.gates:
            self._bench.gate(name).push()

    def _exit(self) -> None:
        for name in self._bench.plant.gates:
            self._bench.gate(name).exit_button.press()

    def _reset(self) -> str | None:
        """A maintenance card at the reader, then ``clear`` at the console."""
        bench = self._bench
        if not bench.board.is_alive():
            return "the board is off: nobody can reset a trip now"
        bench.card("maintenance").tap()
        bench.run(_STEP_NS)
        try:
            answer = bench.console.type("clear")
        except ConsoleError as error:
            return str(error)
        return "the console says: " + " ".join(answer.split())
