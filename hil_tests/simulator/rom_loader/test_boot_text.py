"""What the ROM prints, as esptool reads it."""

from __future__ import annotations

import re

from shedbench.rom_loader import boot_text

# The expression of esptool 5's loader.py.
ESPTOOL = re.compile(b"boot:(0x[0-9a-fA-F]+)(.*waiting for download)?", re.DOTALL)


def test_esptool_tells_the_modes_apart() -> None:
    flash = ESPTOOL.search(boot_text.flash_boot(boot_text.POWER_ON))
    assert flash is not None and flash.groups() == (b"0x13", None)
    download = ESPTOOL.search(boot_text.download())
    assert download is not None and download[1] == b"0x3" and download[2]


def test_every_cause_has_its_reason() -> None:
    texts = [boot_text.flash_boot(cause) for cause in (boot_text.POWER_ON, boot_text.HARD, boot_text.DEEP_SLEEP, boot_text.SOFTWARE)]
    assert b"rst:0x1 (POWERON_RESET)" in texts[0] and b"rst:0xc" in texts[1] and b"rst:0x5" in texts[2] and len(set(texts)) == 4
