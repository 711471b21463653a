"""Supervised inputs: a smoke detector on an end-of-line loop, and dry contacts with bounce.

Loop: 4k7 from 3.3 V on the carrier (boards/devkitc-shed4.toml), 4k7 end-of-line resistor, 2k4 through the detector in alarm, 10 ohm of
wire: 1651 mV normal, 836 mV alarm, 7 mV short, 3300 mV open. Resistors are this project's reference design; the bands are the site file's.
"""

from __future__ import annotations

from typing import Final

from .port import IN_HIGH, IN_LOW, NOT_DRIVEN, BoardPort
from .units import MS, US, number
from .world import World

SUPPLY_UV: Final = 3_300_000
PULL_UP_OHM: Final = 4700.0
EOL_OHM: Final = 4700.0
ALARM_OHM: Final = 2400.0
WIRE_OHM: Final = 10.0
LOOP_NOISE_UV: Final = 15_000  # [D] half a percent of the range, the ADC's own
LOOP_FAULTS: Final = ("ok", "open", "short", "noisy")
CONTACT_INPUT_FAULTS: Final = ("ok", "open", "short", "stuck")


def loop_microvolts(loop_ohm: float | None) -> int:
    """Voltage at the terminal with ``loop_ohm`` to ground; None is an open loop."""
    return SUPPLY_UV if loop_ohm is None else round(SUPPLY_UV * loop_ohm / (PULL_UP_OHM + loop_ohm))


class SmokeLoop:
    """A detector with its end-of-line resistor on the ADC terminal ``gpio``. Latches in alarm until ``clear``."""

    def __init__(self, world: World, port: BoardPort, name: str, gpio: int) -> None:
        self.name = name
        self.gpio = gpio
        self.in_alarm = False
        self.fault_name = "ok"
        self.changed_at_ns = world.now_ns
        self._hum_uv = 0
        self._hum_mhz = 50_000
        self._world = world
        self._port = port
        self._flaps: tuple[str, ...] = ()
        self._flap_ns = 0
        self._flap_timer = world.timer(self._flap_on)
        self._signal = world.signal(f"{name}.mv", 12)
        self._hum_signal = world.signal(f"{name}.hum_mv", 12)
        self._hum_signal.set(world.now_ns, 0)
        self._update()

    @property
    def microvolts(self) -> int:
        """The present voltage at the terminal, without noise."""
        if self.fault_name == "open":
            return loop_microvolts(None)
        if self.fault_name == "short":
            return loop_microvolts(WIRE_OHM)
        ohm = 1 / (1 / EOL_OHM + 1 / ALARM_OHM) if self.in_alarm else EOL_OHM
        return loop_microvolts(ohm + WIRE_OHM)

    def alarm(self) -> None:
        """The detector sees smoke."""
        self._world.log(f"{self.name}: smoke")
        self.in_alarm = True
        self._update()

    def clear(self) -> None:
        """The smoke has cleared and the detector was reset. This does not repair a cut or shorted cable: ``fault("ok")`` does."""
        if self.fault_name in ("open", "short"):
            raise ValueError(f'{self.name} is {self.fault_name}: fault("ok") mends a loop, clear() does not')
        self._world.log(f"{self.name}: clear")
        self.in_alarm = False
        self._update()

    def fault(self, name: str) -> None:
        """One of ``LOOP_FAULTS``; ``noisy`` is 200 mV of noise."""
        if name not in LOOP_FAULTS:
            raise ValueError(f"a loop's faults are {', '.join(LOOP_FAULTS)}; not {name!r}")
        self._world.log(f"{self.name}: fault {name}")
        self.fault_name = name
        self._update()

    def hum(self, millivolts: float, hz: float = 50.0) -> None:
        """A cable beside mains: a sine of this amplitude on the loop, 0 for none, as seen by the board's converter."""
        hum_uv, hum_mhz = round(number("millivolts", millivolts) * 1000), round(number("hz", hz) * 1000)
        self._world.log(f"{self.name}: hum {millivolts} mV {hz} Hz")
        self._hum_uv, self._hum_mhz = hum_uv, hum_mhz
        self._hum_signal.set(self._world.now_ns, round(millivolts))
        self._update()

    def flap(self, names: tuple[str, ...], every_ns: int) -> None:
        """The loop takes each state of ``names`` in turn: a fault, or ``alarm``. Without names it keeps its state."""
        self._flaps = names
        self._flap_ns = every_ns
        if names:
            self._flap_on()
        else:
            self._flap_timer.cancel()

    def _flap_on(self) -> None:
        name, *rest = self._flaps
        self._flaps = (*rest, name)
        self.in_alarm = name == "alarm"
        self.fault_name = "ok" if name == "alarm" else name
        self._update()
        self._flap_timer.start(self._flap_ns)

    def _update(self) -> None:
        self.changed_at_ns = self._world.now_ns
        noise = 200_000 if self.fault_name == "noisy" else LOOP_NOISE_UV
        self._port.adc_in(self.gpio, self.microvolts, noise, self._hum_uv, self._hum_mhz)
        self._signal.set(self._world.now_ns, self.microvolts // 1000)


class DryContact:
    """A contact to ground on ``gpio``. ``pulled_up``: the carrier has a resistor, so an open contact reads high; else it is not driven.

    ``set`` moves it with seeded bounce (up to 3 bounces within 3 ms) unless ``bounces`` is False.
    """

    def __init__(self, world: World, port: BoardPort, name: str, gpio: int, closed: bool, pulled_up: bool, bounces: bool = True) -> None:
        self.name = name
        self.gpio = gpio
        self.closed = closed
        self.fault_name = "ok"
        self.bounces = bounces
        self.changed_at_ns = world.now_ns
        self._world = world
        self._port = port
        self._open_level = IN_HIGH if pulled_up else NOT_DRIVEN
        self._random = world.random(name)
        self._pending: list[int] = []
        self._bounce = world.timer(self._bounced)
        self._shown = closed
        self._signal = world.signal(name)
        self._drive()

    def set(self, closed: bool) -> None:
        """Move the contact. ``changed_at_ns`` is the first touch."""
        if closed == self.closed:
            return
        self.closed = closed
        self.changed_at_ns = self._world.now_ns
        self._pending = []
        self._bounce.cancel()  # an earlier movement's bounce would leave the contact on the wrong side
        if self.bounces:
            self._pending = [self._random.randrange(50 * US, MS // 2) for _ in range(2 * self._random.randrange(0, 4))]
        self._shown = closed
        self._drive()
        if self._pending:
            self._bounce.start(self._pending.pop())

    def fault(self, name: str) -> None:
        """One of ``CONTACT_INPUT_FAULTS``: a broken wire, a wire to ground, or a contact that no longer moves."""
        if name not in CONTACT_INPUT_FAULTS:
            raise ValueError(f"a contact input's faults are {', '.join(CONTACT_INPUT_FAULTS)}; not {name!r}")
        self._world.log(f"{self.name}: fault {name}")
        self.fault_name = name
        self._drive()

    def _bounced(self) -> None:
        self._shown = not self._shown
        self._drive()
        if self._pending:
            self._bounce.start(self._pending.pop())

    def _drive(self) -> None:
        closed = self._shown
        if self.fault_name == "stuck":
            return
        if self.fault_name == "open":
            closed = False
        elif self.fault_name == "short":
            closed = True
        self._port.pin_in(self.gpio, IN_LOW if closed else self._open_level)
        self._signal.set(self._world.now_ns, int(closed))
