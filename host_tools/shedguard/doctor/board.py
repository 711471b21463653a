"""Checks of the board at its console, without a reset or a change, and checks of its flash contents through its loader."""

from __future__ import annotations

import time
from typing import Any, Final

from ..errors import ShedError
from ..flash import writer
from ..flash.channel import Channel
from ..flash.plan import HEAD, Plan
from ..formats import partition_table
from ..formats.lists import BREAKER_FIRST, FAULTS, name_of
from ..formats.partition_table import SHEDGUARD, TABLE_OFFSET, TABLE_SIZE
from ..formats.slots import current
from ..formats.texts import text
from ..formats.times import when
from ..link.console import Console
from ..link.live import SEEN_WITHIN_S, Clock, Seen, Wait, outlets, seen
from ..link.ports import Wire
from ..link.who import Running, ask
from ..site.narrate import SiteNames, fault_text
from .finding import Finding, ok

_LISTEN_S: Final = 3.5  # a corrupt file system is reported every 3 s, a crash loop takes 0.3 to 6 s
_LITTLEFS: Final = b"littlefs"
_TOLD_APART: Final = frozenset({"unprotected", "boot_loop", "clock_unset"})  # faults with a finding of their own
_MAIN: Final = b"main.py"  # the same two blocks hold the root folder's names
_NOT_SERVING: Final = {
    "repl": (
        "bad",
        "no program, or somebody at this port ended it: neither program nor watchdog guards the shed; keep the port behind the lock",
        "press EN; when the prompt comes again: shed flash --board NAME",
    ),
    "rom": ("bad", "BOOT is held, or something pulls GPIO0 down", "release BOOT, take the plugs off, press EN"),
    "no-image": ("bad", "a bare board, or an installation that was cut off", "shed flash --board NAME --image FILE"),
    "corrupt": (
        "bad",
        "the file system was cut off or overwritten; only the heartbeat circuit holds outlets off and the gate free",
        "shed flash --board NAME",
    ),
    "crashed": ("bad", "the program or MicroPython crashed", "shed flash --board NAME; if it stays, send what it printed"),
    "text": ("bad", "another firmware, or another speed than 115200", "shed flash --board NAME"),
    "silent": (
        "bad",
        "no supply, a cable without data wires, another device, or a board held in reset",
        "check supply and cable; press EN",
    ),
}


def examine_console(wire: Wire) -> tuple[Running, list[Finding]]:
    """What runs and what it reports. ShedError only when the port is lost."""
    running = ask(wire)
    if running.kind != "shedguard":
        again = ask(wire, _LISTEN_S)
        running = again if again.kind not in ("silent",) or running.kind == "silent" else running
    if running.kind != "shedguard":
        level, cause, clear = _NOT_SERVING[running.kind]
        found = [Finding("what runs", "bad" if level == "bad" else "warn", running.words, cause, clear)]
        if running.boots > 1:
            found.append(
                Finding(
                    "crash loop",
                    "bad",
                    f"it restarted {running.boots} times meanwhile",
                    "see its output: shed doctor --json",
                    clear,
                )
            )
        return running, found
    return running, [_version(running.hello), *_status(Console(wire))]


def examine_flash(channel: Channel, plan: Plan | None) -> list[Finding]:
    """The contents of flash. With ``plan`` image and program are compared with this tool's; without it they are only recognised."""
    found = [_table(channel)]
    if not writer.has_micropython(channel):
        clear = "shed flash --board NAME --image FILE"
        found.append(Finding("image", "bad", "no MicroPython image for this chip", "a bare board, or a cut-off installation", clear))
    elif plan is None or plan.image is None:
        found.append(ok("image", "an image for this chip is there (compare with: shed verify --board NAME --image FILE)"))
    found += _program(channel, plan)
    settings = partition_table.find(SHEDGUARD, "shed_cfg")
    slot = current(channel.read(settings.offset, settings.size))
    if slot is None:
        found.append(Finding("configuration", "warn", "no confirmed configuration", "a new board", "shed config push SITE.toml"))
    else:
        found.append(ok("configuration", f"confirmed, number {slot.sequence}, {len(slot.image)} bytes"))
    return found


def _version(hello: dict[str, Any]) -> Finding:
    words = f"ShedGuard {hello.get('fw')} on MicroPython {hello.get('mpy')}, {hello.get('mode')} mode"
    if hello.get("mode") == "safe":
        cause = "no configuration, or several bad starts in a row: outlets stay off, the gate is free"
        return Finding("what runs", "bad", words, cause, "shed faults shows why; then shed config push SITE.toml, or shed clear")
    return ok("what runs", words)


def _status(console: Console, wait: Wait = time.sleep, clock: Clock = time.monotonic) -> list[Finding]:
    try:
        faults = _faults(console)
        live = seen(console, any(name_of(FAULTS, frame["f"]) in BREAKER_FIRST for frame in faults), wait, clock)
        faults = _faults(console)  # a fault may have begun or ended during the requests
    except ShedError as error:
        return [Finding("console", "bad", "it answers hello and then nothing more", error.what, "another cable; shed doctor again")]
    status, head = live.status, live.status.head
    called = [str(name_of(FAULTS, frame["f"])) for frame in faults]
    names = SiteNames().on_board(status)
    found = _live(live)
    if "unprotected" in called:
        cause = "no heartbeat circuit holds contactors and locks: a dead board would leave outlets on and the gate locked"
        clears = "fit the heartbeat circuit, name its terminal in the site file, then shed install"
        found.append(Finding("protection", "bad", "the board is *unprotected*", cause, clears))
    elif not head.get("hb"):
        found.append(Finding("protection", "warn", "no heartbeat at this moment", "safe mode, a fault or a trip stops it", "shed status"))
    else:
        found.append(ok("protection", "the heartbeat runs"))
    if "boot_loop" in called:
        found.append(
            Finding("crash loop", "bad", "several bad starts in a row", "shed log shows what ended each", "shed faults; shed clear")
        )
    found += [_fault(name, frame, names) for name, frame in zip(called, faults, strict=True) if name not in _TOLD_APART]
    found.append(_clock(head, "clock_unset" in called))
    return found


def _faults(console: Console) -> list[dict[str, Any]]:
    return [frame for frame in console.request("faults") if "f" in frame and frame.get("live", 1)]


def _live(live: Seen) -> list[Finding]:
    """First, what may kill. An outlet not seen off yet is not reported off."""
    found: list[Finding] = []
    if live.live:
        clear = f"switch the breaker off, before anything else; then shed why {live.live[0]}"
        what = f"{outlets(live.live)} may be live although commanded off"
        found.append(Finding("live outlets", "bad", what, "no reading has shown that the socket is off", clear))
    if live.unseen:
        cause = "commanded off a moment ago, or the board or their row's contactor has just been switched on"
        clear = f"treat them as live; in {SEEN_WITHIN_S:.0f} s: shed doctor"
        found.append(Finding("unseen outlets", "warn", f"{outlets(live.unseen)} not seen off yet", cause, clear))
    return found


def _fault(name: str, frame: dict[str, Any], names: SiteNames) -> Finding:
    told = f"{name}: {fault_text(frame['f'], frame.get('a', 0), names)}"
    clear = f"{text('first', name)} (docs/fault-codes.md)" if name in FAULTS.values() else "of a later version: see its docs/fault-codes.md"
    return Finding("fault", "bad" if name in BREAKER_FIRST else "warn", told, "the fault lasts", clear)


def _clock(head: dict[str, Any], dated: bool) -> Finding:
    sets = "shed status --site SITE.toml sets it"
    if head.get("t"):
        return ok("clock", f"{when(int(head['t']))}, local time of the site")
    if dated:
        cause = "the power failed, or a tool restarted the board: cards stay valid after their last day"
        return Finding("clock", "warn", "the clock is not set", cause, sets)
    return ok("clock", f"not set: no card has a last day, records carry no date; {sets}")


def _table(channel: Channel) -> Finding:
    try:
        rows = partition_table.decode(channel.read(TABLE_OFFSET, TABLE_SIZE))
    except (ValueError, UnicodeDecodeError) as error:
        return Finding("partition table", "bad", "none that can be read", str(error), "shed flash --board NAME")
    if rows == SHEDGUARD:
        return ok("partition table", "ShedGuard's")
    labels = ", ".join(row.label for row in rows)
    return Finding("partition table", "bad", f"another one: {labels}", "a stock MicroPython board", "shed flash --board NAME")


def _program(channel: Channel, plan: Plan | None) -> list[Finding]:
    if plan is not None:
        same = writer.compare(channel, plan)
        differing = [region.title for region in plan.regions if not same[region.name] and region.name != "table"]
        if not differing:
            return [ok("program", f"equal to this tool's ({plan.program_sha256[:12]})")]
        cause = "another version, or an installation that was cut off"
        return [Finding("program", "bad", f"differs: {', '.join(differing)}", cause, f"shed flash --board {plan.board}")]
    place = partition_table.find(SHEDGUARD, "vfs")
    head = channel.read(place.offset, HEAD)
    if _LITTLEFS in head and _MAIN in head:
        return [ok("program", "one is there (compare with: shed doctor --probe --board NAME)")]
    if _LITTLEFS in head:
        return [Finding("program", "bad", "a file system without ShedGuard", "an installation that was cut off", "shed flash --board NAME")]
    return [Finding("program", "bad", "no file system", "an installation that was cut off", "shed flash --board NAME")]
