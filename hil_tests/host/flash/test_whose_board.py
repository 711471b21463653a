"""A board that belongs to another site, or is another product: every verb that writes a boot file or a configuration refuses, unless
--replace-site names the site on the board. The content of the flash decides, and a refusal changes not one byte of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from shedbench.places import SITES
from shedguard.boards import known
from shedguard.deploy import push
from shedguard.errors import REFUSED, ShedError
from shedguard.flash import board_flash, plan, whose, writer
from shedguard.flash.file_channel import FileChannel
from shedguard.flash.image import build_flash, read_partition, write_partition
from shedguard.flash.partitions import BoardFlash, FlashFile
from shedguard.formats import micropython_image, slots
from shedguard.site.image import compile_site, read_sections
from shedguard.site.load import LoadedSite, load

from hil_tests.host.flash import boards_in_states as boards
from hil_tests.host.flash.boards_in_states import stock

SMALL = load(SITES / "small.toml")
OTHER = load(SITES / "boards" / "kc868-a6.toml")
NEXT_SHED = LoadedSite(SMALL.site.model_copy(update={"site": SMALL.site.site.model_copy(update={"id": 77})}), SMALL.board)


@pytest.fixture
def flash(tmp_path: Path) -> Path:
    """Site 1001 on a devkitc-shed4, in service."""
    path = tmp_path / "board.bin"
    build_flash(path, SMALL.site, SMALL.board, [])
    return path


def flashing(path: Path, board: str, site: int | None, replace_site: int | None) -> None:
    """What `shed flash` and the flash step of `shed install` do after the loader is entered."""
    channel = FileChannel(path)
    request = board_flash.Request("here", board, site=site, replace_site=replace_site)
    board_flash._make_ours(channel, request)
    writer.write(channel, plan.build(known.load(board), micropython_image.parse(micropython_image.stand_in("esp32"), "stand-in")))


@pytest.mark.parametrize(
    ("board", "site", "replace_site"),
    [("kc868-a6", None, None), ("kc868-a6", 1001, None), ("kc868-a6", 1001, 0), ("kc868-a6", 77, 77), ("devkitc-shed4", 77, None)],
)
def test_a_foreign_program_is_refused_and_nothing_is_written(flash: Path, board: str, site: int | None, replace_site: int | None) -> None:
    before = flash.read_bytes()
    with pytest.raises(ShedError) as caught:
        flashing(flash, board, site, replace_site)
    assert caught.value.code == REFUSED and "--replace-site 1001" in str(caught.value.hint)
    assert flash.read_bytes() == before


def test_named_by_its_site_the_board_becomes_the_other_and_the_old_configuration_goes_first(flash: Path) -> None:
    flashing(flash, "kc868-a6", OTHER.site.site.id, 1001)
    there = whose.look(FlashFile(flash))
    assert there == whose.There(None, "kc868-a6", None), "no half of the old one can start"
    flashing(flash, "kc868-a6", OTHER.site.site.id, None)  # the same command again, or without the option: there is nothing left to replace


def test_a_cut_at_any_operation_leaves_no_configuration_under_a_foreign_boot_file(flash: Path) -> None:
    """An image of an earlier version, which does not name its board: the firmware could not refuse it."""
    partition = bytearray(read_partition(flash, "shed_cfg"))
    golden = (SITES.parent / "golden" / "site-small.bin").read_bytes()
    data = slots.build_slot(golden, 1, confirmed=True)
    partition[: len(data)] = data
    write_partition(flash, "shed_cfg", bytes(partition))
    start = flash.read_bytes()
    request = board_flash.Request("here", "kc868-a6", site=OTHER.site.site.id, replace_site=1001)
    wanted = plan.build(known.load("kc868-a6"), None)
    for cut in range(1, 12):
        flash.write_bytes(start)
        channel = FileChannel(flash, cut_at_operation=cut, seed=cut)
        try:
            board_flash._make_ours(channel, request)
            writer.write(channel, wanted)
        except ShedError:
            pass
        there = whose.look(FlashFile(flash))
        assert there.board != "kc868-a6" or there.site is None, f"cut at {cut}"


def test_a_board_without_a_configuration_is_named_by_zero(tmp_path: Path, flash: Path) -> None:
    write_partition(flash, "shed_cfg", b"\xff" * len(read_partition(flash, "shed_cfg")))
    with pytest.raises(ShedError, match="--replace-site 0"):
        whose.refuse_other(whose.look(FlashFile(flash)), "here", OTHER.board, None, None)
    flashing(flash, "kc868-a6", None, 0)
    flashing(stock(tmp_path / "stock.bin"), "kc868-a6", None, None)


def test_a_spare_board_with_the_configuration_of_another_product_is_not_given_a_boot_file(flash: Path) -> None:
    """A backup was restored before anything was flashed: only the configuration shows the site."""
    vfs = boards.VFS
    write_partition(flash, "vfs", b"\xff" * vfs.size)
    with pytest.raises(ShedError) as caught:
        flashing(flash, "kc868-a6", None, None)
    assert caught.value.code == REFUSED
    flashing(flash, "devkitc-shed4", 1001, None)


PUSHES = [
    (NEXT_SHED, None, False),
    (NEXT_SHED, 77, False),
    (NEXT_SHED, 1001, True),
    (OTHER, None, False),
    (OTHER, 1001, False),
    (SMALL, None, True),
]


@pytest.mark.parametrize(("loaded", "replace_site", "goes"), PUSHES)
def test_a_foreign_configuration_is_refused(flash: Path, loaded: LoadedSite, replace_site: int | None, goes: bool) -> None:
    before, image = flash.read_bytes(), compile_site(loaded.site, loaded.board)
    place = BoardFlash(FileChannel(flash), "here")
    if goes:
        push.put_checked(place, loaded, image, replace_site)
        return
    with pytest.raises(ShedError) as caught:
        push.put_checked(place, loaded, image, replace_site)
    assert caught.value.code == REFUSED and flash.read_bytes() == before


def test_a_site_file_on_a_board_file_with_the_same_name_and_other_pins_is_another_product(flash: Path) -> None:
    moved = SMALL.board.model_copy(
        update={"terminal": {**SMALL.board.terminal, "K1": SMALL.board.terminal["K1"].model_copy(update={"gpio": 25})}}
    )
    assert read_sections(compile_site(SMALL.site, moved))[17] != read_sections(compile_site(SMALL.site, SMALL.board))[17]
    assert not whose.look(FlashFile(flash)).is_of(moved)


def test_a_boot_file_that_was_not_looked_for_is_not_called_missing(tmp_path: Path) -> None:
    """The console names the site only."""
    with pytest.raises(ShedError) as caught:
        whose.refuse_other(whose.There(1), "here", SMALL.board, 77, None)
    assert caught.value.what == "the board at here is of site 1, this is for devkitc-shed4, site 77"
    flash = tmp_path / "board.bin"
    build_flash(flash, SMALL.site, SMALL.board, [])
    write_partition(flash, "vfs", b"\xff" * boards.VFS.size)
    with pytest.raises(ShedError, match="a board without a boot file of site 1001"):
        whose.refuse_other(whose.look(FlashFile(flash)), "here", SMALL.board, 77, None)
