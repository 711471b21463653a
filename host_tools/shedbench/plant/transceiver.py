"""The RS-485 transceiver between a UART and the line: one that switches direction itself, or one with a direction pin (DE tied to /RE).

Hazard: a direction pin that falls too early cuts the request, one that falls too late talks into the answer. Both lose meters, and a
meter that is lost stops its session; a model that let such frames through would hide it.
"""

from __future__ import annotations

from functools import partial

from .port import HIGH, BoardPort, UartListener
from .world import World


class Transceiver:
    """``heard`` gets what reaches the line, in the form of ``BoardPort.on_uart``. ``gpio``: the direction pin, None when there is none.

    With a pin a character reaches the line only if the pin is high for all of it, and the board hears a meter's character only if the pin
    is low when it begins. ``holds_ns``: how long after the last stop bit the pin fell, below 0 when it cut the frame. ``cut`` and
    ``talked_over`` count characters, ``answers_lost`` the answers with missing characters: after one lost character the whole answer is
    requested again. (An answer that has begun is received to its end, even if the pin rises meanwhile.)
    """

    def __init__(self, world: World, port: BoardPort, uart: int, gpio: int | None, heard: UartListener) -> None:
        self.holds_ns: list[int] = []
        self.cut = 0
        self.talked_over = 0
        self.answers_lost = 0
        self._world = world
        self._port = port
        self._uart = uart
        self._gpio = gpio
        self._heard = heard
        self._on_ns = self._off_ns = world.now_ns
        self._driving = False
        self._sent_until_ns: int | None = None
        self._waiting: list[tuple[int, int, bytes]] = []  # answers that began while the pin was high
        port.on_uart(uart, heard if gpio is None else self._sent)
        if gpio is not None:
            port.on_pin(gpio, self._turned)

    def answer(self, at_ns: int, char_ns: int, frame: bytes) -> None:
        """A meter drives ``frame`` from ``at_ns`` on."""
        if self._gpio is None:
            self._port.uart_rx(self._uart, at_ns, char_ns, frame)
        else:
            self._world.after(max(0, at_ns - self._world.now_ns), partial(self._arrives, at_ns, char_ns, frame))

    def _turned(self, drive: int) -> None:
        now = self._world.now_ns
        driving = drive == HIGH  # floating: the board's resistor pulls it down
        if driving == self._driving:
            return
        self._driving = driving
        if driving:
            self._on_ns = now
            return
        self._off_ns = now
        if self._sent_until_ns is not None:
            self.holds_ns.append(now - self._sent_until_ns)
            self._sent_until_ns = None
        waiting, self._waiting = self._waiting, []
        for at_ns, char_ns, frame in waiting:
            lost = min(len(frame), -(-(now - at_ns) // char_ns))
            self.talked_over += lost
            self.answers_lost += lost > 0
            self._port.uart_rx(self._uart, at_ns + lost * char_ns, char_ns, frame[lost:])

    def _sent(self, at_ns: int, char_ns: int, line_format: int, data: bytes) -> None:
        """Which characters reach the line is known when the last one has left the UART."""
        end_ns = self._sent_until_ns = at_ns + len(data) * char_ns
        self._world.after(max(0, end_ns - self._world.now_ns), partial(self._left, at_ns, char_ns, line_format, data))

    def _left(self, at_ns: int, char_ns: int, line_format: int, data: bytes) -> None:
        off_ns = self._world.now_ns if self._driving else self._off_ns
        first = max(0, -(-(self._on_ns - at_ns) // char_ns))
        last = min(len(data), (off_ns - at_ns) // char_ns)
        passed = data[first : max(first, last)]
        self.cut += len(data) - len(passed)
        if passed:
            self._heard(at_ns + first * char_ns, char_ns, line_format, passed)

    def _arrives(self, at_ns: int, char_ns: int, frame: bytes) -> None:
        if self._driving:
            self._waiting.append((at_ns, char_ns, frame))
        else:
            self._port.uart_rx(self._uart, at_ns, char_ns, frame)
