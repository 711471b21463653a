"""`--json` on a board in service: stdout is one JSON document with every exit code; messages and progress are on stderr.

Hazard: an office's script that takes a progress line for data, or a refusal for an empty list.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest
from shedguard.errors import OK, SAFETY_FAULT

from hil_tests.host import inside
from hil_tests.host.flash.test_board import emulated
from hil_tests.simulator.rom_loader.rig import SITE

BOARD = "devkitc-shed4"
ASKING = (
    "status --site SITE",
    "why 1",
    "faults --site SITE",
    "log --site SITE",
    "sessions",
    "ports",
    "doctor",
    "clear --site SITE",
    "config push SITE --yes",
)
# In this order on one board: what one writes the next reads.
THROUGH_THE_LOADER = (
    f"verify --board {BOARD} --image stand-in",
    f"flash --board {BOARD} --image stand-in --yes",
    "cards import cards.csv --yes",
    "cards add 0A0B0C0D --yes",
    "cards list --site SITE",
    "cards revoke 0A0B0C0D --site SITE",
    "config diff SITE --yes",
    "config pull --site SITE --out now.toml --yes",
    "backup --out now.zip --yes",
    "restore now.zip --site SITE --dry-run --yes",
    "install SITE --image stand-in --report report --yes",
)


@pytest.fixture(scope="module")
def port() -> Iterator[str]:
    with emulated("--site", str(SITE)) as url:
        yield url


def document(command: str, port: str, folder: Path) -> object:
    """Run it with --json in a folder; what it printed as one document."""
    words = [str(SITE) if word == "SITE" else word for word in shlex.split(command)]
    with chdir(folder):
        done = inside.shed(*words, "--port", port, "--json")
    assert done.returncode in (OK, SAFETY_FAULT), f"{command}: {done.returncode}\n{done.stderr}"
    assert "\x1b" not in done.stdout + done.stderr
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise AssertionError(f"{command}: not one document:\n{done.stdout}") from None


@pytest.mark.parametrize("command", ASKING)
def test_what_a_board_in_service_answers_is_one_document(command: str, port: str, tmp_path: Path) -> None:
    assert isinstance(document(command, port, tmp_path), dict | list)


@pytest.mark.long
def test_what_is_read_and_written_through_the_loader_is_one_document(tmp_path: Path) -> None:
    (tmp_path / "cards.csv").write_text("card,role\n04A1B2C3,resident\n", encoding="utf-8")
    with emulated("--site", str(SITE)) as url:
        for command in THROUGH_THE_LOADER:
            assert isinstance(document(command, url, tmp_path), dict | list)
