"""A jumper wire between two UART pins: what the board sends on one comes back on another, as it went out.

The board's UARTs are not routed to pads (boards/emulated/README.md, Limits), so the wire is said in UART numbers.
"""

from __future__ import annotations

from .port import BoardPort


class UartJumper:
    """From TX of the UARTs ``senders`` to RX of UART ``receiver``. Characters arrive in their own time."""

    def __init__(self, port: BoardPort, senders: tuple[int, ...], receiver: int) -> None:
        self.characters = 0
        self._port = port
        self._receiver = receiver
        for uart in senders:
            port.on_uart(uart, self._sent)

    def _sent(self, at_ns: int, char_ns: int, _line_format: int, data: bytes) -> None:
        self.characters += len(data)
        self._port.uart_rx(self._receiver, at_ns, char_ns, data)
