"""No accepted key without an effect: each key of site and board file changes what the board gets, or the output of a tool.

Keys for people only are listed with their document; keys that this version does not support are refused. Hazard: a limit that somebody
wrote and nobody acts on.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError
from shedbench.places import REPOSITORY, SMALL_SITE
from shedguard.boards.model import Board
from shedguard.commands.common import hand_of
from shedguard.deploy.install import Job
from shedguard.files.problems import FileProblems
from shedguard.files.schema_errors import problems_of
from shedguard.flash.board_flash import Request
from shedguard.link.board_clock import board_time
from shedguard.site import check
from shedguard.site.load import LoadedSite, loads
from shedguard.site.meters import METERS
from shedguard.site.model import Charging, SiteFile
from shedguard.site.readers import READERS
from shedguard.site.show import toml_value
from shedguard.site.tariffs import TARIFFS

from hil_tests.contracts import key_files
from hil_tests.contracts.key_files import Files, image, leaves, put

# Another value for each key; a list is a table's first row. Names are changed everywhere at once: see `renamed`.
SITE: dict[str, Any] = {
    "site.id": 7, "safety.heartbeat": "Y4", "safety.hold_off_s": 11, "safety.blind_grace_min": 9, "safety.maintenance_key": "ab" * 32,
    "group.contactor": "Y4", "bus.port": "P2", "bus.baud": 4800, "bus.parity": "odd",
    "outlet.number": 99, "outlet.group": "row 2", "outlet.relay": "K30", "outlet.button": "S30", "outlet.max_power_w": 60,
    "outlet.meter.bus": "bus 2", "outlet.meter.address": 9,
    "point.kind": "contact", "point.terminal": "AI6", "point.normally": "open", "point.bands_mv.short": 301, "point.bands_mv.alarm": 1301,
    "point.bands_mv.normal": 2301, "point.fire": False, "point.use": "key_switch", "point.trip_samples": 4, "point.clear_ms": 2001,
    "point.zone": "bay",
    "cause.points": ["loop 2"], "cause.votes": 2, "cause.window_s": 30, "cause.effects": ["cut row 1"], "cause.latched": False,
    "cause.armed": False,
    "gate.lock": "HB", "gate.contact": "D4", "gate.contact_normally": "open", "gate.release_s": 6, "gate.held_open_s": 61,
    "reader.port": "P1", "reader.gate": "gate 2", "tariff.price_fen": 1, "tariff.block_min": 1,
}  # fmt: skip
# Keys without effect on the board, though the image has both: another value, and the page of `site_pages` that changes with it.
ON_PAGES: Mapping[str, tuple[Any, str]] = {
    "site.name": ("another", "report"),
    "site.time_zone_min": (0, "clock"),
    "group.breaker_w": (7999, "check"),
}
FOR_PEOPLE: Mapping[str, str] = {  # the words of docs/protocols/site-file.md
    "contact.name": "[[contact]]                    # up to 10; printed in reports, never on the board",
    "contact.phone": "[[contact]]                    # up to 10; printed in reports, never on the board",
    "contact.role": "[[contact]]                    # up to 10; printed in reports, never on the board",
}
NAMES = ("site.board", "group.name", "bus.name", "point.name", "cause.name", "gate.name", "reader.name")  # what others refer to
KINDS: Mapping[str, Mapping[str, object]] = {"outlet.meter.profile": METERS, "reader.kind": READERS, "tariff.kind": TARIFFS}
UNPACKS = ("boot/wiring.py", "boot/start.py", "service/entrance.py")
DROPPED = {"_zone_min", "_limit_w", "_kind", "_window_ms", "_"}
ONE_VALUE = [path for path, kinds in KINDS.items() if len(kinds) == 1]  # so that a later version may have more


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return key_files.files(tmp_path)


def site_pages(folder: Path, site: dict[str, Any], board: dict[str, Any]) -> dict[str, object]:
    """The tools' output for a site, besides its image."""
    model, on = SiteFile.model_validate(site), Board.model_validate(board)
    small = folder / "small.toml"  # on a board that the tool knows
    about = "\n".join(f"{key} = {toml_value(value)}" for key, value in {**site["site"], "board": "devkitc-shed4"}.items())
    text = SMALL_SITE.read_text(encoding="utf-8")
    small.write_text(f"[site]\n{about}\n\n" + text[text.index("[safety]") :], encoding="utf-8")
    hand = hand_of(None, small)
    assert hand is not None
    request = Request(port="none", board=model.site.board)
    return {
        "report": Job(request, LoadedSite(model, on), lambda _request, _site: False, begun="now").report(),
        "clock": board_time(1_800_000_000, hand.zone_min),
        "check": [problem.what for problem in check.problems(model, on)],
    }


def test_every_key_of_a_site_file_changes_the_image_or_what_a_tool_makes_of_it(files: Files, tmp_path: Path):
    site, board = files
    before = image(site, board)
    charging = {f"charging.{name}": field.default + 2 for name, field in Charging.model_fields.items()}
    others = {path: list(kinds)[-1] for path, kinds in KINDS.items() if len(kinds) > 1}
    for path, value in (SITE | charging | others).items():
        base = put(put(site, "point.kind", "contact"), "point.normally", "closed") if path == "point.normally" else site
        assert image(put(base, path, value), board) != image(base, board), f"{path} = {value!r} changes nothing"
    assert image(site, board) == before
    said = site_pages(tmp_path, site, board)
    for path, (value, page) in ON_PAGES.items():
        assert site_pages(tmp_path, put(site, path, value), board)[page] != said[page], f"{path} = {value!r} changes nothing in {page}"
    told = {*SITE, *charging, *ON_PAGES, *FOR_PEOPLE, *NAMES, *KINDS}
    assert {path for path, _kind in leaves(SiteFile)} == told


def test_what_is_for_people_only_stands_in_the_document_and_in_the_report_and_not_in_the_image(files: Files, tmp_path: Path):
    document = (REPOSITORY / "docs" / "protocols" / "site-file.md").read_text(encoding="utf-8")
    site, board = files
    base = put(site, "contact", [{"name": "office", "phone": "0571 8888 0000", "role": "property"}])
    for path, words in FOR_PEOPLE.items():
        changed = put(base, path, "0571 1111 1111")
        assert words in document
        assert image(changed, board) == image(base, board) == image(site, board)
        assert site_pages(tmp_path, changed, board)["report"] != site_pages(tmp_path, base, board)["report"], path


@pytest.mark.parametrize("path", ONE_VALUE)
def test_another_kind_is_refused_as_not_in_this_version(path: str, files: Files):
    """A key with one value: a second kind is refused in these words, and once there is one it has to change the image."""
    kind = dict(leaves(SiteFile))[path]
    assert list(get_args(kind)) == list(KINDS[path])
    with pytest.raises(ValidationError) as caught:
        SiteFile.model_validate(put(files[0], path, "xyz"))
    (problem,) = problems_of(caught.value, SiteFile)
    assert "is not in this version" in problem.what and get_args(kind)[0] in problem.hint


def unused(source: str) -> set[str]:
    """Names that a function of ``source`` unpacks from a row and never reads."""
    found: set[str] = set()
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef):
            nodes = list(ast.walk(function))
            targets = [node.target for node in nodes if isinstance(node, ast.For | ast.comprehension)]
            targets += [target for node in nodes if isinstance(node, ast.Assign) for target in node.targets]
            rows = [name for target in targets if isinstance(target, ast.Tuple) for name in target.elts]
            read = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
            found |= {name.id for name in rows if isinstance(name, ast.Name)} - read
    return found


def test_what_the_firmware_takes_from_the_image_and_drops_is_known():
    """Each has to be in a list above, or constant."""
    sources = [(REPOSITORY / "firmware/shed" / name).read_text(encoding="utf-8") for name in UNPACKS]
    dropped = set[str]().union(*map(unused, sources))
    assert dropped <= DROPPED, "zone and breaker are the tool's, readers of one kind, windows read by place, `_` is reserved or the tool's"


def test_a_field_that_is_unpacked_and_never_used_is_found():
    source = "def wire(image):\n    for baud, parity in image.rows(BUS):\n        use(baud)\n    a, limit = image.one(X)\n    return a\n"
    assert unused(source) == {"parity", "limit"}


@pytest.mark.parametrize(
    ("old", "new", "severity", "said"),
    [
        ("[tariff]", "[budget]\nfeeder_w = 4400\nbreaker_a = 20\n[tariff]", "error", "[budget] is not in this version"),
        ('contact = "DI3"\n', "", "warning", "has held_open_s and no door contact"),
        ('[[reader]]\nname = "main"\nkind = "pn532"\nport = "READER1"\ngate = "main"\n', "", "warning", "no card opens it"),
        ("[[outlet]]", '[[group]]\nname = "row B"\ncontactor = "K4"\nbreaker_w = 500\n[[outlet]]', "warning", "has no outlet"),
        ('use = "key_switch"', "", "warning", "is in no cause"),
        ('normally = "closed"\nfire = true', 'normally = "open"\nuse = "key_switch"', "error", "a second key switch"),
        ("baud = 9600", "baud = 4800", "error", "PZEM-016"),
        ("baud = 9600", 'parity = "even"', "error", "PZEM-016"),
    ],
)
def test_what_no_board_acts_on_is_said_at_the_check(old: str, new: str, severity: str, said: str):
    text = (REPOSITORY / "hil_tests" / "sites" / "small.toml").read_text(encoding="utf-8")
    assert old in text
    try:
        found = list(loads(text.replace(old, new, 1)).warnings)
    except FileProblems as refused:
        found = refused.problems
    assert [problem.severity for problem in found if said in problem.what] == [severity]
