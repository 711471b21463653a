"""What a session costs, by the text of each kind of tariff in docs/protocols/site-file.md: independent of the firmware."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Tariff:
    """Every started block of ``block_min`` minutes of energised time costs ``price_fen``."""

    price_fen: int
    block_min: int

    def fen(self, energised_s: int) -> int:
        """The price of ``energised_s`` seconds; no second, no block."""
        return -(-energised_s // (self.block_min * 60)) * self.price_fen

    def used_fen(self, energised_s: int) -> int:
        """The share of its blocks that was used, of a session that ended for want of supply."""
        return energised_s * self.price_fen // (self.block_min * 60)


TARIFFS: Final[dict[str, type[Tariff]]] = {  # by the site file's kind
    "time": Tariff,
}
