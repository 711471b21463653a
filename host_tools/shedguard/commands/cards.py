"""`shed cards`: from the office's spreadsheet to the board's card table."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from ..cards import build_table, parse_csv
from ..errors import INVALID, ShedError
from ..flash.image import write_partition
from .common import JsonOption, show_json

app = typer.Typer(no_args_is_help=True, help="Card tables.")


@app.callback()
def family() -> None:
    """Card tables. More verbs (add, revoke, list, export) come with the office's tools."""


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV: card,role,valid_until,price_list.")],
    flash: Annotated[Path | None, typer.Option("--flash", help="Flash file of an emulated board: its table is replaced.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the table alone to a file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a card table. Without --flash and --output the file is only checked. Exit code 2 with a line for every error."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ShedError(f"cannot read {file}", str(error), "export the sheet as CSV in UTF-8", INVALID) from error
    cards = parse_csv(text, str(file))
    table = build_table(cards)
    if flash is not None:
        write_partition(flash, "shed_cards", table)
    if output is not None:
        output.write_bytes(table)
    roles = Counter(card.role for card in cards)
    if as_json:
        show_json({"cards": len(cards), "roles": roles, "flash": flash and str(flash), "table": output and str(output)})
        return
    places = [str(place) for place in (flash, output) if place is not None]
    print(
        f"{len(cards)} cards ({', '.join(f'{count} {role}' for role, count in roles.items())})"
        + (f" into {' and '.join(places)}" if places else ": checked")
    )
