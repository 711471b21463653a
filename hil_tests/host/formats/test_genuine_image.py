"""Independently made images are accepted; a MicroPython that does not fit the program is refused, with the reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from esptool.bin_image import ESP32FirmwareImage, LoadFirmwareImage
from shedguard.errors import FAILED, INVALID, ShedError
from shedguard.flash import writer
from shedguard.flash.file_channel import FileChannel
from shedguard.formats import micropython_image
from shedguard.formats.partition_table import SHEDGUARD, find

from ..flash import boards_in_states as boards
from ..flash.test_board import BOARD, emulated, shed
from . import genuine


def refusal(data: bytes) -> ShedError:
    with pytest.raises(ShedError) as caught:
        micropython_image.parse(data, "x.bin")
    assert caught.value.code == INVALID and caught.value.cause and caught.value.hint
    return caught.value


@pytest.mark.parametrize("version", ["v1.25.0", "v1.26.1", "v1.27.0", "v1.29", "v1.28.3"])
def test_a_download_put_together_by_esptool_is_taken_whole(version: str) -> None:
    boot, app = genuine.bootloader(), genuine.app(version)
    image = micropython_image.parse(genuine.download(app), "x.bin")
    assert (image.bootloader, image.app, image.release, image.chip) == (boot, app, version, "esp32")


def test_an_image_without_a_digest_and_with_every_header_field_set_is_taken() -> None:
    app = genuine.by_hand((0x3F40_0020, genuine.constants("v1.25.0")), (0x4008_0000, bytes(1000)))
    boot = genuine.by_hand((0x3FFF_0030, bytes(64)))
    image = micropython_image.parse(genuine.download(app, boot), "x.bin")
    assert image.app == app and image.bootloader == boot and image.flash_bytes == 4 << 20


@pytest.mark.parametrize("chip", ["esp32", "esp32s3"])
def test_esptool_reads_the_stand_in_without_a_complaint(chip: str) -> None:
    image = micropython_image.parse(micropython_image.stand_in(chip), "stand-in")
    for part in (image.bootloader, image.app):
        read = LoadFirmwareImage(chip, part)
        assert isinstance(read, ESP32FirmwareImage)
        assert read.chip_id == (9 if chip == "esp32s3" else 0)
        assert read.checksum == read.calculate_checksum() and read.stored_digest == read.calc_digest
        assert read.data_length is not None and read.data_length + 32 == len(part)


@pytest.mark.parametrize("version", ["v1.20.0", "v1.24.1", "v1.30.0", "v2.0.0", "v1.9.4"])
def test_another_release_is_refused_with_the_reason(version: str) -> None:
    error = refusal(genuine.download(genuine.app(version)))
    assert version in error.what and "v1.25 to v1.29" in error.what


@pytest.mark.parametrize("version", ["v1.27.0-preview.12.gdeadbeef", "v1.26.0-dirty", "v1.25.0-7-g0123456"])
def test_a_build_between_two_releases_is_refused(version: str) -> None:
    assert "between two releases" in str(refusal(genuine.download(genuine.app(version))).cause)


def test_without_a_banner_the_description_tells_the_release() -> None:
    assert micropython_image.parse(genuine.download(genuine.app("v1.26.0", banner=False)), "x.bin").release == "v1.26.0"
    assert "v1.22.0" in refusal(genuine.download(genuine.app("v1.22.0", banner=False))).what


def test_an_app_that_is_not_micropython_is_refused() -> None:
    other = genuine.by_esptool((0x3F40_0020, genuine.description("v5.4", "hello_world") + bytes(400)))
    assert "another program" in refusal(genuine.download(other)).what


def test_every_damaged_byte_of_a_header_is_noticed() -> None:
    good = genuine.download(genuine.app())
    for at in [*range(24), *(genuine.APP_AT - 0x1000 + k for k in range(24))]:
        changed = bytearray(good)
        changed[at] ^= 0x11
        refusal(bytes(changed))


def test_a_release_that_stands_on_the_board_is_judged_too(tmp_path: Path) -> None:
    path = boards.in_service(tmp_path / "flash.bin")
    flash = bytearray(path.read_bytes())
    app = genuine.app("v1.20.0")
    at = find(SHEDGUARD, "factory").offset
    flash[at : at + len(app)] = app
    path.write_bytes(flash)
    channel = FileChannel(path, chip="esp32")
    wanted = boards.plan.build(boards.known.load(boards.BOARD), None)
    with pytest.raises(ShedError, match=r"what the board has is MicroPython v1\.20\.0"):
        writer.check(channel, wanted)


@pytest.mark.slow(25)
def test_an_image_of_another_tool_is_flashed_verified_and_recognised(tmp_path: Path) -> None:
    """Through the real esptool and the emulated board's loader."""
    path = tmp_path / "ESP32_GENERIC-20250911-v1.26.1.bin"
    path.write_bytes(genuine.download(genuine.app()))
    flash = tmp_path / "flash.bin"
    with emulated("--flash", str(flash)) as url:
        at = ("--board", BOARD, "--image", str(path), "--port", url)
        shed("verify", *at, expected=FAILED)
        report = json.loads(shed("flash", *at, "--yes", "--json").stdout)
        assert "start" in report["outcome"]["written"] and report["running"]["kind"] == "shedguard"
        shed("verify", *at)
        findings = json.loads(shed("doctor", "--port", url, "--probe", "--board", BOARD, "--json", expected=FAILED).stdout)["findings"]
        assert not [row for row in findings if row["check"] == "image" and row["level"] != "ok"]
    written = flash.read_bytes()
    for at, part in ((genuine.APP_AT, genuine.app()), (0x1000, genuine.bootloader())):
        assert written[at : at + len(part)] == part
