"""A new configuration on a board: written into the unused slot, run on trial, checked, confirmed.

Hazard: a shed left with a configuration that does not work. Until `confirm` the board goes back by itself: after 10 minutes, at any reset,
at a failed self-test (docs/protocols/records.md). A cut at any moment leaves the old configuration in force.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..errors import FAILED, REFUSED, TEST_FAILED, ShedError
from ..flash import whose
from ..flash.board_flash import BEFORE, Hands, wait_for_service
from ..flash.channel import Before
from ..flash.open_channel import open_channel
from ..flash.partitions import BoardFlash, Partitions
from ..formats import slots
from ..link import board_clock
from ..link.console import Console
from ..link.ports import open_quietly
from ..link.who import ask
from ..site.image import compile_site, image_crc
from ..site.load import LoadedSite
from .self_test import PATIENCE_S, Check, bad, look

LABEL = "shed_cfg"
# Checks that must pass before a configuration is confirmed; others may stay bad if they were bad under the old configuration.
_ALWAYS = ("configuration", "service")


_POLL_S = 2.0


@dataclass(frozen=True, slots=True)
class Way:
    """How the board gets into its loader, as in `board_flash.Request` and `board_flash.flash`. Without ``before`` the board file
    decides."""

    baud: int = 460800
    before: Before | None = None
    hands: Hands | None = None
    replace_site: int | None = None  # the board's present site, when it is to get another


@dataclass(slots=True)
class Pushed:
    """The result. ``state``: unchanged, confirmed, on trial."""

    state: str
    crc: str
    sequence: int = 0
    trial_s: int = 0
    checks: list[Check] = field(default_factory=list[Check])

    def as_json(self) -> dict[str, Any]:
        """For tools."""
        checks = [{"name": check.name, "state": check.state, "said": check.said} for check in self.checks]
        return {"state": self.state, "crc": self.crc, "sequence": self.sequence, "trial_s": self.trial_s, "checks": checks}


def put(place: Partitions, image: bytes) -> slots.Place | None:
    """Write ``image`` as a new configuration beside the one in force; None when that is the same.

    ShedError when it does not read back.
    """
    partition = place.read(LABEL)
    best = slots.current(partition)
    if best is not None and best.image == image:
        return None
    where = slots.free_place(partition)
    data = slots.build_slot(image, where.sequence, confirmed=False)
    place.write(LABEL, where.offset, data)
    if place.read_part(LABEL, where.offset, len(data)) != data:
        what = "the new configuration does not read back as it was written"
        raise ShedError(what, "a worn flash sector; the old configuration is in force", "the same command again", FAILED)
    return where


def put_checked(place: Partitions, loaded: LoadedSite, image: bytes, replace_site: int | None) -> slots.Place | None:
    """As `put`. ShedError 7 when the board belongs to another site that ``replace_site`` does not name, or when its boot file is for
    another product, which no configuration can correct."""
    there = whose.look(place)
    if there.board not in (None, loaded.board.board.name):
        raise ShedError(
            f"the board at {place.name} has the boot file of a {there.board}, this site is on a {loaded.board.board.name}",
            "another port, another file, or a controller from another shed: its pins are not the ones that this file means",
            f"compare them; if it really is a {loaded.board.board.name}: shed install SITE.toml --replace-site {there.site or 0}",
            REFUSED,
        )
    whose.refuse_other(there, place.name, loaded.board, loaded.site.site.id, replace_site)
    return put(place, image)


def push(
    port: str,
    loaded: LoadedSite,
    confirm: bool = True,
    anyway: bool = False,
    key: bytes | None = None,
    say: Callable[[str], None] = lambda _text: None,
    patience_s: float = PATIENCE_S,
    way: Way = Way(),
    first: bool = False,
) -> Pushed:
    """Bring ``loaded`` to the board on ``port``. ``anyway`` confirms also when a check is worse than before; so does ``first`` on a board
    that was not in service: the caller's self-test follows. A bad check that is confirmed all the same is printed.

    ShedError: 1 the board went back to the old one by itself, 3 and 4 as the channel's, 6 a check failed (left on trial), 7 a session
    is live.
    """
    image = compile_site(loaded.site, loaded.board)
    crc = image_crc(image)
    key = key if key is not None else bytes.fromhex(loaded.site.safety.maintenance_key)
    hand = board_clock.Hand(key, loaded.site.site.id, loaded.site.site.time_zone_min)
    with open_quietly(port) as wire:
        running = ask(wire)
        site_there = whose.There(int(running.hello.get("site", 0)) or None)
        whose.refuse_other(site_there, port, loaded.board, loaded.site.site.id, way.replace_site)  # before it is taken out of service
        if running.kind == "shedguard" and running.hello.get("cfg") == crc and not _trial_s(Console(wire)):
            board_clock.keep(Console(wire), hand, say)
            return Pushed("unchanged", f"{crc:08X}")
        before = look(Console(wire), loaded.site, None) if running.hello.get("mode") == "service" else None
    say(f"{port}: writing the new configuration; the board is out of service for some seconds")
    before_reset = way.before or BEFORE[loaded.board.reset.circuit]
    hands = way.hands
    with open_channel(port, baud=way.baud, before=before_reset, hands=None if hands is None else lambda: hands("loader")) as channel:
        where = put_checked(BoardFlash(channel, port), loaded, image, way.replace_site)
    if before_reset == "no-reset" and hands is not None:
        hands("run")
    wait_for_service(port)
    with open_quietly(port) as wire:
        board_clock.keep(Console(wire), hand, say)  # the restart has stopped it
    if where is None:  # the one in force is the same; the reset ended the trial of another
        return Pushed("unchanged", f"{crc:08X}")
    say(f"configuration {where.sequence} is on trial; checking it")
    known = {check.name for check in before or () if check.state == "bad"}
    with open_quietly(port) as wire:
        console = Console(wire)

        def counts(check: Check) -> bool:
            return check.name in _ALWAYS or (not (first and before is None) and check.name not in known)

        checks, worse = _watch(console, loaded, crc, counts, patience_s)
        left_s = _trial_s(console)
        result = Pushed("on trial", f"{crc:08X}", where.sequence, left_s, checks)
        if int(console.hello().get("cfg", 0)) != crc:
            raise ShedError(
                "the board went back to the configuration before",
                "under the new one it crashed at its start, or its self-test failed; `shed log` has what it wrote",
                "correct the site file, then the same command again",
                FAILED,
            )
        if worse and not anyway:
            raise ShedError(
                f"on trial and not confirmed: {', '.join(f'{check.name} ({check.said})' for check in worse)}",
                f"worse than under the configuration before, which comes back by itself in {left_s} s",
                worse[0].clears or "correct the site file, then the same command again; --anyway confirms it as it is",
                TEST_FAILED,
            )
        for check in bad(checks):
            say(f"warning: {check.name}: {check.said}" + (" (as before)" if check.name in known else ""))
        if confirm:
            console.write("confirm", key)
            result.state, result.trial_s = "confirmed", 0
    return result


def _watch(
    console: Console, loaded: LoadedSite, crc: int, counts: Callable[[Check], bool], patience_s: float
) -> tuple[list[Check], list[Check]]:
    """All checks, and the bad ones that ``counts`` selects; returns as soon as none is bad. Meters are polled in turn, which takes time."""
    end = time.monotonic() + patience_s
    while True:
        checks = look(console, loaded.site, crc)
        worse = [check for check in bad(checks) if counts(check)]
        if not worse or time.monotonic() >= end or worse[0].name == "configuration":
            return checks, worse
        time.sleep(_POLL_S)


def configure(port: str, loaded: LoadedSite, way: Way = Way(), say: Callable[[str], None] = lambda _text: None) -> bool:
    """For `shed install`: push and confirm; returns whether anything was changed. With a shed's first configuration meters may be
    silent."""
    return push(port, loaded, way=way, say=say, first=True).state != "unchanged"


def _trial_s(console: Console) -> int:
    return int(console.request("status").head.get("trial", 0))


def pull(place: Partitions) -> slots.Slot:
    """The configuration in force; ShedError (exit code 1) when the board has none."""
    best = slots.current(place.read(LABEL))
    if best is None:
        raise ShedError(f"{place.name} has no confirmed configuration", "nobody pushed one yet", "shed config push SITE.toml", FAILED)
    return best
