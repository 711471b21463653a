"""A PZEM-016 energy meter: what it measures and its registers.

Register map, resolution, range and starting power: docs/domain.md (manufacturer's manual v3.0). Its voltage terminals are
behind the breaker and upstream of contactor and relay: it answers while its outlet is off and falls silent with the breaker. Its current
transformer is on the socket's line. The measured energy survives power loss.

Its range begins at 80 V. Somewhat below, its supply still runs and what it measures is odd; below that it is silent [M].
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pymodbus.constants import ExcCodes
from pymodbus.simulator import DataType, SimData, SimDevice

from .outlets import Outlet
from .units import number
from .world import World

START_W: Final = 0.4
START_A: Final = 0.02
RANGE_MIN_V: Final = 80.0  # below, values are odd
SUPPLY_MIN_V: Final = 65.0  # below, it is silent [M]
ODD_SHARE: Final = (0.3, 1.0)  # of the truth, anew at each look, that it shows below its range [M]
FREQUENCY_DHZ: Final = 500
ENERGY_MODULO_WH: Final = 10_000_000  # rolls over behind 9999.99 kWh
METER_FAULTS: Final = ("ok", "off", "stuck", "garbage", "wrong", "slow", "delayed", "intermittent", "noisy", "zeros")

_READ_INPUT: Final = 4


class Lie(NamedTuple):
    """From ``at_ns`` on the ``fault`` holds (``ok``: the truth again); the socket had delivered ``delivered_mwh`` by then."""

    at_ns: int
    fault: str
    delivered_mwh: float


class Pzem016:
    """Meter with Modbus ``address`` on the line of ``outlet``. ``gain`` multiplies power, current and energy (1.0 is exact).

    ``answering`` is read by the bus: its fault decides whether, when and how it answers (see rs485.py); ``stuck`` freezes the registers
    here, ``zeros`` shows whole frames of zeros, as the real one does for some seconds after its supply came. ``lies`` tells when what it
    showed or counted was not the truth.
    """

    def __init__(self, world: World, outlet: Outlet, address: int, start_wh: int = 0) -> None:
        self.outlet = outlet
        self.address = address
        self.gain = 1.0
        self.fault_name = "ok"
        self.requests = 0
        self.alarm_threshold_w = 2300
        self._world = world
        self._random = world.random(f"meter {address} of outlet {outlet.number}")
        self._energy_j = start_wh * 3600.0
        self._outlet_j = outlet.energy_j()
        self.lies: list[Lie] = []
        self._frozen: list[int] | None = None
        self._misread_wh = self._misreadings = 0

    def fault(self, name: str) -> None:
        """One of ``METER_FAULTS``."""
        if name not in METER_FAULTS:
            raise ValueError(f"a meter's faults are {', '.join(METER_FAULTS)}; not {name!r}")
        self._frozen = self.input_registers() if name == "stuck" else None
        self.fault_name = name
        self._lied(name)
        self._world.log(f"meter {self.address}: fault {name}")

    def scale(self, factor: float) -> None:
        """The meter reads ``factor`` times too much from now on; what it has counted stays."""
        self.energy_j()
        self.gain = number("factor", factor)
        self._world.log(f"meter {self.address}: scale {factor}")

    @property
    def is_powered(self) -> bool:
        """The meter's electronics run."""
        return self.outlet.feed_volts >= SUPPLY_MIN_V and self.fault_name != "off"

    def energy_j(self) -> float:
        """What the meter has counted, before rounding to its register."""
        now_j = self.outlet.energy_j()
        self._energy_j += (now_j - self._outlet_j) * self.gain
        self._outlet_j = now_j
        return self._energy_j

    def reset_energy(self) -> None:
        """Command 0x42."""
        self.energy_j()
        self._energy_j = 0.0
        self._lied("reset")

    def misreads(self, watt_hours: int, readings: int = 1) -> None:
        """The energy in its next ``readings`` answers is off by ``watt_hours``; what it has counted stays."""
        number("watt_hours", watt_hours)
        number("readings", readings)
        self._world.log(f"meter {self.address}: off by {watt_hours} Wh in {readings} readings")
        self._misread_wh, self._misreadings = watt_hours, readings
        self._lied("misread")

    def _lied(self, what: str) -> None:
        self.lies.append(Lie(self._world.now_ns, what, self.outlet.energy_j() / 3.6))

    def input_registers(self) -> list[int]:
        """The ten input registers from 0x0000 as they stand now; 32-bit values low word first."""
        if self._frozen is not None:
            return self._frozen
        if self.fault_name == "zeros":
            return [0] * 10
        watts = self.outlet.power_w() * self.gain
        amps = self.outlet.current_a() * self.gain
        if watts < START_W:
            watts = amps = 0.0
        elif amps < START_A:
            amps = 0.0
        volts = self.outlet.feed_volts
        if 0.0 < volts < RANGE_MIN_V:
            share = self._random.uniform(*ODD_SHARE)
            volts, watts, amps = volts * share, watts * share, amps * share
        decivolts = round(volts * 10)
        milliamps = round(amps * 1000)
        deciwatts = round(watts * 10)
        watt_hours = int(self.energy_j() / 3600.0)
        if self._misreadings:
            self._misreadings -= 1
            watt_hours += self._misread_wh
        watt_hours %= ENERGY_MODULO_WH
        factor = min(100, round(100 * watts / (volts * amps))) if amps and volts else 0
        alarm = 0xFFFF if watts > self.alarm_threshold_w else 0
        return [
            decivolts,
            milliamps & 0xFFFF,
            milliamps >> 16,
            deciwatts & 0xFFFF,
            deciwatts >> 16,
            watt_hours & 0xFFFF,
            watt_hours >> 16,
            FREQUENCY_DHZ,
            factor,
            alarm,
        ]

    def sim_device(self) -> SimDevice:
        """This meter for pymodbus's server side; its registers are filled at each access."""

        async def action(
            function: int, _start: int, _address: int, _count: int, registers: list[int], values: list[int] | list[bool] | None
        ) -> ExcCodes | None:
            if function == _READ_INPUT:
                registers[0:10] = self.input_registers()
            elif values:
                self._world.log(f"meter {self.address}: registers from {_address} written {values}")
            return None

        unused = [SimData(0, values=False, count=16, datatype=DataType.BITS)]
        holding = [SimData(1, values=[self.alarm_threshold_w, self.address], datatype=DataType.REGISTERS)]
        inputs = [SimData(0, values=[0] * 10, datatype=DataType.REGISTERS)]
        return SimDevice(self.address, simdata=(unused, list(unused), holding, inputs), action=action)


METERS: Final[dict[str, type[Pzem016]]] = {  # by the site file's profile
    "pzem-016": Pzem016,
}
