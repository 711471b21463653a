"""MicroPython images: one that does not fit is refused with the reason, before any flash is touched."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from shedguard.errors import INVALID, ShedError
from shedguard.flash import image_source
from shedguard.formats import esp_image, micropython_image
from shedguard.formats.micropython_image import BOOTLOADER_AT, check_fits, parse, stand_in
from shedguard.formats.partition_table import FLASH_SIZE, STOCK, TABLE_OFFSET, Partition, encode

TABLE = TABLE_OFFSET - BOOTLOADER_AT["esp32"]
GOOD = stand_in("esp32")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return image_source.cache_dir()


def refusal(data: bytes, name: str = "x.bin") -> ShedError:
    with pytest.raises(ShedError) as caught:
        parse(data, name)
    assert caught.value.code == INVALID and caught.value.cause and caught.value.hint
    return caught.value


def with_table(table: bytes) -> bytes:
    return GOOD[:TABLE] + table + GOOD[TABLE + len(table) :]


@pytest.mark.parametrize("chip", ["esp32", "esp32s3"])
def test_a_good_image_is_taken_apart(chip: str) -> None:
    image = parse(stand_in(chip), "good.bin")
    assert image.chip == chip and image.flash_bytes == FLASH_SIZE
    assert image.bootloader[0] == image.app[0] == esp_image.MAGIC and b"MicroPython" in image.app


def test_every_truncation_is_noticed() -> None:
    for size in [*range(0, len(GOOD) - 1, 997), *range(len(GOOD) - 200, len(GOOD), 7)]:
        assert "x.bin" in refusal(GOOD[:size]).what


def test_every_damaged_byte_of_the_parts_that_run_is_noticed() -> None:
    app = GOOD.index(b"\xe9", TABLE + 0x1000)
    for at in [*range(0, 90, 5), *range(app, len(GOOD), 5)]:
        changed = bytearray(GOOD)
        changed[at] ^= 0x10
        refusal(bytes(changed))


def test_an_image_of_another_chip_is_named() -> None:
    changed = bytearray(GOOD)
    changed[12] = 5
    assert "ESP32-C3" in refusal(bytes(changed)).cause
    with pytest.raises(ShedError, match="is for the ESP32-S3, the board is an ESP32"):
        check_fits(parse(stand_in("esp32s3"), "s3.bin"), "esp32", FLASH_SIZE)


def test_an_image_of_a_bigger_flash_is_refused() -> None:
    boot = esp_image.build("esp32", b"boot", 16 << 20)
    image = parse(boot + GOOD[len(boot) :], "big.bin")
    with pytest.raises(ShedError, match="made for 16 MB of flash, the board has 4 MB"):
        check_fits(image, "esp32", FLASH_SIZE)
    with pytest.raises(ShedError, match="the board has 2 MB of flash"):
        check_fits(parse(GOOD, "x.bin"), "esp32", 2 << 20)


def test_tables_that_overlap_or_are_made_for_updates_over_the_air() -> None:
    app = Partition("factory", 0, 0, 0x10000, 0x1F0000)
    clash = _raw((*STOCK[:2], app, Partition("vfs", 1, 0x81, 0x100000, 0x100000)))
    assert "partition vfs at 0x100000 overlaps factory" in refusal(with_table(clash)).cause
    updates = encode((Partition("ota_0", 0, 0x10, 0x10000, 0x100000), Partition("ota_1", 0, 0x11, 0x110000, 0x100000)))
    assert "updates over the air" in refusal(with_table(updates)).cause
    assert "MD5" in refusal(with_table(GOOD[TABLE : TABLE + 4] + b"\x01" + GOOD[TABLE + 5 : TABLE + 0x1000])).cause


def test_an_app_only_file_is_recognised() -> None:
    assert (
        "cut off" in refusal(GOOD[GOOD.index(b"\xe9", TABLE) :]).cause or "ends before" in refusal(GOOD[GOOD.index(b"\xe9", TABLE) :]).cause
    )


def test_a_file_is_compared_with_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "micropython.bin"
    path.write_bytes(GOOD)
    right = hashlib.sha256(GOOD).hexdigest()
    assert image_source.get(str(path), "esp32", right.upper()) is not None
    with pytest.raises(ShedError, match="not the file it should be"):
        image_source.get(str(path), "esp32", "0" * 64)
    beside = tmp_path / "micropython.bin.sha256"
    beside.write_text(f"{'0' * 64}  micropython.bin\n")
    with pytest.raises(ShedError, match="not the file it should be"):
        image_source.get(str(path), "esp32")
    beside.write_text(f"{right} *micropython.bin\n")
    assert image_source.get(str(path), "esp32") is not None
    with pytest.raises(ShedError, match="64 hex digits"):
        image_source.get(str(path), "esp32", "12")


def test_what_a_url_gives_needs_a_hash_and_is_kept(tmp_path: Path, cache: Path) -> None:
    served = tmp_path / "served.bin"
    served.write_bytes(GOOD)
    url = served.as_uri()
    right = hashlib.sha256(GOOD).hexdigest()
    with pytest.raises(ShedError, match=r"no SHA-256 to check served.bin against") as caught:
        image_source.get(url, "esp32")
    assert right in caught.value.cause and not cache.exists()
    assert image_source.get(url, "esp32", right) is not None
    served.unlink()
    assert image_source.get(url, "esp32", right) is not None  # from the cache
    assert image_source.get("served.bin", "esp32") is not None
    only = image_source.get(None, "esp32")
    assert only is not None and only.sha256 == right and image_source.get(None, "esp32s3") is None
    with pytest.raises(ShedError, match="cannot fetch"):
        image_source.get((tmp_path / "gone.bin").as_uri(), "esp32", right)


def test_two_cached_images_are_a_question(cache: Path) -> None:
    image_source.keep(GOOD, "one.bin")
    image_source.keep(GOOD + b"\xff", "two.bin")
    with pytest.raises(ShedError, match="which MicroPython image") as caught:
        image_source.get(None, "esp32")
    assert "one.bin" in caught.value.cause and "two.bin" in caught.value.cause


def _raw(rows: tuple[Partition, ...]) -> bytes:
    """A table without `encode`'s own refusal."""
    import struct

    body = b"".join(struct.pack("<2sBBII16sI", b"\xaa\x50", r.type, r.subtype, r.offset, r.size, r.label.encode(), 0) for r in rows)
    return (body + b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(body).digest()).ljust(0x1000, b"\xff")


def test_the_stand_in_is_an_image_like_others() -> None:
    assert micropython_image.parse(GOOD, "stand-in").app.endswith(hashlib.sha256(parse(GOOD, "x").app[:-32]).digest())
