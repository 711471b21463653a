"""The limits of one board, in one place: the model, the checker, the compiler and the tests use these figures.

Hazard: a shed that passes the check and does not start. hil_tests/contracts/test_limits.py holds these figures against the firmware's own,
and hil_tests/scenarios/test_limits.py starts a shed at every one of them.
"""

from __future__ import annotations

from typing import Final

MASK: Final = 30  # bits of a mask that is a small integer on the board
OUTLETS: Final = 40  # masks carry 60, in two words; a bus at 9600 baud and the tasks keep up with 40 at once
POINTS: Final = MASK
CAUSES: Final = MASK
GROUPS: Final = 8  # live records have a byte for each
GATES: Final = 4
EFFECTS: Final = GROUPS + GATES  # cut each group, free each gate
BUSES: Final = 2  # UARTs not used by the console
READERS: Final = 2
LOOPS: Final = 8  # with one more, each is measured too seldom to trip in time
CONTACTS: Final = 10

OUTLET_NUMBER: Final = 200
METER_ADDRESS: Final = 247  # Modbus over serial line, 2.2
LEAST_POWER_W: Final = 50
MOST_POWER_W: Final = 2000
LOOP_MV: Final = 3300
LEAST_CLEAR_MS: Final = 1000  # of a fire point: a contact that bounces, and the mains' own disturbances, are over by then
LEAST_LOOP_SAMPLES: Final = 3  # two samples of mains hum may agree
BLIND_GRACE_MIN: Final = 10  # the board's default when its image has no section 16
MOST_GRACE_MIN: Final = 30

# Of [charging], least and most. Within them every charger of docs/domain.md can begin, charge to full and be seen to leave; beyond them an
# outlet gives power away (a start power above what a load draws) or ends each session in its first seconds.
START_POWER_W: Final = (1, 100)
START_TIME_S: Final = (30, 600)  # as long as an outlet is fed for nothing
UNPLUG_POWER_MW: Final = (500, 20000)
UNPLUG_TIME_S: Final = (3, 600)
FULL_FLOOR_W: Final = (1, 200)
FULL_TIME_S: Final = (60, 14400)
FULL_LATE_AFTER_S: Final = (60, 65535)
DRIFT_W: Final = (1, 100)
MIN_POWER_W: Final = (1, 100)
MIN_POWER_TIME_S: Final = (60, 65535)
