"""The serial ports of this machine that may be a board, with their USB data. Nothing is opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from serial.tools import list_ports

# Vendor and product ids of the USB bridges on boards, with the Linux driver.
BRIDGES: Final = {
    (0x10C4, 0xEA60): ("CP210x", "cp210x"),
    (0x10C4, 0xEA70): ("CP2105", "cp210x"),
    (0x1A86, 0x7523): ("CH340", "ch341"),
    (0x1A86, 0x5523): ("CH341", "ch341"),
    (0x1A86, 0x55D3): ("CH343", "cdc_acm"),
    (0x1A86, 0x55D4): ("CH9102", "cdc_acm"),
    (0x0403, 0x6001): ("FT232", "ftdi_sio"),
    (0x0403, 0x6010): ("FT2232", "ftdi_sio"),
    (0x0403, 0x6015): ("FT231X", "ftdi_sio"),
    (0x303A, 0x1001): ("ESP32-S3's own USB", "cdc_acm"),
    (0x303A, 0x0009): ("ESP32-S2/S3's USB-OTG", "cdc_acm"),
    (0x303A, 0x4001): ("MicroPython's USB", "cdc_acm"),
}


@dataclass(frozen=True, slots=True)
class PortInfo:
    """``usb`` is ``10c4:ea60`` or empty; ``bridge`` the chip's name when it is known; ``serial`` the adapter's number."""

    device: str
    usb: str = ""
    bridge: str = ""
    serial: str = ""
    product: str = ""

    @property
    def usb_native(self) -> bool:
        """The chip's own USB: the loader is entered by usb-reset."""
        return self.usb == "303a:1001"


def listed(found: Iterable[Any] | None = None) -> list[PortInfo]:
    """USB serial ports, by name. ``found`` replaces pyserial's list in tests."""
    ports = [_info(port) for port in (list_ports.comports() if found is None else found) if port.vid is not None]
    return sorted(ports, key=lambda port: port.device)


def _info(port: Any) -> PortInfo:
    name, _driver = BRIDGES.get((port.vid, port.pid), ("", ""))
    usb = f"{port.vid:04x}:{port.pid:04x}"
    return PortInfo(port.device, usb, name, port.serial_number or "", port.product or port.description or "")
