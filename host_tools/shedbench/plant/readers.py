"""The kinds of card readers that the plant can have. What each does is in its own file."""

from __future__ import annotations

from typing import Final

from .pn532 import Pn532

READERS: Final[dict[str, type[Pn532]]] = {  # by the site file's kind
    "pn532": Pn532,
}
