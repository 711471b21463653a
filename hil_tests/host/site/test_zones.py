"""Zones: which detectors watch the same room, from the site file to the image, back, and on the page."""

from __future__ import annotations

import pytest
from shedbench.places import SITES
from shedguard.boards.known import load_file
from shedguard.site.from_image import site_of
from shedguard.site.image import compile_site, read_sections
from shedguard.site.load import LoadedSite, loads
from shedguard.site.show import lines
from shedguard.site.write import to_toml

LOOPS = SITES / "loops"
TEXT = (LOOPS / "eight.toml").read_text(encoding="utf-8")


def site(*zones: tuple[str, str]) -> LoadedSite:
    """The site of eight loops with zones at these terminals."""
    text = TEXT
    for terminal, zone in zones:
        assert f'terminal = "{terminal}"\n' in text
        text = text.replace(f'terminal = "{terminal}"\n', f'terminal = "{terminal}"\nzone = "{zone}"\n')
    return loads(text, "site.toml", load_file(LOOPS / "loops8.toml"))


def covers_nobody(found: LoadedSite) -> list[str]:
    return [problem.what for problem in found.warnings if problem.path[-1] == "zone"]


def test_zones_are_numbers_as_they_first_appear_and_come_back_with_or_without_names() -> None:
    found = site(("AI2", "hall"), ("AI3", "bay"), ("AI4", "hall"), ("AI8", "bay"))
    image = compile_site(found.site, found.board)
    assert read_sections(image)[21] == [(0,), (1,), (2,), (1,), (0,), (0,), (0,), (2,), (0,), (0,)]
    assert [point.zone for point in site_of(image, found.board, found.site).point] == [point.zone for point in found.site.point]
    pulled = site_of(image, found.board)
    assert [point.zone for point in pulled.point][:4] == [None, "zone 1", "zone 2", "zone 1"]
    assert compile_site(loads(to_toml(pulled), "x", found.board).site, found.board) == image
    assert not covers_nobody(found)
    assert any("smoke 3" in line and "bay" in line for line in lines(found))


def test_a_file_whose_zones_are_others_gives_no_names() -> None:
    found = site(("AI1", "hall"), ("AI2", "hall"), ("AI3", "bay"), ("AI4", "bay"))
    image = compile_site(found.site, found.board)
    other = site(("AI1", "hall"), ("AI2", "bay"), ("AI3", "bay"), ("AI4", "bay"))
    assert [point.zone for point in site_of(image, found.board, other.site).point][:5] == ["zone 1", "zone 1", "zone 2", "zone 2", None]


def test_a_site_without_zones_has_the_image_of_before() -> None:
    found = site()
    assert 21 not in read_sections(compile_site(found.site, found.board))


@pytest.mark.parametrize(
    ("zones", "warned"),
    [
        ((("AI1", "bay"), ("AI2", "bya")), 2),  # a typing error
        ((("AI1", "bay"), ("DI1", "bay")), 0),  # a loop covers a call point
        ((("DI1", "bay"),), 1),
        ((("AI1", "bay"), ("DI2", "bay")), 2),  # a key switch is no fire point
    ],
)
def test_a_zone_that_covers_nobody_is_a_warning(zones: tuple[tuple[str, str], ...], warned: int) -> None:
    assert len(covers_nobody(site(*zones))) == warned
