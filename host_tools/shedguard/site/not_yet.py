"""Tables of a site file that this version does not support: refused with these texts, never accepted silently.

Hazard: an installer who wrote a limit into the file and believes that the shed heeds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NOT_YET: Final[Mapping[str, tuple[str, str]]] = {  # table: cause, hint
    "budget": (
        "the board makes no session wait for another: every outlet may draw its max_power_w at once, whatever a budget says",
        "remove [budget], and keep the sum of max_power_w below what the feeder carries; the feeder's breaker is what acts",
    ),
}
