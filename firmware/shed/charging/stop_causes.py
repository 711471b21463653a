"""Why a session ended: the closed list of docs/protocols/records.md. The board holds numbers; names and texts are the host's.

Hazard: a stop without a cause is a complaint nobody can answer. Numbers are never reused.
"""

from micropython import const

FULL = const(1)
UNPLUGGED = const(2)
MAX_TIME = const(3)
PAID_TIME = const(4)
NO_LOAD = const(5)
OVER_POWER = const(6)
TRIP = const(7)
METER_STALE = const(8)
USER = const(9)
OPERATOR = const(10)
OUTAGE_GONE = const(11)
WELDED = const(12)
MIN_POWER = const(13)
MAINTENANCE = const(14)
DEAD_CONTACT = const(15)
BACKSTOP = const(16)
RELAY_BUS = const(17)
BLIND = const(18)
SUPPLY_LOST = const(19)
LOAD_SWAPPED = const(20)
WAITED = const(21)
