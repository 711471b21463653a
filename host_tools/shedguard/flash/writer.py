"""Carries out a flash plan on a channel: compare, invalidate, write what differs, compare again. See plan.py for the order and why."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ..errors import INVALID, PROTOCOL, REFUSED, ShedError
from ..formats import esp_image, partition_table
from ..formats.micropython_image import BOOTLOADER_AT, check_fits, check_release, release_of
from ..formats.partition_table import FLASH_SIZE, SHEDGUARD, TABLE_OFFSET, TABLE_SIZE, Partition
from ..formats.slots import current
from .channel import Channel
from .plan import HEAD, KEPT, Plan, Region

TotalProgress = Callable[[int, int], None]  # bytes done, bytes in all
_START: Final = "start"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Names of what was written, skipped as equal, and erased; bytes and seconds of the writing."""

    written: tuple[str, ...]
    skipped: tuple[str, ...]
    erased: tuple[str, ...]
    bytes_written: int
    seconds: float


def compare(channel: Channel, plan: Plan) -> dict[str, bool]:
    """Region name to whether the board has exactly that."""
    return {region.name: channel.md5(region.offset, len(region.data)) == region.md5 for region in plan.regions}


def check(channel: Channel, plan: Plan) -> None:
    """ShedError (exit code 2) when the plan does not fit the board on the channel."""
    if plan.chip != channel.chip:
        raise ShedError(
            f"{plan.board} has an {plan.chip}, the chip on the port is an {channel.chip}",
            "another board than the one named, or another port",
            "shed boards; shed ports --probe",
            INVALID,
        )
    if plan.image is not None:
        check_fits(plan.image, channel.chip, channel.flash_bytes)
    elif channel.flash_bytes < FLASH_SIZE:
        raise ShedError(f"the board has {channel.flash_bytes >> 20} MB of flash, ShedGuard takes 4", code=INVALID)
    elif not has_micropython(channel):
        raise ShedError(
            "the board has no MicroPython, and no image was named",
            "a bare board, and the cache of images has none for its chip",
            "the same command with --image FILE (micropython.org/download has it; the emulated board takes --image stand-in)",
            INVALID,
        )
    elif release := release_on(channel):
        check_release(release, "what the board has")


def has_micropython(channel: Channel) -> bool:
    """Whether bootloader and app begin like images for this chip. The ROM checks their contents."""
    app = partition_table.find(SHEDGUARD, "factory").offset
    for offset in (BOOTLOADER_AT[channel.chip], app):
        head = channel.read(offset, 16)
        if head[0] != esp_image.MAGIC or esp_image.CHIP_IDS.get(int.from_bytes(head[12:14], "little")) != channel.chip:
            return False
    return True


def release_on(channel: Channel) -> str:
    """The MicroPython release that the board's app states, as `v1.25.0`; empty where it has no description, or one of another program."""
    app = partition_table.find(SHEDGUARD, "factory").offset
    return release_of(channel.read(app, esp_image.DESCRIPTION_AT + esp_image.DESCRIPTION_SIZE))


def write(
    channel: Channel,
    plan: Plan,
    progress: TotalProgress | None = None,
    erase_data: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Make the board hold what the plan says. ShedError: 2 it does not fit, 3 connection lost, 4 what was written reads back differently, 7
    its data would be lost and ``erase_data`` is off. After any of them the same call goes on."""
    check(channel, plan)
    same = compare(channel, plan)
    erase = _to_erase(channel, same["table"], erase_data)
    todo = [region for region in plan.regions if not same[region.name]]
    skipped = tuple(region.name for region in plan.regions if same[region.name])
    if not todo and not erase:
        return Outcome((), skipped, (), 0, 0.0)
    start = next(region for region in plan.regions if region.name == _START)
    if todo != [start]:
        channel.erase(start.offset, HEAD)
        todo = [region for region in todo if region.name != _START] + [start]
    began = clock()
    for row in erase:
        channel.erase(row.offset, row.size)
    done, total = 0, sum(len(region.data) for region in todo)
    for region in todo:
        _write_region(channel, region, None if progress is None else _part(progress, done, total))
        done += len(region.data)
    skipped = tuple(name for name in skipped if all(region.name != name for region in todo))
    return Outcome(tuple(region.name for region in todo), skipped, tuple(row.label for row in erase), total, clock() - began)


def _write_region(channel: Channel, region: Region, progress: Callable[[int], None] | None) -> None:
    for _ in range(2):  # flash that reads back wrong is tried once more
        channel.write(region.offset, region.data, progress)
        if channel.md5(region.offset, len(region.data)) == region.md5:
            return
    raise ShedError(
        f"what was written reads back differently: {region.title} at {region.offset:#x}",
        "a worn or wrongly powered flash chip, or something wired to GPIO 6 to 11",
        "take the plugs off the board and try again with --baud 115200; if it stays, replace the board",
        PROTOCOL,
    )


def _part(progress: TotalProgress, before: int, total: int) -> Callable[[int], None]:
    return lambda done: progress(min(before + done, total), total)


def _to_erase(channel: Channel, same_table: bool, erase_data: bool) -> list[Partition]:
    """ShedGuard's data partitions to erase: not blank, and not in this place in the board's table; with ``erase_data`` all that are not
    blank."""
    rows = [row for row in SHEDGUARD if row.label in KEPT]
    if not erase_data:
        there = () if same_table else _rows_of(channel)
        rows = [] if same_table else [row for row in rows if row not in there]
    used = [row for row in rows if not is_blank(channel, row)]
    if used and not erase_data:
        settings = partition_table.find(SHEDGUARD, "shed_cfg")
        if settings in used and current(channel.read(settings.offset, settings.size)) is not None:
            raise ShedError(
                "the board holds a shed's configuration, but its partition table is damaged or of another layout",
                "what is in its data partitions (configuration, cards, sessions) would be erased",
                "save it (shed backup), then repeat this with --erase-data",
                REFUSED,
            )
    return used


def is_blank(channel: Channel, row: Partition) -> bool:
    """Whether a partition is erased, without reading it back."""
    return channel.md5(row.offset, row.size) == hashlib.md5(b"\xff" * row.size, usedforsecurity=False).hexdigest()


def _rows_of(channel: Channel) -> tuple[Partition, ...]:
    try:
        return partition_table.decode(channel.read(TABLE_OFFSET, TABLE_SIZE))
    except (ValueError, UnicodeDecodeError):
        return ()
