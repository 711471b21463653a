"""The board's terminals as the plant sees them: what the board drives, and the levels on its inputs.

It does not use sockets: the bench takes the queued input records and passes the board's records in. Contract: docs/protocols/link.md.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from shedbench.link import link

from .world import World

FLOAT: Final = 0
LOW: Final = 1
HIGH: Final = 2
PULLED_UP: Final = 3
PULLED_DOWN: Final = 4

IN_LOW: Final = 0
IN_HIGH: Final = 1
NOT_DRIVEN: Final = 2

EXPANDED: Final = 128  # pins from here on are bits of expanders: 128 + 16 * expander + bit

POWER_OFF: Final = 0
POWER_ON: Final = 1
BROWN_OUT: Final = 2

_U64: Final = struct.Struct("<Q")
_HALF: Final = 32768
_ADC: Final = struct.Struct("<IIII")
_LEVEL: Final = (b"\x00", b"\x01", b"\x02")

PinListener = Callable[[int], None]
StrobeListener = Callable[[bool, int], None]
UartListener = Callable[[int, int, int, bytes], None]
I2cListener = Callable[[bytes], None]


class BoardPort:
    """``drive[gpio]`` is what the board drives now (0 float, 1 low, 2 high, 3 pulled up, 4 pulled down).

    An expander's bits are pins like the chip's, from ``EXPANDED`` on; ``plant.expanders`` drives and reads those. Listeners are called when
    the world's time is the record's time. Inputs are stored, so that a restarted board gets their present state (``resend``).
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.drive: dict[int, int] = {}
        self.outputs: dict[int, tuple[bool, str | None]] = {}  # by pin: a high level energises; the board's pull resistor
        self.levels: dict[int, int] = {}  # the levels that the plant puts on bits of expanders
        self.on_power_off: Callable[[], None] | None = None
        self.board_now_ns = world.now_ns
        self._under_pwm: dict[int, int] = {}  # the drive of pads with a PWM when it ends
        self._pin_listeners: dict[int, list[PinListener]] = {}
        self._strobe_listeners: dict[int, StrobeListener] = {}
        self._uart_listeners: dict[int, list[UartListener]] = {}
        self._i2c_listeners: dict[int, I2cListener] = {}
        self._supply_listeners: list[Callable[[bool], None]] = []
        self._inputs: dict[tuple[int, int], bytes] = {}
        self._queue: list[bytes] = []
        self._records_queued = 0

    # --- the board drives ---------------------------------------------------------------------------------------------

    def on_pin(self, gpio: int, listener: PinListener) -> None:
        """Call ``listener(drive)`` when what the board drives on ``gpio`` changes."""
        self._pin_listeners.setdefault(gpio, []).append(listener)

    def on_strobe(self, gpio: int, lapse_ns: int, listener: StrobeListener) -> None:
        """Call ``listener(started, last_edge_ns)`` when the strobe on ``gpio`` starts, and when it had no edge for ``lapse_ns``."""
        self._strobe_listeners[gpio] = listener
        self._remember(link.WATCH, gpio, _U64.pack(lapse_ns))

    def on_uart(self, uart: int, listener: UartListener) -> None:
        """Call ``listener(at_ns, ns_per_character, baud_and_format, bytes)`` for what the board sends; ``at_ns`` may be in the future."""
        self._uart_listeners.setdefault(uart, []).append(listener)

    def on_i2c(self, bus: int, scl: int, sda: int, listener: I2cListener) -> None:
        """The devices on these pads are the plant's: call ``listener(payload)`` for every ``I2C`` record of ``bus``."""
        self._i2c_listeners[bus] = listener
        self._remember(link.BUS, bus, bytes((link.BUS_I2C, scl, sda, 255)))

    def on_supply(self, listener: Callable[[bool], None]) -> None:
        """Call ``listener(on)`` when the board's supply comes or goes; a brown-out is too short for anything but the ESP32."""
        self._supply_listeners.append(listener)

    def energises(self, gpio: int) -> bool:
        """Whether the board drives its load on output ``gpio``. On a floating output the board's pull resistor decides; without one the
        load is off."""
        high, pull = self.outputs.get(gpio, (True, "down"))
        drive = self.drive.get(gpio, FLOAT)
        if drive not in (LOW, HIGH):
            drive = {"up": HIGH, "down": LOW}.get(pull or "", FLOAT)
        return drive == (HIGH if high else LOW)

    def board_pin(self, gpio: int, drive: int) -> None:
        """A ``PIN`` record."""
        if self.drive.get(gpio, FLOAT) != drive:
            self.drive[gpio] = drive
            for listener in self._pin_listeners.get(gpio, ()):
                listener(drive)

    def board_pwm(self, gpio: int, hz: int, duty: int) -> None:
        """A ``PWM`` record, ``duty`` of 65535. Coils and lamps see the mean: from half on it is a high level. 0 Hz ends it."""
        if hz == 0:
            self.board_pin(gpio, self._under_pwm.pop(gpio, self.drive.get(gpio, FLOAT)))
            return
        self._under_pwm.setdefault(gpio, self.drive.get(gpio, FLOAT))
        self.board_pin(gpio, HIGH if duty >= _HALF else LOW)

    def board_floats(self) -> None:
        """Every pin floats, every PWM ends: power-on, EN, power cut or no board at all."""
        self._under_pwm.clear()
        for gpio in sorted(self.drive):
            if gpio < EXPANDED:
                self.board_pin(gpio, FLOAT)

    def board_strobe(self, gpio: int, started: bool, last_edge_ns: int) -> None:
        """A ``STROBE`` record."""
        listener = self._strobe_listeners.get(gpio)
        if listener is not None:
            listener(started, last_edge_ns)

    def board_died(self) -> None:
        """The process or the supply has ended, and all pins float.

        The strobe's last edge is unknown and assumed to be now, the least favourable case.
        """
        self.board_floats()
        for gpio in sorted(self._strobe_listeners):
            self._strobe_listeners[gpio](False, self.world.now_ns)

    def board_uart(self, uart: int, at_ns: int, char_ns: int, line_format: int, data: bytes) -> None:
        """A ``UART_TX`` record; ``line_format`` is baud << 24 | bits << 16 | parity << 8 | stop bits."""
        for listener in self._uart_listeners.get(uart, ()):
            listener(at_ns, char_ns, line_format, data)

    def board_i2c(self, bus: int, payload: bytes) -> None:
        """An ``I2C`` record."""
        if bus in self._i2c_listeners:
            self._i2c_listeners[bus](payload)

    # --- the plant drives ---------------------------------------------------------------------------------------------

    def pin_in(self, gpio: int, level: int) -> None:
        """``level`` (0 low, 1 high, 2 not driven) on ``gpio`` from now on."""
        if gpio >= EXPANDED:
            self.levels[gpio] = level
            return
        payload = _LEVEL[level]
        if self._inputs.get((link.PIN_IN, gpio)) != payload:
            self._remember(link.PIN_IN, gpio, payload)

    def adc_in(self, gpio: int, microvolts: int, noise_uv: int, hum_uv: int = 0, hum_mhz: int = 50_000) -> None:
        """A voltage with uniform noise of +- ``noise_uv`` and a sine of ``hum_uv`` on ``gpio`` from now on."""
        self._remember(link.ADC_IN, gpio, _ADC.pack(microvolts, noise_uv, hum_uv, hum_mhz))

    def uart_rx(self, uart: int, at_ns: int, char_ns: int, data: bytes, framing_error: bool = False) -> None:
        """Characters towards the board; the first start bit is at ``at_ns``."""
        self.post(link.UART_RX, uart, link.UART_RX_HEAD.pack(char_ns, 1 if framing_error else 0) + data, at_ns)

    def power(self, state: int) -> None:
        """The board's supply: 0 off, 1 on, 2 a brown-out. Without supply every pin floats at once."""
        self.post(link.POWER, state, b"")
        if state == POWER_OFF:
            self.board_died()
            if self.on_power_off is not None:
                self.on_power_off()
        if state != BROWN_OUT:
            for listener in self._supply_listeners:
                listener(state == POWER_ON)
            self._inputs.pop((link.POWER, 1 - state), None)
            self._inputs[(link.POWER, state)] = b""

    def post(self, type_: int, arg: int, payload: bytes, at_ns: int | None = None) -> None:
        """Any record towards the board, at ``at_ns`` or now, never before the board's own now."""
        at = self.world.now_ns if at_ns is None else at_ns
        at = max(at, self.board_now_ns)
        self._queue.append(link.RECORD.pack(type_, arg, len(payload), at) + payload)
        self._records_queued += 1

    def take(self) -> tuple[int, bytes]:
        """Number of records queued since the last call, and their bytes."""
        if not self._records_queued:
            return 0, b""
        count, data = self._records_queued, b"".join(self._queue)
        self._queue.clear()
        self._records_queued = 0
        return count, data

    def resend(self) -> None:
        """Queue the present state of every input, for a board that has just started.

        Records queued for the old one are dropped. Power comes last.
        """
        self._queue.clear()
        self._records_queued = 0
        inputs = sorted(self._inputs.items(), key=lambda item: (item[0][0] == link.POWER, item[0]))
        for (type_, arg), payload in inputs:
            if (type_, arg) != (link.POWER, POWER_OFF):
                self.post(type_, arg, payload)

    def _remember(self, type_: int, arg: int, payload: bytes) -> None:
        self._inputs[(type_, arg)] = payload
        self.post(type_, arg, payload)
