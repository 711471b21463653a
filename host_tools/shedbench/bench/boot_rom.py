"""The ROM of a bench's board: what it prints after a reset, and its serial loader while MicroPython's process is held in reset.

The process maps the flash file, so the file is written only while EN is low for it (docs/protocols/link.md, ``ENABLE``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from shedbench.link import link
from shedbench.plant.port import IN_LOW, NOT_DRIVEN, BoardPort
from shedbench.plant.units import MS
from shedbench.rom_loader import boot_text
from shedbench.rom_loader.chips import KINDS
from shedbench.rom_loader.circuit import Edge
from shedbench.rom_loader.flash import BLANK_WORD, FlashFile
from shedbench.rom_loader.loader import Leave, Loader
from shedbench.rom_loader.registers import Registers
from shedbench.rom_loader.spi import SpiFlash

from .board import RESET_CAUSES, Board
from .board_kind import BoardKind
from .board_process import BoardProcess

BAUD: Final = 115200
_BOOT_PIN: Final = 0
_SOFT: Final = "soft"
_CAUSES: Final = {name: number for number, name in RESET_CAUSES.items()}
_RETRY_NS: Final = 300 * MS  # the watchdog keeps resetting a chip without an image
_STALE_NS: Final = 100 * MS  # events from before the port was served are too old
_VENDOR: Final = b"\x24\x0a\xc4"  # as machine.unique_id() of the port


class Chip(Protocol):
    """What the ROM needs of its bench."""

    port: BoardPort
    board: Board
    process: BoardProcess
    kind: BoardKind

    @property
    def now_ns(self) -> int:
        """Virtual time."""
        ...


class BootRom:
    """``send`` puts bytes on UART0. ``client_baud`` gives the speed of the other side, which the loader detects at the first SYNC."""

    def __init__(self, chip: Chip, send: Callable[[bytes], None], client_baud: Callable[[], int]) -> None:
        self.loader: Loader | None = None
        self.baud = BAUD
        self.has_found_baud = False
        self._chip = chip
        self._rom = KINDS[chip.kind.chip]
        self._send = send
        self._client_baud = client_baud
        self._flash: FlashFile | None = None
        self._seen = len(chip.board.resets)
        self._held = False
        self._held_since_ns = -1
        self._retry_ns: int | None = None
        if not self._has_image():
            self._hold()
            self._retry_ns = chip.now_ns

    # --- what the circuit does ----------------------------------------------------------------------------------------

    def edge(self, edge: Edge) -> None:
        """EN has fallen, or risen with GPIO0 at a level."""
        if not edge.running:
            self._leave_loader()
            self._retry_ns = None
            self._hold()
        elif edge.gpio0_low:
            self._enter_loader(boot_text.POWER_ON)
        else:
            self._run(boot_text.POWER_ON)

    def boot_pin(self, low: bool) -> None:
        """Set GPIO0 for the running program or loader."""
        self._chip.port.pin_in(_BOOT_PIN, IN_LOW if low else NOT_DRIVEN)

    # --- what the board does ------------------------------------------------------------------------------------------

    def look(self) -> None:
        """After some virtual time: the ROM prints after resets that did not come from EN."""
        resets = self._chip.board.resets
        fresh, self._seen = resets[self._seen :], len(resets)
        for at_ns, cause in fresh:
            is_news = at_ns > max(self._held_since_ns, self._chip.now_ns - _STALE_NS)
            if not self._held and is_news and cause != _SOFT:
                self._run(_CAUSES.get(cause, boot_text.POWER_ON))
        if self._retry_ns is not None and self._chip.now_ns >= self._retry_ns:
            self._retry_ns = self._chip.now_ns + _RETRY_NS
            self._send(boot_text.no_image(BLANK_WORD))

    def feed(self, data: bytes) -> None:
        """Bytes for the loader."""
        if self.loader is not None:
            self.loader.feed(data)

    # --- states -------------------------------------------------------------------------------------------------------

    def _hold(self) -> None:
        if not self._held:
            self._held = True
            self._held_since_ns = max(self._chip.now_ns, self._chip.port.board_now_ns)
            self._chip.port.post(link.ENABLE, 0, b"")

    def _run(self, cause: int) -> None:
        """Run the program in flash, if there is one."""
        self._send(boot_text.flash_boot(cause, self._rom))
        if self._has_image():
            if self._held:
                self._held = False
                self._seen = len(self._chip.board.resets)
                self._chip.port.post(link.ENABLE, 1, b"")
        else:
            self._hold()
            self._retry_ns = self._chip.now_ns

    def _enter_loader(self, cause: int) -> None:
        self.baud = BAUD
        self.has_found_baud = False
        self._send(boot_text.download(cause, self._rom))
        flash = self._flash = FlashFile(self._chip.process.flash)
        mac = _VENDOR + (self._chip.process.seed & 0xFFFFFF).to_bytes(3, "big")
        registers = Registers(SpiFlash(flash.size), mac, lambda: self.baud, self._rom, self._chip.kind.psram)
        self.loader = Loader(flash, registers, self._send, self._left, self._set_baud, self._find_baud)

    def _leave_loader(self) -> None:
        self.loader = None
        self.baud = BAUD
        self.has_found_baud = False
        if self._flash is not None:
            self._flash.close()
            self._flash = None

    def _left(self, how: Leave) -> None:
        self._leave_loader()
        if how is Leave.RUN:
            self._run(boot_text.SOFTWARE)
        else:  # GPIO0 was sampled when EN rose: a software reset comes back to the loader
            self._enter_loader(boot_text.SOFTWARE)

    def _set_baud(self, baud: int) -> None:
        self.baud = baud

    def _find_baud(self) -> None:
        if not self.has_found_baud:
            self.baud = self._client_baud()
            self.has_found_baud = True

    def _has_image(self) -> bool:
        flash = FlashFile(self._chip.process.flash)
        try:
            return flash.is_bootable()
        finally:
            flash.close()
