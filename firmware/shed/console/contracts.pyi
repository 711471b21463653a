"""What the console expects of others. For the type checker only: no board has this file.

`service.desk.Desk` is the shed, `board.stdio.Console` the line. All of it is cheap, none of it raises. `by`: auth.CARD, KEY_SWITCH or HMAC.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from shed.storage.journal import Journal

class Stdio(Protocol):
    def read_into(self, buf, /) -> int:
        """Bytes read; never blocks."""

    def write(self, data, /) -> object: ...

class Faults(Protocol):
    def rows(self) -> Iterator[tuple[Any, Any, Any, Any]]:
        """(code, argument, times, live) of each."""

    def __len__(self) -> int: ...

class Cards(Protocol):
    @property
    def count(self) -> int: ...
    def record(self, i, /) -> Any: ...

class Shed(Protocol):
    mode: str  # "service" or "safe"
    journal: Journal

    @property
    def faults(self) -> Faults: ...
    @property
    def cards(self) -> Cards: ...
    def quiet(self) -> bool:
        """No outlet is on: only then may a module be imported."""

    def identity(self) -> dict[str, Any]:
        """fw, site, board, boot, cfg, mpy."""

    def status_items(self) -> Iterator[dict[str, Any] | None]:
        """Dicts with the keys of console.md. May yield None.

        First the head (up_s, t, clk, trips, faults, group, hb, heap, forced, trial), then outlets (o, st, mw, wh, s, fen, hold, on),
        points (p, st), gates (g, st), meters (m, age, ok, to, crc, dv)."""

    def task_items(self) -> Iterator[dict[str, Any]]:
        """First the scan's figures, then tasks (task, n, max_us, late_ms, over)."""

    def why(self, number, /) -> tuple[int, list[int]] | None:
        """(on 0/1/2, holder numbers in order); None when no outlet has that number."""

    def outlet_number(self, index, /) -> int | str:
        """The number on the socket."""

    def confirm(self, by, /) -> bool:
        """Keeps the configuration on trial; False when there is none, its self-test failed, or the flash refuses."""

    def clear(self, by, /) -> tuple[int, int]:
        """Resets what can be reset: (mask of causes still latched, number of faults still there)."""

    def stop(self, number, /) -> bool:
        """Asks for an ordered stop; False when there is no such outlet or no session."""

    def revoke(self, card, /) -> bool:
        """Clears the valid bit of a canonical card; False when the table does not have it, or the flash refuses."""

    def set_time(self, epoch_s, /) -> object:
        """Sets the clock and journals it."""

    def enter_maintenance(self, by, /) -> object:
        """Opens everything, journals, hard-resets into a maintenance boot.

        Called when the answer was written; its last bytes may still be on the wire: let 20 ms pass before the reset."""
