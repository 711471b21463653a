"""One direction of a serial wire, with the transmission time of characters."""

from __future__ import annotations

from collections import deque
from typing import Final

_S: Final = 1_000_000_000
_BITS: Final = 10


class Wire:
    """``factor`` 1 is the speed of a real wire, 0 an immediate one. Times are nanoseconds of any one clock."""

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor
        self._on_the_way: deque[tuple[int, bytes]] = deque()
        self._free_ns = 0

    def put(self, data: bytes, baud: int, now_ns: int) -> None:
        """Queue ``data`` after what is already on the way."""
        self._free_ns = max(now_ns, self._free_ns) + int(len(data) * _BITS * _S / baud * self.factor)
        self._on_the_way.append((self._free_ns, data))

    def take(self, now_ns: int) -> bytes:
        """What has arrived by now."""
        arrived: list[bytes] = []
        while self._on_the_way and self._on_the_way[0][0] <= now_ns:
            arrived.append(self._on_the_way.popleft()[1])
        return b"".join(arrived)

    def next_ns(self) -> int | None:
        """When the next piece arrives; None when nothing is on the way."""
        return self._on_the_way[0][0] if self._on_the_way else None

    def clear(self) -> None:
        """Drop everything: there is no receiver any more."""
        self._on_the_way.clear()
        self._free_ns = 0
