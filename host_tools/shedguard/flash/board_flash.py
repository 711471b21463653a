"""`shed flash` and `shed verify` as a library: takes a port, a board's name and an image; returns what was done and what runs afterwards.

Hazard: resetting a board in service. `open_channel` asks first; a write leaves the board in a state that the same call takes up again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from ..boards import known as boards
from ..errors import ShedError
from ..link.ports import open_quietly
from ..link.who import Running, ask
from . import image_source, plan, whose, writer
from .channel import Before, Channel
from .open_channel import open_channel
from .partitions import BoardFlash, find

# Asks a person for something at the board ("loader": into its loader by hand; "run": EN pressed) and comes back when it is done.
Hands = Callable[[Literal["loader", "run"]], None]
BEFORE: Final[dict[str, Before]] = {"auto": "default-reset", "usb": "usb-reset", "manual": "no-reset"}
SERVICE_S: Final = 20.0  # from reset to the console: 3 s on a board, more where the file system is checked


@dataclass(frozen=True, slots=True)
class Request:
    """What to do. ``port``: a device or rfc2217://HOST:PORT; ``image`` as for `image_source.get`; ``before`` None: by the board's file."""

    port: str
    board: str
    image: str | None = None
    sha256: str | None = None
    baud: int = 460800
    before: Before | None = None
    live_check: bool = True
    firmware: Path | None = None
    erase_data: bool = False
    site: int | None = None  # the site that the board is for, if the caller knows it
    replace_site: int | None = None  # the board's present site, when it is to get another


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """Facts about the board on the channel."""

    chip: str
    flash_bytes: int
    mac: str


@dataclass(frozen=True, slots=True)
class RegionState:
    """One region and whether the board has it."""

    name: str
    title: str
    offset: int
    size: int
    same: bool


@dataclass(frozen=True, slots=True)
class Rate:
    """``sent_bytes`` over the wire for ``flash_bytes`` in flash; ``wire_share``: their time at ``baud`` divided by the time spent."""

    baud: int
    sent_bytes: int
    flash_bytes: int
    seconds: float
    wire_share: float


@dataclass(frozen=True, slots=True)
class FlashReport:
    """``running`` is None when it was not checked (a board that is reset by hand); ``same``: region name to whether it reads back equal."""

    board: str
    facts: BoardFacts
    image: str | None
    program_sha256: str
    outcome: writer.Outcome
    rate: Rate | None
    running: Running | None
    same: dict[str, bool]

    def as_json(self) -> dict[str, Any]:
        """For `--json` and the installer's report."""
        answer = asdict(self)
        answer["running"] = None if self.running is None else {"kind": self.running.kind, "hello": self.running.hello}
        return answer


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """Region by region; ``same`` when all regions are."""

    board: str
    facts: BoardFacts
    program_sha256: str
    same: bool
    regions: tuple[RegionState, ...]


def prepare(request: Request) -> plan.Plan:
    """Refuses whatever can be refused without a board: unknown board, missing or damaged image, program that does not compile."""
    board = boards.load_any(request.board)
    image = image_source.get(request.image, board.board.chip, request.sha256)
    return plan.build(board, image, request.firmware)


def before_of(request: Request) -> Before:
    """How this board gets into its loader: as asked for, else by the reset circuit in its file."""
    return request.before or BEFORE[boards.load_any(request.board).reset.circuit]


def flash(
    request: Request, progress: writer.TotalProgress | None = None, prepared: plan.Plan | None = None, hands: Hands | None = None
) -> FlashReport:
    """Make the board on the port hold what this tool has. See `writer.write` for refusals; a second call finds nothing to do.

    A board without a reset circuit needs ``hands``, or has to be in its loader already; then it is not checked what runs afterwards.
    """
    wanted = prepared or prepare(request)
    before_reset = before_of(request)
    with _channel(request, before_reset, hands) as channel:
        facts = facts_of(channel)
        before = getattr(channel, "sent_bytes", 0)
        writer.check(channel, wanted)
        _make_ours(channel, request)
        outcome = writer.write(channel, wanted, progress, request.erase_data)
        rate = _rate(request.baud, getattr(channel, "sent_bytes", 0) - before, outcome)
        same = writer.compare(channel, wanted)  # here: another session would cost another round with two buttons
    running = None
    if before_reset != "no-reset" or hands is not None:
        _let_run(before_reset, hands)
        running = wait_for_service(request.port)
    name = None if wanted.image is None else wanted.image.name
    return FlashReport(request.board, facts, name, wanted.program_sha256, outcome, rate, running, same)


def _make_ours(channel: Channel, request: Request) -> None:
    """ShedError 7 when the board is another's. Another product's configuration is erased first: a cut then leaves a board without one."""
    try:
        place = BoardFlash(channel, request.port)
    except ShedError:  # no partition table: it belongs to nobody, or the writer refuses
        return
    board, there = boards.load_any(request.board), whose.look(place)
    whose.refuse_other(there, request.port, board, request.site, request.replace_site)
    if there.site is not None and not there.is_of(board):
        place.write("shed_cfg", 0, b"\xff" * find(place, "shed_cfg").size)


def verify(request: Request, prepared: plan.Plan | None = None, hands: Hands | None = None) -> VerifyReport:
    """Compare by hashes; nothing is written. The board is reset into its loader and back."""
    wanted = prepared or prepare(request)
    before_reset = before_of(request)
    with _channel(request, before_reset, hands) as channel:
        facts = facts_of(channel)
        same = writer.compare(channel, wanted)
    _let_run(before_reset, hands)
    regions = tuple(RegionState(region.name, region.title, region.offset, len(region.data), same[region.name]) for region in wanted.regions)
    return VerifyReport(request.board, facts, wanted.program_sha256, all(same.values()), regions)


def _let_run(before: Before, hands: Hands | None) -> None:
    """A board without a reset circuit stays in its loader until somebody presses EN."""
    if before == "no-reset" and hands is not None:
        hands("run")


def _channel(request: Request, before: Before, hands: Hands | None) -> AbstractContextManager[Channel]:
    ask_for_loader = None if hands is None else lambda: hands("loader")
    return open_channel(request.port, baud=request.baud, live_check=request.live_check, before=before, hands=ask_for_loader)


def facts_of(channel: Channel) -> BoardFacts:
    """Chip, flash, MAC."""
    return BoardFacts(channel.chip, channel.flash_bytes, channel.mac)


def wait_for_service(port: str, within_s: float = SERVICE_S, clock: Callable[[], float] = time.monotonic) -> Running:
    """What runs after a reset: returns as soon as the console answers, else the last output when the time is over."""
    end = clock() + within_s
    heard = Running("silent")
    while clock() < end:
        try:
            with open_quietly(port) as wire:
                found = ask(wire, 1.5)
        except ShedError:
            if clock() + 0.5 >= end:
                raise
            time.sleep(0.3)  # USB that comes back after a reset
            continue
        heard = found if found.kind != "silent" else heard
        if found.kind in ("shedguard", "corrupt"):
            break
    return heard


def _rate(baud: int, sent: int, outcome: writer.Outcome) -> Rate | None:
    if not outcome.bytes_written or outcome.seconds <= 0:
        return None
    return Rate(baud, sent, outcome.bytes_written, outcome.seconds, sent * 10 / baud / outcome.seconds)
