"""A serial port behind RFC 2217 (`shed emulate`, esp_rfc2217_server, a port server in the shed), opened so that the board does not notice.

Hazard: RTS alone is a reset, so both lines are released when the port opens. pyserial's own client asks for all settings again, and sleeps
0.1 s for it, whenever a time-out changes, which esptool does twice a request: here settings are asked for when they change.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

import serial
from serial.rfc2217 import Serial as Rfc2217Serial

from ..errors import PORT, ShedError

SCHEME = "rfc2217://"


class NetworkSerial(Rfc2217Serial):
    """pyserial's client, which renegotiates only what has changed."""

    _agreed: tuple[Any, ...] | None = None

    def _reconfigure_port(self) -> None:
        settings = (self.baudrate, self.bytesize, self.parity, self.stopbits, self.rtscts, self.xonxoff, self.write_timeout)
        if settings != self._agreed:
            super()._reconfigure_port()  # type: ignore[reportAttributeAccessIssue]
            self._agreed = settings

    def open(self) -> None:
        """See pyserial."""
        self._agreed = None
        super().open()


class NetworkPort:
    """A `Wire` and a context manager over the network."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._port = open_serial(name)

    def read(self, timeout_s: float) -> bytes:
        """See `ports.Wire`."""
        try:
            self._port.timeout = max(0.0, timeout_s)
            first = self._port.read(1)
            if not first:
                return b""
            self._port.timeout = 0
            return first + self._port.read(max(1, self._port.in_waiting))
        except serial.SerialException as error:
            raise OSError(str(error)) from error

    def write(self, data: bytes) -> None:
        """See `ports.Wire`."""
        try:
            self._port.write(data)
        except serial.SerialException as error:
            raise OSError(str(error)) from error

    def close(self) -> None:
        """Give the port back."""
        self._port.close()

    def __enter__(self) -> NetworkPort:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_serial(url: str) -> NetworkSerial:
    """At 115200 8N1 with both lines released. ShedError (exit code 3) when nobody answers there."""
    port = NetworkSerial(None, 115200)
    port.port = url
    port.dtr = False
    port.rts = False
    try:
        port.open()
    except serial.SerialException as error:
        raise ShedError(f"no port server at {url}", str(error), "start it, or correct the address: rfc2217://HOST:PORT", PORT) from error
    return port
