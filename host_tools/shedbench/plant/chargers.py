"""Chargers and their packs: constant current, constant voltage with a decaying tail, then float (lead-acid) or nearly nothing (lithium).

The state is the charge taken, ``ah``: in CC power rises linearly with it, in CV the current falls linearly with it, which in time is
I0*exp(-t/tau).
Every phase has a closed form, so power and energy are exact at any time and an hour costs no events. Table and sources: packs.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from .loads import Load, ResistiveLoad
from .packs import ALIASES, PACKS, RESISTORS, Pack
from .units import S, number

_H_S: Final = 3600.0
MINIMUM_V: Final = 90.0  # below this a switch-mode charger stops [M]
RUNAWAY_RISE_PER_H: Final = 0.6  # of the CV power, for the runaway precursor [D]
NO_TURN_OVER_SHARE: Final = 0.45  # of the CC current: where a charger that never turns over stays [D]

OFF, WAIT, CC, CV, FULL = "off", "waiting", "CC", "CV", "full"


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """What a charger does wrong.

    ``never_turns_over``: the tail stays at 45 % of the CC current for ever. ``runaway``: power rises by 60 % an hour in CV.
    ``jump_w``: a constant extra load.
    """

    never_turns_over: bool = False
    runaway: bool = False
    jump_w: float = 0.0


class Charger:
    """One pack at its charger. ``soc`` is the share (0..1) of the charge that a whole charge takes."""

    def __init__(self, pack: Pack, soc: float = 0.2, misbehaviour: Misbehaviour | None = None) -> None:
        if not 0.0 <= soc <= 1.0:
            raise ValueError(f"soc is 0..1, not {soc}")
        self.kind = pack.kind
        self.pack = pack
        self.misbehaviour = misbehaviour or Misbehaviour()
        self._tail_ah = (pack.cc_a - pack.tail_a) * pack.tau_h
        self._ah = soc * (pack.cc_ah + self._tail_ah)
        self.phase = OFF
        self._at_ns = 0  # the time of the state below
        self._energy_j = 0.0
        self._cv_s = 0.0  # time in CV since energised, for the runaway
        self._wait_s = 0.0

    @property
    def start_delay_s(self) -> float:
        """See Load."""
        return self.pack.start_delay_s

    @property
    def is_full(self) -> bool:
        """Whether the charger has turned over."""
        return self.phase == FULL

    def soc(self, now_ns: int) -> float:
        """Share of a whole charge taken, 0..1."""
        self._advance(now_ns)
        return self._ah / (self.pack.cc_ah + self._tail_ah)

    def supply(self, now_ns: int, volts: float) -> None:
        """See Load. A charger that gets its supply back starts again: a full pack turns over again within a moment."""
        self._advance(now_ns)
        if volts < MINIMUM_V:
            self.phase = OFF
        elif self.phase == OFF:
            self.phase, self._wait_s, self._cv_s = WAIT, self.pack.start_delay_s, 0.0

    def power_w(self, now_ns: int) -> float:
        """See Load."""
        self._advance(now_ns)
        return self._power_w()

    def energy_j(self, now_ns: int) -> float:
        """See Load."""
        self._advance(now_ns)
        return self._energy_j

    def power_factor(self, now_ns: int) -> float:
        """See Load."""
        return self.pack.power_factor

    def describe(self, now_ns: int) -> str:
        """See Load."""
        self._advance(now_ns)
        return self.phase

    # --- physics ------------------------------------------------------------------------------------------------------

    def _power_w(self) -> float:
        pack, phase = self.pack, self.phase
        if phase in (OFF, WAIT):
            return 0.0
        if phase == CC:
            base = pack.cc_start_w + (pack.cc_end_w - pack.cc_start_w) * self._ah / pack.cc_ah
        elif phase == CV:
            base = pack.cc_end_w * self._tail_a() / pack.cc_a
            if self.misbehaviour.runaway:
                base = pack.cc_end_w * (1.0 + RUNAWAY_RISE_PER_H * self._cv_s / _H_S)
        else:
            base = pack.full_w
        return base + self.misbehaviour.jump_w

    def _tail_a(self) -> float:
        current = self.pack.cc_a - (self._ah - self.pack.cc_ah) / self.pack.tau_h
        return max(current, NO_TURN_OVER_SHARE * self.pack.cc_a) if self.misbehaviour.never_turns_over else current

    def _advance(self, now_ns: int) -> None:
        left_s = (now_ns - self._at_ns) / S
        self._at_ns = now_ns
        while left_s > 0.0:
            if self.phase == OFF:
                return
            step_s = self._step(left_s)
            left_s -= step_s

    def _step(self, left_s: float) -> float:
        """Advance by at most ``left_s`` within one phase; returns the seconds used, and enters the next phase at its end."""
        if self.phase == WAIT:
            used = min(left_s, self._wait_s)
            self._wait_s -= used
            if self._wait_s <= 0.0:
                self.phase = CC if self._ah < self.pack.cc_ah else CV
            return used
        if self.phase == CC:
            return self._step_cc(left_s)
        if self.phase == CV:
            return self._step_cv(left_s)
        self._energy_j += self._power_w() * left_s
        return left_s

    def _step_cc(self, left_s: float) -> float:
        pack = self.pack
        end_s = (pack.cc_ah - self._ah) / pack.cc_a * _H_S
        used = min(left_s, end_s)
        before_w = self._power_w()
        self._ah += pack.cc_a * used / _H_S
        self._energy_j += (before_w + self._power_w()) / 2 * used
        if used >= end_s:
            self._ah = pack.cc_ah
            self.phase = CV
        return max(used, 0.0)

    def _step_cv(self, left_s: float) -> float:
        pack = self.pack
        if self.misbehaviour.runaway:
            before_w = self._power_w()
            self._cv_s += left_s
            self._energy_j += (before_w + self._power_w()) / 2 * left_s
            return left_s
        now_a = self._tail_a()
        never = self.misbehaviour.never_turns_over
        floor_a = NO_TURN_OVER_SHARE * pack.cc_a if never else pack.tail_a
        if now_a <= floor_a + 1e-12:
            if never:
                self._energy_j += self._power_w() * left_s
                return left_s
            self.phase = FULL
            return 0.0
        tau_s = pack.tau_h * _H_S
        used = min(left_s, tau_s * math.log(now_a / floor_a))
        fall = -math.expm1(-used / tau_s)  # share of the current that is gone after ``used``
        self._energy_j += (pack.cc_end_w / pack.cc_a) * now_a * tau_s * fall + self.misbehaviour.jump_w * used
        self._ah += now_a * pack.tau_h * fall
        if used < left_s and not never:
            self.phase = FULL
        return used


def make_load(kind: str, soc: float = 0.2, **misbehaviour: bool | float) -> Load:
    """A load by its name; raises ValueError naming the known ones. ``misbehaviour``: the fields of Misbehaviour."""
    for name, value in {"soc": soc, **misbehaviour}.items():
        if name == "soc" or not isinstance(value, bool):
            number(name, value)
    kind = ALIASES.get(kind, kind)
    if kind in RESISTORS:
        return ResistiveLoad(RESISTORS[kind])
    if kind in PACKS:
        return Charger(PACKS[kind], soc, Misbehaviour(**misbehaviour))  # type: ignore[arg-type]
    raise ValueError(f"no load {kind!r}; there are {', '.join([*PACKS, *RESISTORS])}")
