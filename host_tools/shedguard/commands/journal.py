"""`shed log` and `shed sessions`: the journal, from a board in service or from a flash file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import INVALID, ShedError
from ..flash.image import read_partition
from ..flash.partitions import FlashFile
from ..flash.whose import look
from ..formats import records
from ..formats.lists import STOP_CAUSES, name_of
from ..formats.phrases import heads
from ..formats.records import Record
from ..formats.slots import current
from ..formats.texts import text
from ..formats.times import when
from ..link.who import refuse_other_site
from ..site.load import load
from ..site.names import SiteNames
from ..site.narrate import advice, sentence
from .common import JsonOption, LangOption, PortOption, SiteOption, board_at, language, names_of, say, show_json, show_table

CountOption = Annotated[int, typer.Option("--count", "-n", min=1, max=10000, help="How many of the newest records.")]
SinceOption = Annotated[int | None, typer.Option("--since", min=0, help="Everything from this record number on.")]
FlashOption = Annotated[Path | None, typer.Option("--flash", help="Read a flash file instead of asking a board.")]


def log(
    port: PortOption = None,
    count: CountOption = 20,
    since: SinceOption = None,
    flash: FlashOption = None,
    site: SiteOption = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """The journal, oldest first.

    Example: shed log --count 50 --site shed2.toml --port /dev/ttyUSB0
    """
    tongue = language(lang)
    for_people, names = _records("log", port, count, since, flash, site)
    if as_json:
        show_json([_as_json(record, names) for record in for_people])
        return
    for record in for_people:
        print(f"{record.sequence:>7}  {when(record.epoch_s, record.uptime_s)}  {sentence(record, names, tongue)}")
    _advise(for_people, tongue)


def sessions(
    port: PortOption = None,
    count: CountOption = 20,
    since: SinceOption = None,
    flash: FlashOption = None,
    site: SiteOption = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Settled sessions, oldest first: energy, money, and why each ended.

    Example: shed sessions --count 1000 --json --port /dev/ttyUSB0 > sessions.json
    """
    tongue = language(lang)
    found, names = _records("sessions", port, count, since, flash, site)
    ended = [record for record in found if record.kind == "session_end"]
    if as_json:
        show_json([_as_json(record, names) for record in ended])
        return
    rows = []
    for record in ended:
        energy, price = record.number("energy_mwh") / 1_000_000, record.number("price_fen") / 100
        minutes, cause = record.number("energised_s") // 60, name_of(STOP_CAUSES, record.number("stop_cause"))
        outlet = names.outlet(record.number("outlet"), tongue).removeprefix("outlet ").removesuffix(" 号插座")
        cause = cause if tongue == "en" else text("stop", cause, tongue)  # English shows the name, as --json and the documents do
        rows.append((f"{record.number('session'):#x}", outlet, minutes, f"{energy:.3f}", f"{price:.2f}", cause))
    show_table(heads("session_heads", tongue), rows)
    _advise(ended, tongue)


def _advise(told: list[Record], tongue: str) -> None:
    """Prints what a person can do about these records, apart from the data."""
    for line in advice(told, tongue):
        say(line)


def _records(
    verb: str, port: str | None, count: int, since: int | None, flash: Path | None, site: Path | None
) -> tuple[list[Record], SiteNames]:
    """The records, and the names with the sockets' numbers as the board's own configuration has them."""
    names = names_of(site)
    if flash is not None:
        if port is not None:
            raise ShedError("--port and --flash at once", "the journal has one source", "leave one of them out", INVALID)
        found = records.read_journal(read_partition(flash, "shed_journal"), read_partition(flash, "shed_box"))
        for problem in found.problems:
            say(f"journal: {problem}")
        kept = [record for record in found.records if verb == "log" or record.kind.startswith("session_")]
        if site is not None:
            refuse_other_site({"site": look(FlashFile(flash)).site}, load(site, in_force=True).site.site.id, str(flash))
        slot = None if names.outlets else current(read_partition(flash, "shed_cfg"))
        names = names if slot is None else SiteNames.of_image(slot.image)
        return [record for record in kept if record.sequence >= since] if since is not None else kept[-count:], names
    with board_at(port, None, site) as console:
        names = names.on_board(console.request("status"))
        frames = console.request(verb, **({"n": count} if since is None else {"since": since}))[1:]
    return [_decoded(frame) for frame in frames], names


def _decoded(frame: dict[str, Any]) -> Record:
    payload = bytes.fromhex(frame["d"])
    try:
        return records.decode_payload(records.JOURNAL_KINDS, frame["k"], payload, frame["q"])
    except ValueError as error:
        say(f"record {frame['q']}: {error}")
        return Record(frame["q"], f"#{frame['k']}", {"payload": payload})


def _as_json(record: Record, names: SiteNames) -> dict[str, Any]:
    fields: dict[str, Any] = {name: value.hex() if isinstance(value, bytes) else value for name, value in record.fields.items()}
    if "outlet" in fields:  # the journal counts from 0; people read the number on the socket
        fields["outlet_index"] = record.number("outlet")
        fields["outlet"] = names.outlet_number(record.number("outlet"))
    head = {"sequence": record.sequence, "kind": record.kind, "boot": record.boot, "uptime_s": record.uptime_s, "epoch_s": record.epoch_s}
    return {**head, **fields, "text": sentence(record, names)}
