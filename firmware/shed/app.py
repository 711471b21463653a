"""Runs the shed, and ends it: the one place outside the scan's own guard that may catch everything.

Hazard: a program that dies with relays closed. Every end of service (an exception, KeyboardInterrupt, a scan fault, a silent timer) takes
the same way: open all, keep the fault for the next boot's record in RTC memory, hard reset. The heartbeat stops with the scan, and the
watchdog backs up both.
"""

from micropython import alloc_emergency_exception_buf, kbd_intr

from shed.board import clock, resets
from shed.board.watchdog import Watchdog
from shed.safety import faults

service = None  # the running Service, for a debugger


def run(wdt, boot=None):
    """Never returns. `wdt`: the watchdog that boot.py armed, or None. boot: the names that boot.py left (`outputs_off`, `board_crc`)."""
    try:
        boot = boot or {}
        resets.outputs_off = boot.get("outputs_off")
        _run(wdt, boot.get("board_crc"))
    finally:  # also when the end itself failed, for lack of memory: service never ends at a prompt
        resets.hard_reset()


def _run(wdt, board_crc):
    """Returns when service has ended, with everything open."""
    global service
    alloc_emergency_exception_buf(100)
    kbd_intr(-1)
    rtc = resets.Rtc()
    rtc.bad_boots = min(rtc.bad_boots + 1, 255)
    rtc.save()
    code = faults.MAIN_EXCEPTION
    argument = 0
    try:
        service = _start(rtc, Watchdog(wdt), board_crc)
        service.executive.add("supervisor", service.supervise, 20)
        while True:
            code = service.executive.turn()
            if code:
                break
            code = faults.MAIN_EXCEPTION
    except BaseException as error:  # noqa: BLE001  the supervisor: after any error everything opens
        if service is not None:
            service.outputs.all_off()
            if service.executive.running is not None:
                code = faults.TASK_EXCEPTION
                argument = service.executive.tasks.index(service.executive.running)
        _say(error)
    if service is not None:
        service.outputs.all_off()
    rtc.note_fault(code, argument)
    clock.sleep_ms(20)


def _start(rtc, watchdog, board_crc):
    from shed.boot import start
    from shed.unload import unload

    found = start.start(rtc, watchdog, board_crc)
    unload(start.MODULES)
    return found


def _say(error):
    """The traceback goes to the console, where `shed doctor` and a person can read it."""
    import sys

    sys.print_exception(error)
