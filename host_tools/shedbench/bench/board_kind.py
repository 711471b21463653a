"""The product that a bench's emulated board is, as far as board process and serial port show it: read from its board file.

Hazard: a bench whose chip is not the one of the board file proves nothing about that board.
Read with tomllib here, independently of the host tools' validator, as the plant's wiring is (host_tools/shedbench/plant/sitefile.py).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BoardKind:
    """``[board]`` and ``[reset]``. ``circuit``: ``auto``, ``usb`` or ``manual``."""

    name: str
    chip: str
    flash_mb: int
    psram: bool
    circuit: str

    @property
    def flash_bytes(self) -> int:
        """The size of its flash."""
        return self.flash_mb << 20

    @property
    def arguments(self) -> tuple[str, ...]:
        """Of the board process."""
        if self.chip == "esp32":
            return ()
        return ("--chip", self.chip, "--psram", "octal" if self.psram else "none")


def read_kind(path: Path) -> BoardKind:
    """The kind that the board file ``path`` describes."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    board = data["board"]
    return BoardKind(board["name"], board["chip"], board["flash_mb"], board["psram"], data.get("reset", {}).get("circuit", "auto"))
