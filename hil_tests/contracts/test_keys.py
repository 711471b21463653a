"""No accepted key without an effect: each key of site and board file changes what the board gets, or stands here with who reads it.

Hazard: a limit that somebody wrote and nobody acts on.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel
from shedbench.places import REPOSITORY
from shedguard.boards.boot_file import generate
from shedguard.boards.check import problems as board_problems
from shedguard.boards.model import Board
from shedguard.files.problems import FileProblems
from shedguard.site.image import compile_site
from shedguard.site.load import loads
from shedguard.site.model import SiteFile

from hil_tests.scenarios import limit_site

TOOLS = REPOSITORY / "host_tools" / "shedguard"
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
# Not on the board, or not acted on there: the tool code that reads it, as file and words in it.
HOST_ONLY: Mapping[str, tuple[str, str]] = {
    "site.name": ("deploy/install.py", "site.site.name"),
    "site.time_zone_min": ("commands/common.py", "about.time_zone_min"),  # in the image too; the laptop sets the clock by it
    "group.breaker_w": ("site/check.py", "group.breaker_w"),  # in the image too: outlets' limits against the breaker are a check
    "contact.name": ("deploy/install.py", "person.name"),
    "contact.phone": ("deploy/install.py", "person.phone"),
    "contact.role": ("deploy/install.py", "person.role"),
    "budget.feeder_w": ("site/check.py", "budget.feeder_w"),  # and a warning that the board knows nothing of it
    "budget.breaker_a": ("site/check.py", "budget.breaker_a"),
    "budget.phases": ("site/check.py", "budget.phases"),
}
NAMES = ("site.board", "group.name", "bus.name", "point.name", "cause.name", "gate.name", "reader.name")  # what others refer to
ONE_VALUE = ("outlet.meter.profile", "reader.kind", "tariff.kind")  # so that a later version may have more

BOARD: dict[str, Any] = {
    "board.name": "other", "board.chip": "esp32s3", "board.cpu_mhz": 160,
    "terminal.gpio": 23, "terminal.expander": "U2", "terminal.bit": 9, "terminal.active": "low", "terminal.pull": None,
    "port.uart": 2, "port.tx": 25, "port.rx": 35, "port.direction": 27,
    "bus.kind": "i2c", "bus.sda": 18, "bus.scl": 18, "bus.khz": 100, "bus.data": 18, "bus.clock": 18, "bus.latch": 18, "bus.enable": 18,
    "expander.part": "PCF8574", "expander.bus": "I2C-2", "expander.address": 0x27,
}  # fmt: skip
BOARD_HOST_ONLY: Mapping[str, tuple[str, str]] = {
    "board.id": ("commands/boards.py", "about.id"),
    "board.title": ("commands/config.py", "board.title"),
    "board.flash_mb": ("commands/boards.py", "flash_mb"),
    "board.psram": ("boards/check.py", "board.board.psram"),
    "board.source": ("boards/check.py", "board.board.source"),
    "terminal.use": ("site/pins.py", "terminal.use"),
    "terminal.what": ("site/wiring.py", "terminal.what"),
    "terminal.load": ("commands/boards.py", "load"),
    "terminal.rating": ("commands/boards.py", "rating"),
    "terminal.strapping_note": ("site/pins.py", "strapping_note"),
    "terminal.source": ("boards/check.py", "item.source"),
    "port.kind": ("site/pins.py", "port.kind"),
    "port.strapping_note": ("boards/check.py", "port.strapping_note"),
    "port.source": ("boards/check.py", "item.source"),
    "bus.strapping_note": ("boards/check.py", "wires.strapping_note"),
    "bus.source": ("boards/check.py", "item.source"),
    "expander.source": ("boards/check.py", "item.source"),
    "reset.circuit": ("flash/board_flash.py", "reset.circuit"),
    "reset.note": ("commands/boards.py", "reset.note"),
    "reset.source": ("boards/check.py", "board.reset.source"),
    "trap.terminals": ("boards/check.py", "trap.terminals"),
    "trap.what": ("commands/boards.py", "trap.what"),
    "trap.do": ("commands/boards.py", "trap.do"),
    "trap.source": ("boards/check.py", "trap.source"),
    "sources": ("boards/check.py", "board.sources"),
}


def leaves(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, Any]]:
    """Every key that a file can say, ``table.key``, with its type."""
    for name, field in model.model_fields.items():
        inner = next((kind for kind in kinds(field.annotation) if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        if inner is None:
            yield before + name, field.annotation
        else:
            yield from leaves(inner, f"{before}{name}.")


def kinds(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        if get_origin(annotation) is not Literal:
            yield from kinds(part)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """The largest site and its board, with keys that it leaves out."""
    folder = tmp_path_factory.mktemp("limit")
    site = tomllib.loads(limit_site.write(folder, limit_site.Size(buses=2)).read_text(encoding="utf-8"))
    board = tomllib.loads((folder / "bench-limit.toml").read_text(encoding="utf-8"))
    site["reader"] = [{"name": "main", "kind": "pn532", "port": "P2", "gate": "gate 1"}]
    return site, board


def put(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one key changed, in a table's first row."""
    changed = copy.deepcopy(data)
    at: Any = changed
    *tables, key = path.split(".")
    for name in tables:
        at = at.setdefault(name, {})
        at = at[0] if isinstance(at, list) else at
    at[key] = value
    return changed


def image(site: dict[str, Any], board: dict[str, Any]) -> bytes:
    return compile_site(SiteFile.model_validate(site), Board.model_validate(board))


def test_every_key_of_a_site_file_changes_the_image_or_is_read_by_a_tool(files: tuple[dict[str, Any], dict[str, Any]]):
    site, board = files
    before = image(site, board)
    charging = {path: 3 for path, _kind in leaves(SiteFile) if path.startswith("charging.")}
    charging |= {"charging.grant_s": 11, "charging.checkpoint_s": 61}
    for path, value in (SITE | charging).items():
        base = put(put(site, "point.kind", "contact"), "point.normally", "closed") if path == "point.normally" else site
        assert image(put(base, path, value), board) != image(base, board), f"{path} = {value!r} changes nothing"
    assert image(site, board) == before
    told = {*SITE, *charging, *HOST_ONLY, *NAMES, *ONE_VALUE}
    assert {path for path, _kind in leaves(SiteFile)} == told
    for path, kind in leaves(SiteFile):
        if path in ONE_VALUE:
            assert len(get_args(kind)) == 1, f"{path} has a choice now: what does it change?"


def test_what_the_board_does_not_get_is_read_by_the_tool_code_that_is_named_here():
    for path, (file, words) in {**HOST_ONLY, **{f"board file {key}": value for key, value in BOARD_HOST_ONLY.items()}}.items():
        assert words in (TOOLS / file).read_text(encoding="utf-8"), f"{path}: {file} does not say {words}"


def test_every_key_of_a_board_file_changes_image_or_boot_file_or_is_read_by_a_tool(files: tuple[dict[str, Any], dict[str, Any]]):
    site, board = copy.deepcopy(files)
    board["bus"]["I2C-2"] = {"kind": "i2c", "sda": 33, "scl": 34}
    board["bus"]["SHIFT"] = {"kind": "shift", "data": 33, "clock": 34, "latch": 35, "enable": 36}

    def given(changed: dict[str, Any]) -> tuple[bytes, str]:
        model = Board.model_validate(changed)
        return compile_site(SiteFile.model_validate(site), model), generate(model)

    rows = {
        "terminal.gpio": "KM1", "terminal.active": "KM1", "terminal.expander": "K1", "terminal.bit": "K1",
        "terminal.pull": "GPIO", "bus.data": "SHIFT", "bus.clock": "SHIFT", "bus.latch": "SHIFT", "bus.enable": "SHIFT",
        "expander.part": "U7",
    }  # fmt: skip
    board["expander"]["U7"] = {"part": "PCF8575", "bus": "I2C-1", "address": 0x26}
    board["terminal"]["GPIO"] = {"gpio": 4, "use": "input", "pull": "up", "what": "an input on the chip"}
    site["point"][-1]["terminal"] = "GPIO"
    before = given(board)
    for path, value in BOARD.items():
        table, key = path.split(".")
        changed = copy.deepcopy(board)
        at = changed[table] if table == "board" else changed[table][rows.get(path, next(iter(board[table])))]
        if path == "bus.kind":
            at |= {"data": 1, "clock": 2, "latch": 3}
            value = "shift"
        at[key] = value
        assert given(changed) != before, f"{path} = {value!r} changes nothing"
    told = {*BOARD, *BOARD_HOST_ONLY}
    assert {path for path, _kind in leaves(Board)} == told


def test_what_the_firmware_takes_from_the_image_and_drops_is_known():
    """Fields that `rows()` unpacks into a name with an underscore: each has to be in a list above, or constant."""
    text = "".join(
        (REPOSITORY / "firmware" / "shed" / name).read_text(encoding="utf-8")
        for name in ("boot/wiring.py", "boot/start.py", "service/entrance.py")
    )
    lines = [
        line for line in text.splitlines() if re.search(r"for .* in (image|readers|wired_image)", line) or ", wired.scan_period_ms" in line
    ]
    dropped = set(re.findall(r"\b(_[a-z]\w+)", "".join(lines)))
    assert dropped <= {"_zone_min", "_limit_w", "_kind"}, "time zone and breaker are the tool's, readers are of one kind"


@pytest.mark.parametrize(
    ("old", "new", "severity", "said"),
    [
        ("[tariff]", "[budget]\nfeeder_w = 4400\nbreaker_a = 20\n[tariff]", "warning", "the board knows nothing of it"),
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


@pytest.mark.parametrize(
    ("table", "row", "key", "value", "said"),
    [
        ("terminal", "S1", "active", "high", "has active"),
        ("terminal", "AI1", "rating", "5 A", "has rating"),
        ("terminal", "X1", "pull", "down", "pulled down"),
    ],
)
def test_keys_of_an_input_that_nobody_reads_are_refused_in_a_board_file(
    files: tuple[dict[str, Any], dict[str, Any]], table: str, row: str, key: str, value: str, said: str
):
    board = copy.deepcopy(files[1])
    assert not [problem for problem in board_problems(Board.model_validate(board)) if problem.severity == "error"]
    board[table][row][key] = value
    assert [problem.what for problem in board_problems(Board.model_validate(board)) if said in problem.what]
