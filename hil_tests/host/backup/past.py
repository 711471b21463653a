"""Boards with a past: flash files with boots, sessions and cards, made without a board, and what they hold."""

from __future__ import annotations

from pathlib import Path

from shedbench.places import SMALL_SITE as SITE
from shedguard.backup import contents
from shedguard.backup.contents import Contents
from shedguard.flash.image import build_flash, write_partition
from shedguard.flash.partitions import FlashFile
from shedguard.formats.cards import Card, canonical
from shedguard.formats.records import (
    EVENTS_MAGIC,
    JOURNAL_KINDS,
    JOURNAL_MAGIC,
    LIVE_KINDS,
    LIVE_MAGIC,
    Record,
    build_log,
    encode_payload,
)
from shedguard.site.load import load

KEY = load(SITE).site.safety.maintenance_key
ITEMS = ["journal", "open sessions", "counters", "cards", "events", "configuration"]
CARD_1, CARD_2 = (canonical(bytes.fromhex(digits)) for digits in ("04A1B2C3", "9C0FF1CE"))


def session(boot: int, number: int, outlet: int, ended: bool) -> tuple[list[Record], list[Record]]:
    """Journal and live records of one session."""
    about: dict[str, int | bytes] = {"session": boot << 16 | number, "outlet": outlet, "card": CARD_1}
    journal = [Record(0, "session_start", about | {"meter_wh": 1000 * number, "price_fen": 100}, 50, 0, boot & 0xFF)]
    live = {"start_s": 50, "meter_wh": 1000 * number, "energised_s": 600, "energy_mwh": 90_000, "peak_mw": 150_000, "cause": 0}
    if ended:
        end = {"start_s": 50, "energised_s": 700, "energy_mwh": 99_000, "meter_start_wh": 1000 * number, "meter_end_wh": 1000 * number + 99}
        journal.append(Record(0, "session_end", about | end | {"price_fen": 100, "stop_cause": 2}, 800, 0, boot & 0xFF))
    return journal, [Record(0, "live", about | live)]


def events(boots: int, first: int = 1, count: int = 0) -> list[Record]:
    """A boot record for each boot from ``first`` on, then ``count`` cards at the gate."""
    fields: dict[str, int | bytes] = {"reset_cause": 1, "fault": 0, "argument": 0}
    rows = [Record(0, "boot", fields | {"boots": boot}, 1, 0, boot & 0xFF) for boot in range(first, boots + 1)]
    return rows + [Record(0, "gate", {"event": 1, "reason": 0, "card": CARD_1}, 10 + at, 0, boots & 0xFF) for at in range(count)]


def ring(label: str, rows: list[Record], first_sequence: int = 1) -> bytes:
    """The region ``label`` with ``rows``."""
    size, magic, kinds = {
        "shed_journal": (0x80000, JOURNAL_MAGIC, JOURNAL_KINDS),
        "shed_box": (0x10000, EVENTS_MAGIC, JOURNAL_KINDS),
        "shed_live": (0x10000, LIVE_MAGIC, LIVE_KINDS),
    }[label]
    return build_log(size, magic, [encode_payload(kinds, record) for record in rows], first_sequence)


def history(boots: int, sessions: int) -> dict[str, bytes]:
    """Journal, events and live ring after this many boots; the last one had sessions, of which the last is open."""
    before = events(boots, count=200)  # more than one sector of them
    journal: list[Record] = []
    live: list[Record] = []
    for number in range(1, sessions + 1):
        rows, points = session(boots, number, number % 4, ended=number < sessions)
        journal += rows
        live += points
    return {
        "shed_box": ring("shed_box", before),
        "shed_journal": ring("shed_journal", journal, len(before) + 1),
        "shed_live": ring("shed_live", live),
    }


def board_file(path: Path, boots: int = 0, sessions: int = 0, cards: tuple[Card, ...] = (), configured: bool = True) -> Path:
    loaded = load(SITE)
    build_flash(path, loaded.site, loaded.board, cards)
    if not configured:
        write_partition(path, "shed_cfg", b"")
    if not cards:
        write_partition(path, "shed_cards", b"")
    if boots:
        for label, region in history(boots, sessions).items():
            write_partition(path, label, region)
    return path


def now(flash: Path) -> Contents:
    return contents.read(FlashFile(flash))
