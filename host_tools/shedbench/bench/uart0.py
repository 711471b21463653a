"""UART0 in virtual time: what the board printed, and characters typed at 115200 baud."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from shedbench.plant.port import BoardPort

BAUD: Final = 115200
CHAR_NS: Final = 10 * 1_000_000_000 // BAUD
_KEPT: Final = 1 << 20


class Serial:
    """The serial line of one bench. ``received`` is all that the board sent (the newest MiB); ``taken`` counts bytes that were read."""

    def __init__(self, port: BoardPort) -> None:
        self.received = bytearray()
        self.dropped = 0
        self.last_byte_ns = port.world.now_ns
        self.listener: Callable[[bytes], None] | None = None
        self._port = port
        self._line_free_ns = 0
        self._read = 0
        port.on_uart(0, self._board_sent)

    def _board_sent(self, at_ns: int, char_ns: int, _line_format: int, data: bytes) -> None:
        self.received += data
        self.last_byte_ns = at_ns + len(data) * char_ns
        if len(self.received) > 2 * _KEPT:
            cut = len(self.received) - _KEPT
            del self.received[:cut]
            self.dropped += cut
        if self.listener is not None:
            self.listener(data)

    def send(self, data: bytes) -> int:
        """Put characters on the wire after those already there; returns when the last one has arrived."""
        now = self._port.world.now_ns
        start = max(now, self._line_free_ns)
        if data:
            self._port.uart_rx(0, start, CHAR_NS, data)
        self._line_free_ns = start + len(data) * CHAR_NS
        return self._line_free_ns

    @property
    def is_sending(self) -> bool:
        """Whether typed characters are still on their way to the board."""
        return self._line_free_ns > self._port.world.now_ns

    @property
    def position(self) -> int:
        """How many bytes the board has sent so far."""
        return self.dropped + len(self.received)

    def since(self, position: int) -> bytes:
        """What the board sent from ``position`` on."""
        return bytes(self.received[max(0, position - self.dropped) :])

    def text(self) -> str:
        """All that is kept, as text."""
        return self.received.decode("utf-8", "replace")
