"""A board in its ROM loader, through esptool as a library: its stub uploaded, data compressed, its printed text suppressed.

Hazard: see channel.py. Sectors are erased as data reaches them, so a cut leaves whole old sectors behind the one being written.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, Final

import serial
from esptool import cmds
from esptool.loader import DEFAULT_TIMEOUT, ERASE_WRITE_TIMEOUT_PER_MB, ESPLoader, timeout_per_mb
from esptool.logger import TemplateLogger, log
from esptool.reset import ResetStrategy
from esptool.util import flash_size_bytes

from ..errors import FAILED, PORT, PROTOCOL, ShedError
from ..link.network_port import SCHEME, open_serial
from ..link.ports import refusal
from .channel import SECTOR, Before, Progress
from .ladder import translated

_CHIPS: Final = {"ESP32": "esp32", "ESP32-S3": "esp32s3"}
_ATTEMPTS: Final = 5


class _Quiet(TemplateLogger):
    """Silences esptool: its errors reach the user as a ShedError, and stdout is for data."""

    def print(self, *_args: Any, **_kwargs: Any) -> None:
        pass

    def note(self, message: str) -> None:
        pass

    def warning(self, message: str) -> None:
        pass

    def error(self, message: str) -> None:
        pass

    def stage(self, finish: bool = False) -> None:
        pass

    def progress_bar(self, cur_iter: int, total_iters: int, prefix: str = "", suffix: str = "", bar_length: int = 30) -> None:
        pass

    def set_verbosity(self, verbosity: str) -> None:
        pass


@cache
def _quieten() -> None:
    """Once in a process: a replaced logger cannot be replaced again."""
    log.set_logger(_Quiet())  # type: ignore[reportAttributeAccessIssue]
    # Bound to the first logger when esptool was imported.
    ResetStrategy.print_once = staticmethod(lambda _message: None)  # type: ignore[assignment]


class LoaderChannel:
    """See `Channel`. ``sent_bytes`` counts what went over the wire, for the rate."""

    sent_bytes = 0

    def __init__(self, esp: Any, wire: serial.SerialBase, port: str, before: Before) -> None:
        self._esp, self._wire, self._port, self._before = esp, wire, port, before
        self.chip = _CHIPS[esp.CHIP_NAME]
        self.mac = ":".join(f"{byte:02x}" for byte in esp.read_mac("BASE_MAC"))
        self._count(wire)
        size = cmds.detect_flash_size(esp)
        if size is None:
            raise ShedError(
                "the flash chip does not say how big it is",
                "a strapping pin (GPIO12 sets the flash's voltage) or a wire on GPIO 6 to 11 disturbs it",
                "take the plugs off the board's terminals and try again",
                PROTOCOL,
            )
        self.flash_bytes = flash_size_bytes(size) or 0
        esp.flash_set_parameters(self.flash_bytes)

    @classmethod
    def connect(cls, port: str, baud: int, before: Before, answers: bool = False) -> LoaderChannel:
        """Reset the board into its loader (unless ``before`` is no-reset), upload the stub, change to ``baud``. See `open_channel`.

        ``answers``: a program on it answered a moment ago, which rules out some causes of silence."""
        _quieten()
        wire = _open(port)
        try:
            with translated(port, "connecting", is_connected=False, answers=answers):
                esp: Any = cmds.detect_chip(wire, ESPLoader.ESP_ROM_BAUD, before, connect_attempts=_ATTEMPTS)  # type: ignore[arg-type]
            if esp.CHIP_NAME not in _CHIPS:
                raise ShedError(
                    f"the chip on {port} is an {esp.CHIP_NAME}",
                    "ShedGuard runs on the ESP32 and the ESP32-S3",
                    "list the boards that fit: shed boards",
                    PROTOCOL,
                )
            with translated(port, "starting the loader", is_connected=True):
                if not esp.IS_STUB:
                    esp = cmds.run_stub(esp)
                if baud != ESPLoader.ESP_ROM_BAUD:
                    esp.change_baud(baud)
                cmds.attach_flash(esp)
                return cls(esp, wire, port, before)
        except BaseException:
            wire.close()
            raise

    def read(self, offset: int, size: int, progress: Progress | None = None) -> bytes:
        """See `Channel`."""
        report = None if progress is None else lambda done, _total, _offset: progress(done)
        with self._talk("reading flash"):
            return self._esp.read_flash(offset, size, report)

    def write(self, offset: int, data: bytes, progress: Progress | None = None) -> None:
        """See `Channel`."""
        if offset % SECTOR:
            raise ShedError(f"{offset:#x} is not the beginning of a flash sector", "a bug in this tool", code=FAILED)
        data = data.ljust(-(-len(data) // SECTOR) * SECTOR, b"\xff")
        packed = zlib.compress(data, 9)
        inflate, done, timeout = zlib.decompressobj(), 0, float(DEFAULT_TIMEOUT)
        with self._talk("writing flash"):
            self._esp.flash_defl_begin(len(data), len(packed), offset)
            for sequence, start in enumerate(range(0, len(packed), self._esp.FLASH_WRITE_SIZE)):
                block = packed[start : start + self._esp.FLASH_WRITE_SIZE]
                size = len(inflate.decompress(block))
                # The stub acknowledges a block when the one before it is written: each takes the time of the slower of the two.
                timeout = max(timeout, float(timeout_per_mb(ERASE_WRITE_TIMEOUT_PER_MB, size + 2 * 64 * 1024)))
                self._esp.flash_defl_block(block, sequence, timeout=timeout)
                done += size
                if progress:
                    progress(done)
            # The answer comes only when the last block is in flash.
            self._esp.read_reg(ESPLoader.CHIP_DETECT_MAGIC_REG_ADDR, timeout=timeout)

    def md5(self, offset: int, size: int) -> str:
        """See `Channel`."""
        with self._talk("comparing flash"):
            return self._esp.flash_md5sum(offset, size)

    def erase(self, offset: int, size: int) -> None:
        """See `Channel`."""
        with self._talk("erasing flash"):
            self._esp.erase_region(offset, size)

    def reset(self) -> None:
        """See `Channel`. A board without the reset circuit stays in its loader until somebody presses EN."""
        with self._talk("resetting the board"):
            if self._before != "no-reset":
                cmds.reset_chip(self._esp, "hard-reset")

    def try_reset(self) -> None:
        """`reset` after a failure; its own error is dropped in favour of the first."""
        with suppress(ShedError):
            self.reset()

    def close(self) -> None:
        """Give the port back."""
        self._wire.close()

    def _count(self, wire: Any) -> None:
        write = wire.write

        def counted(data: bytes) -> Any:
            self.sent_bytes += len(data)
            return write(data)

        wire.write = counted

    @contextmanager
    def _talk(self, doing: str) -> Iterator[None]:
        with translated(self._port, doing, is_connected=True):
            yield


def _open(port: str) -> serial.SerialBase:
    """ShedError (exit code 3) when it is missing, busy (and by whom) or forbidden."""
    if port.startswith(SCHEME):
        return open_serial(port)
    try:
        wire = serial.serial_for_url(port, ESPLoader.ESP_ROM_BAUD, exclusive=True, do_not_open=True)
        wire.dtr = wire.rts = False
        wire.open()
    except serial.SerialException as error:
        raise refusal(port, error) from error
    except ValueError as error:
        raise ShedError(f"{port} is no port", str(error), "shed ports", PORT) from error
    return wire
