"""Holders: the closed list of reasons that keep an outlet off, in the order in which `why` names them (docs/protocols/records.md)."""

from micropython import const

BOOT_LOCK = const(1)
TRIP = const(2)
FAULT = const(3)
SAFE_MODE = const(4)
MAINTENANCE = const(5)
SELF_TEST = const(6)
METER_STALE = const(7)
LOAD_BUDGET = const(8)
NO_SESSION = const(9)
STAGGER = const(10)
LEASE = const(11)
POINT_FAULT = const(12)  # nothing closes; what is on stays on
WELDED = const(13)
RELAY_BUS = const(14)  # the expander bus of an outlet of its group is out
BLIND = const(15)  # a fire point that protects it cannot be read
WRONG_BOARD = const(16)  # the configuration names the pins of another board: none of them is driven
SUPPLY = const(17)  # its group has no supply, or a low one
LIVE = const(18)  # an outlet of its group may be live although it was commanded off
COUNT = const(19)
