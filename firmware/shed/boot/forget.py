"""Takes code that runs once per boot out of the RAM: constructors of permanent objects, and the functions that mount them.

Hazard: a shed that runs out of memory carries code it no longer needs: on a stock image, where code lives in the heap, 8 KB. Only a boot
calls the names listed here (hil_tests/lint/test_forget.py compares): a call in service would find None.
"""

import sys

# module, class (- for the module itself), names
ROWS = """
board.clock Clock __init__
board.pins Hint __init__
board.pins - output strobe contact loop
board.flash Region __init__
board.resets Rtc __init__
board.resets - cause
board.stdio Console __init__
board.watchdog Watchdog __init__
safety.blind BlindWatch __init__
safety.bus_watch BusWatch __init__
safety.banks Banks __init__
safety.faults Faults __init__
safety.loop_judge LoopJudge __init__
safety.loops Loops __init__
safety.matrix Matrix __init__ restore
safety.outputs Outputs __init__
safety.outputs Word __init__
safety.points PointConfig __init__
safety.points Points __init__
safety.scan Scan __init__ restore_trips
safety.votes Votes __init__
boot.wired Wired __init__ complete
storage.eraser Eraser __init__
storage.journal Journal __init__ open
storage.live LiveRing __init__ open _hear
storage.live - row
storage.log LogRing __init__ open
storage.repeats Repeats __init__
storage.sectors Sectors __init__ sector_records
metering.modbus RtuMaster __init__
crc - _make_table
metering.poller Poller __init__
metering.profiles Reading __init__
charging.grants Grants __init__
charging.off_watch OffWatch __init__
charging.outlets Charging __init__
charging.rules Rules __init__
charging.supply Supply __init__
access.cards CardTable __init__ open
access.gate Gate __init__
access.lockout LockOut __init__
access.pn532 Pn532 __init__
access.presence Presence __init__
console.auth Auth __init__
console.commands Commands __init__
console.console Console __init__
console.line LineReader __init__
console.talk Talk __init__
service.books Books __init__
service.desk Desk __init__
service.entrance Entrance __init__
executive Executive __init__
service.tasks Service __init__ _self_test
"""


def forget():
    """Called once the service is built, on a stock image."""
    for row in ROWS.split("\n"):
        words = row.split()
        module = sys.modules.get("shed." + words[0]) if words else None
        if module is not None:
            owner = module if words[1] == "-" else getattr(module, words[1])
            for name in words[2:]:
                setattr(owner, name, None)  # a name that is deleted from a class would keep its value alive
