"""Jumper wires on the board's own terminals: between two UART pins, and between two GPIOs.

The board's UARTs are not routed to pads (boards/emulated/README.md, Limits), so their wire is given in UART numbers.
"""

from __future__ import annotations

import struct
from typing import Final

from .port import FLOAT, HIGH, IN_HIGH, IN_LOW, NOT_DRIVEN, PULLED_UP, BoardPort

_PWM: Final = struct.Struct("<IHH")
_FULL: Final = 65535


class UartJumper:
    """From TX of the UARTs ``senders`` to RX of UART ``receiver``. Characters take their time on the wire."""

    def __init__(self, port: BoardPort, senders: tuple[int, ...], receiver: int) -> None:
        self.characters = 0
        self._port = port
        self._receiver = receiver
        for uart in senders:
            port.on_uart(uart, self._sent)

    def _sent(self, at_ns: int, char_ns: int, _line_format: int, data: bytes) -> None:
        self.characters += len(data)
        self._port.uart_rx(self._receiver, at_ns, char_ns, data)


class PinJumper:
    """GPIO ``sink`` sees what GPIO ``source`` drives, a PWM edge by edge. The bench passes PWM records with ``pwm``."""

    def __init__(self, port: BoardPort, source: int, sink: int) -> None:
        self.source = source
        self._port = port
        self._sink = sink
        self._high_ns = self._low_ns = 0
        self._level = False
        self._edge = port.world.timer(self._turn)
        port.on_pin(source, self._driven)

    def pwm(self, payload: bytes) -> None:
        """A ``PWM`` record of the source: a period begins high; 0 Hz leaves the line as the pad is driven."""
        hz, duty, _ = _PWM.unpack(payload)
        self._edge.cancel()
        if hz == 0:
            self._driven(self._port.drive.get(self.source, FLOAT))
        elif duty in (0, _FULL):
            self._port.pin_in(self._sink, IN_HIGH if duty else IN_LOW)
        else:
            period_ns = 1_000_000_000 // hz
            self._high_ns = max(1, period_ns * duty // (_FULL + 1))
            self._low_ns = max(1, period_ns - self._high_ns)
            self._level = False
            self._turn()

    def _turn(self) -> None:
        self._level = not self._level
        self._port.pin_in(self._sink, IN_HIGH if self._level else IN_LOW)
        self._edge.start(self._high_ns if self._level else self._low_ns)

    def _driven(self, drive: int) -> None:
        self._edge.cancel()
        level = NOT_DRIVEN if drive == FLOAT else IN_HIGH if drive in (HIGH, PULLED_UP) else IN_LOW
        self._port.pin_in(self._sink, level)
