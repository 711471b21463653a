"""`shed boards`: its output, and wiring pictures without overlaps and with every part of the safety chain."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest
from shedbench.places import REPOSITORY, SITES
from shedguard.boards import known
from shedguard.site import load as sites
from shedguard.site import picture
from shedguard.site.wiring import wiring

from hil_tests.host import inside

SVG = "{http://www.w3.org/2000/svg}"


def shed(*arguments: str) -> subprocess.CompletedProcess[str]:
    return inside.shed("boards", *arguments)


def drawn(name: str, with_site: bool) -> ET.Element:
    site = sites.load(SITES / "boards" / f"{name}.toml").site if with_site else None
    return ET.fromstring(picture.draw(wiring(known.load(name), site)))


def texts(svg: ET.Element) -> list[tuple[float, float, float, float, str]]:
    """Left, top, right, bottom and words of every text, widths reckoned as the drawing reckons them."""
    found: list[tuple[float, float, float, float, str]] = []
    for item in svg.iter(f"{SVG}text"):
        words, size, x, y = item.text or "", float(item.get("font-size", 12)), float(item.get("x", 0)), float(item.get("y", 0))
        width = picture.extent(words) * size / 12 * 0.95
        left = x - width if item.get("text-anchor") == "end" else x
        found.append((left, y - 0.8 * size, left + width, y + 0.1 * size, words))
    return found


def boxes(svg: ET.Element) -> list[tuple[float, float, float, float]]:
    found: list[tuple[float, float, float, float]] = []
    for item in list(svg.iter(f"{SVG}rect"))[1:]:  # the first is the paper
        x, y, width, height = (float(item.get(key, 0)) for key in ("x", "y", "width", "height"))
        found.append((x, y, x + width, y + height))
    return found


@pytest.mark.parametrize("with_site", [False, True], ids=["bare", "site"])
@pytest.mark.parametrize("name", known.names())
def test_no_text_lies_on_another_or_leaves_its_box(name: str, with_site: bool) -> None:
    svg = drawn(name, with_site)
    check_layout(svg)


def check_layout(svg: ET.Element) -> None:
    words = texts(svg)
    paper = float(svg.get("width", 0)), float(svg.get("height", 0))
    for index, (left, top, right, bottom, text) in enumerate(words):
        assert left >= 0 and right <= paper[0] and bottom <= paper[1], f"{text!r} leaves the sheet"
        for other in words[index + 1 :]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top, f"{text!r} overlaps {other[4]!r}"
        around = [box for box in boxes(svg) if box[0] <= left <= box[2] and box[1] <= top and bottom <= box[3] + 1]
        for box in around:
            assert right <= box[2], f"{text!r} leaves its box"
    shapes = boxes(svg)
    for index, one in enumerate(shapes):
        for two in shapes[index + 1 :]:
            apart = one[2] <= two[0] or two[2] <= one[0] or one[3] <= two[1] or two[3] <= one[1]
            assert apart, f"boxes {one} and {two} overlap"


def test_names_in_chinese_and_forty_outlets_fit(tmp_path: Path) -> None:
    text = (SITES / "boards" / "kc868-e16s.toml").read_text(encoding="utf-8")
    outlets = "".join(
        f'[[outlet]]\nnumber = {n}\ngroup = "row A"\nrelay = "Y{n}"\n'
        f'meter = {{ bus = "rs485-1", address = {100 + n}, profile = "pzem-016" }}\nmax_power_w = 500\n'
        for n in range(9, 17)
    )
    text = (
        text.replace('"smoke bay"', '"桂花园小区二号电动自行车充电棚东侧烟感探测器"')
        .replace('"main"', '"东门"')
        .replace("free main", "free 东门")
    )
    file = tmp_path / "shed.toml"
    file.write_text(text.replace("breaker_w = 8000", "breaker_w = 12000").replace("[[point]]", outlets + "[[point]]", 1), encoding="utf-8")
    loaded = sites.load(file)
    assert len(loaded.site.outlet) == 16
    check_layout(ET.fromstring(picture.draw(wiring(loaded.board, loaded.site))))


@pytest.mark.parametrize("name", known.names())
def test_a_picture_without_heartbeat_circuit_says_nowhere_that_there_is_one(name: str) -> None:
    board, site = known.load(name), sites.load(SITES / "boards" / f"{name}.toml").site
    bare = site.model_copy(update={"safety": site.safety.model_copy(update={"heartbeat": None})})
    words = " ".join(item[4] for item in texts(ET.fromstring(picture.draw(wiring(board, bare)))))
    assert "NO HEARTBEAT CIRCUIT" in words and "WITHOUT a heartbeat circuit" in words
    assert "behind the heartbeat" not in words and "with the heartbeat" not in words


@pytest.mark.parametrize("name", known.names())
def test_a_wiring_picture_shows_every_thing_that_keeps_the_shed_safe(name: str) -> None:
    site = sites.load(SITES / "boards" / f"{name}.toml").site
    words = " ".join(item[4] for item in texts(drawn(name, True)))
    for needed in (
        "heartbeat circuit",
        "coil of the contactor",
        "hard-wired release",
        "green break-glass unit",
        "through a capacitor",
        "120 ohm across A and B",
        "PN532",
        "residual-current",
    ):
        assert needed in words, needed
    assert words.count("120 ohm across A and B") == 2
    assert ("end-of-line resistor 4k7" in words) == any(point.kind == "loop" for point in site.point)
    for outlet in site.outlet:
        assert f"relay {outlet.relay}" in words and f"meter {outlet.meter.address}: outlet {outlet.number}" in words
    for terminal in ("HB", site.group[0].contactor, site.gate[0].lock):
        assert f" {terminal} " in words


def test_a_shed_without_heartbeat_circuit_is_told_what_can_happen_and_what_to_add() -> None:
    board, site = known.load("kc868-a6"), sites.load(SITES / "boards" / "kc868-a6.toml").site
    bare = site.model_copy(update={"safety": site.safety.model_copy(update={"heartbeat": None})})
    svg = ET.fromstring(picture.draw(wiring(board, bare)))
    check_layout(svg)
    words = " ".join(item[4] for item in texts(svg))
    for needed in (
        "DANGER: NO HEARTBEAT CIRCUIT",
        "unprotected",
        "stays live",
        "stays locked",
        "not put it into service",
        "its input at HB;",
    ):
        assert needed in words, needed
    assert "behind the heartbeat circuit" not in words and "lock supply, WITHOUT a heartbeat circuit" in words


def wires(svg: ET.Element, kind: str) -> list[list[tuple[float, float]]]:
    found: list[list[tuple[float, float]]] = []
    for item in svg.iter(f"{SVG}polyline"):
        if item.get("stroke") == picture.COLOURS[kind]:
            ends = [point.split(",") for point in item.get("points", "").split()]
            found.append([(float(x), float(y)) for x, y in ends])
    return found


@pytest.mark.parametrize("name", known.names())
def test_no_contact_stands_before_the_meters_voltage_terminals(name: str) -> None:
    """The firmware detects a live outlet and a lost supply by meters that answer while their outlet is off."""
    site = sites.load(SITES / "boards" / f"{name}.toml").site
    svg = drawn(name, True)
    violet, red = wires(svg, "volts"), wires(svg, "power")
    drops = [line for line in violet if len(line) == 3]  # the other is in the legend
    assert len(drops) == len(site.outlet)
    edges = boxes(svg)
    heads = {item[4]: item for item in texts(svg) if item[4].startswith(("meter", "breaker", "contactor"))}

    def box_of(title: str) -> tuple[float, float, float, float]:
        left, top, _, bottom, _ = heads[title]
        return min((box for box in edges if box[0] < left < box[2] and box[1] < top and bottom < box[3]), key=lambda box: box[2] - box[0])

    begins = [drop[0] for drop in drops]
    for outlet, drop in zip(site.outlet, drops, strict=True):
        meter = box_of(f"meter {outlet.meter.address}: PZEM-016")
        assert drop[-1][0] == meter[0] and meter[1] < drop[-1][1] < meter[3], outlet.number
    for group in site.group:
        contactor, breaker = box_of(f'contactor, "{group.name}"'), box_of(f'breaker, "{group.name}"')
        wire = next(line for line in red if line[0][0] == contactor[2] and line[-1][0] == breaker[0])
        assert any(wire[0][0] < x < wire[-1][0] and y == wire[0][1] for x, y in begins), group.name
    for above, below in pairwise(drops):
        assert below[0][0] == above[1][0] and below[0][1] >= above[1][1]  # it hangs on the drop above, or begins at its own group's breaker


@pytest.mark.parametrize("name", known.names())
def test_coils_and_locks_hang_on_the_supply_that_the_heartbeat_circuit_opens(name: str) -> None:
    site = sites.load(SITES / "boards" / f"{name}.toml").site
    rows = wiring(known.load(name), site).right
    assert [row.coil for row in rows if row.boxes[0].title == "heartbeat circuit"] == ["source"]
    fed = [row.terminal for row in rows if row.coil == "tap"]
    assert fed == [*(group.contactor for group in site.group), *(gate.lock for gate in site.gate)]


def test_the_picture_in_the_guide_is_the_one_that_is_drawn() -> None:
    drawn_now = picture.draw(wiring(known.load("devkitc-shed4"), sites.load(SITES / "small.toml").site))
    guide = REPOSITORY / "docs" / "installer" / "wiring-devkitc-shed4.svg"
    assert guide.read_text(encoding="utf-8") == drawn_now


def test_boards_lists_and_shows_for_people_and_for_programs() -> None:
    assert all(name in shed().stdout for name in known.names())
    assert [item["name"] for item in json.loads(shed("--json").stdout)] == known.names()
    told = shed("show", "kc868-a16").stdout
    assert "trap: the outputs are low-side MOSFETs" in told and "esphome/esphome-devices" in told and "0x24" in told
    assert json.loads(shed("show", "kc868-a16", "--json").stdout)["terminal"]["Y1"]["active"] == "low"


def test_an_unknown_board_and_a_site_of_another_board_are_refused(tmp_path: Path) -> None:
    unknown = shed("show", "kc868-a61")
    assert unknown.returncode == 2 and unknown.stdout == "" and 'did you mean "kc868-a6"?' in unknown.stderr
    out = tmp_path / "x.svg"
    other = shed("picture", "kc868-a16", "--site", str(SITES / "small.toml"), "--out", str(out))
    assert other.returncode == 2 and "is for board devkitc-shed4" in other.stderr and not out.exists()


def test_the_picture_is_written_and_stdout_stays_empty(tmp_path: Path) -> None:
    out = tmp_path / "x.svg"
    done = shed("picture", "devkitc-shed4", "--site", str(SITES / "small.toml"), "--out", str(out))
    assert done.returncode == 0 and done.stdout == "" and "Guihua Garden" in out.read_text(encoding="utf-8")
    assert shed("picture", "devkitc-shed4", "--out", str(tmp_path / "no" / "x.svg")).returncode == 1


@pytest.mark.parametrize("verb", [(), ("show",), ("picture",)], ids=["list", "show", "picture"])
def test_help_has_an_example(verb: tuple[str, ...]) -> None:
    assert "Example: shed boards" in " ".join(shed(*verb, "--help").stdout.split())
