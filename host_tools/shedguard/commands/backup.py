"""`shed backup` and `shed restore`: everything a board keeps, item by item."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ..backup import archive, contents
from ..backup import restore as restoring
from ..backup.contents import BOX, CARDS, CONFIG, JOURNAL, Contents
from ..errors import REFUSED, ShedError
from ..flash.whose import ReplaceSiteOption
from .common import JsonOption, KeyOption, PortOption, SiteOption, hand_of, key_from, say, show_json, show_table
from .flash import BaudOption, before_of
from .out_file import ForceOption, check_new
from .place import FlashOption, LoaderOption, YesOption, open_place
from .progress import Bar


def backup(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The file to write (a zip with a manifest).")],
    port: PortOption = None,
    flash: FlashOption = None,
    secrets: Annotated[bool, typer.Option("--secrets", help="Include the maintenance key. Guard the file as you guard the key.")] = False,
    before: LoaderOption = None,
    baud: BaudOption = 460800,
    force: ForceOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Save everything a board keeps: configuration, cards, counters, open sessions, journal, events.

    The board is out of service for about half a minute; refused (exit code 7) while a session is live.
    """
    check_new(out, force)
    with open_place(port, flash, "a backup is made", yes, before_of(before), baud) as place:
        found = contents.read(place, Bar("backup"))
    manifest = archive.save(found, out, secrets, datetime.now().astimezone())
    if as_json:
        show_json({"file": str(out), **manifest, "items": _saved(found, secrets)})
        return
    show_table(("item", "state", "what"), [(item["item"], item["state"], item["what"]) for item in _saved(found, secrets)])
    print(f"{out}: {out.stat().st_size} bytes")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that shed backup made.")],
    port: PortOption = None,
    flash: FlashOption = None,
    site: SiteOption = None,
    key: KeyOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="Also overwrite the board's own items (the report names them).")] = False,
    replace_site: ReplaceSiteOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only report what would be done.")] = False,
    before: LoaderOption = None,
    baud: BaudOption = 460800,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put a backup onto a board. Each item is reported as restored, unchanged, skipped or incompatible, and why.

    Counters never go back. Exit code 7 when something of the backup was left out, 0 otherwise. After a power cut, repeat the same command.
    """
    saved, manifest = archive.load(file)
    secret = key_from(key, site) if key is not None or site is not None else None
    hand = hand_of(key, site) if secret is not None else None
    with open_place(port, flash, f"{file} is restored", yes, before_of(before), baud, hand) as place:
        items = restoring.plan(saved, manifest, contents.read(place, Bar("looking")), secret, replace, replace_site, site and site.parent)
        if not dry_run:
            restoring.apply(items, place, Bar("restore"))
    if as_json:
        rows = [{"item": item.name, "state": item.state, "why": item.why, **item.facts} for item in items]
        show_json({"file": str(file), "dry_run": dry_run, "items": rows})
    else:
        show_table(("item", "state", "why"), [(item.name, _tense(item.state, dry_run), item.why) for item in items])
    if any(item.name == "open sessions" and item.state == "restored" and item.facts["sessions"] for item in items):
        say("warning: this board settles the sessions that were open; the old board would bill them again: keep it out of service")
    left = [item.name for item in items if item.refused]
    if left:
        raise ShedError(f"not restored: {', '.join(left)}", "the report says why for each", "follow it, then repeat the command", REFUSED)


def _tense(state: str, dry_run: bool) -> str:
    return "to restore" if dry_run and state == "restored" else state


def _saved(found: Contents, secrets: bool) -> list[dict[str, Any]]:
    """The report of a backup."""

    def row(item: str, state: str, what: str) -> dict[str, Any]:
        return {"item": item, "state": state, "what": what}

    rows = []
    if found.slot is None:
        rows.append(row("configuration", "empty" if found.is_blank(CONFIG) else "damaged", "the board has no configuration in use"))
    else:
        with_key = "with the maintenance key" if secrets else "without the maintenance key (--secrets)"
        rows.append(row("configuration", "saved", f"site {found.site}, CRC {found.configuration_crc:08x}, {with_key}"))
    if found.table is None:
        rows.append(row("cards", "empty" if found.is_blank(CARDS) else "damaged", "no card table"))
    else:
        revoked = sum(not card.valid for card in found.table.cards)
        rows.append(row("cards", "saved", f"{len(found.table.cards)} cards, {revoked} revoked"))
    counters = found.counters()
    rows.append(row("counters", "saved", ", ".join(f"{name} {value}" for name, value in counters.items())))
    open_now = ", ".join(f"{record.number('session'):#x}" for record in found.unsettled)
    rows.append(row("open sessions", "saved" if found.unsettled else "empty", open_now or "none"))
    log = found.journal
    damage = f", {len(log.problems)} unreadable places" if log.problems else ""
    state = "empty" if found.is_blank(JOURNAL) else "saved"
    rows.append(row("journal", state, f"{len(log.records)} records, {len(found.ended)} settled sessions{damage}"))
    rows.append(row("events", "empty" if found.is_blank(BOX) else "saved", "gate, points, faults"))
    rows.append(row("program", "not kept", f"firmware {found.firmware or 'unknown'} for {found.board or 'unknown'}: shed flash writes it"))
    rows.append(row("NVS", "not kept", "belongs to MicroPython: nothing of the shed"))
    return rows
