"""The COM-PORT option of telnet (RFC 2217), server side: settings, DTR and RTS, states, purge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from . import telnet

SIGNATURE: Final = 0
SET_BAUDRATE: Final = 1
SET_DATASIZE: Final = 2
SET_PARITY: Final = 3
SET_STOPSIZE: Final = 4
SET_CONTROL: Final = 5
NOTIFY_LINESTATE: Final = 6
NOTIFY_MODEMSTATE: Final = 7
FLOW_SUSPEND: Final = 8
FLOW_RESUME: Final = 9
SET_LINESTATE_MASK: Final = 10
SET_MODEMSTATE_MASK: Final = 11
PURGE_DATA: Final = 12
ANSWER: Final = 100  # added to the command by the server

_RANGES: Final = {SET_DATASIZE: (5, 8), SET_PARITY: (1, 5), SET_STOPSIZE: (1, 3)}
_LINE_IDLE: Final = 0x60  # transmitter and its holding register are empty
_NOT_WIRED: Final = 0x00  # a DevKit leaves CTS, DSR, RI and CD open

# SET_CONTROL values.
_FLOW: Final = 0
_NO_FLOW: Final = 1
_BREAK: Final = 4
_BREAK_ON: Final = 5
_BREAK_OFF: Final = 6
_DTR: Final = 7
_DTR_ON: Final = 8
_DTR_OFF: Final = 9
_RTS: Final = 10
_RTS_ON: Final = 11
_RTS_OFF: Final = 12
_FLOW_IN: Final = 13
_NO_FLOW_IN: Final = 14


class Adapter(Protocol):
    """The serial adapter behind the option: one for all clients."""

    @property
    def baud(self) -> int:
        """The speed as last set."""
        ...

    def set_baud(self, baud: int) -> None:
        """Set the speed of the next characters."""
        ...

    @property
    def dtr(self) -> bool:
        """Asserted."""
        ...

    @property
    def rts(self) -> bool:
        """Asserted."""
        ...

    def set_line(self, dtr: bool | None = None, rts: bool | None = None) -> None:
        """Change one line."""
        ...


class ComPort:
    """One client. ``send`` takes raw bytes for it; ``feed`` gives the data it sent. ``suspended``: it accepts no data for now."""

    def __init__(self, adapter: Adapter, send: Callable[[bytes], None]) -> None:
        self.suspended = False
        self.negotiated = False
        self._adapter = adapter
        self._send = send
        self._telnet = telnet.Telnet(send, self._asked, self._enabled)
        self._settings = {SET_DATASIZE: 8, SET_PARITY: 1, SET_STOPSIZE: 1}
        self._break = False

    def feed(self, chunk: bytes) -> bytes:
        """See ``telnet.Telnet.feed``."""
        return self._telnet.feed(chunk)

    def data(self, data: bytes) -> None:
        """Characters from the board."""
        self._send(telnet.escape(data))

    def _enabled(self, option: int) -> None:
        if option == telnet.COM_PORT and not self.negotiated:
            self.negotiated = True
            self._answer(NOTIFY_MODEMSTATE, bytes((_NOT_WIRED,)))

    def _answer(self, command: int, value: bytes) -> None:
        self._send(telnet.subnegotiation(telnet.COM_PORT, bytes((command + ANSWER,)) + value))

    def _asked(self, option: int, content: bytes) -> None:
        if option != telnet.COM_PORT or not content:
            return
        command, value = content[0], content[1:]
        if command == SIGNATURE:
            self._answer(SIGNATURE, b"ShedGuard emulated board")
        elif command == SET_BAUDRATE and len(value) == 4:
            if any(value):  # 0 asks
                self._adapter.set_baud(int.from_bytes(value, "big"))
            self._answer(command, self._adapter.baud.to_bytes(4, "big"))
        elif command in _RANGES and value:
            low, high = _RANGES[command]
            if low <= value[0] <= high:
                self._settings[command] = value[0]
            self._answer(command, bytes((self._settings[command],)))
        elif command == SET_CONTROL and value:
            self._answer(command, bytes((self._control(value[0]),)))
        elif command == NOTIFY_LINESTATE:
            self._answer(command, bytes((_LINE_IDLE,)))
        elif command == NOTIFY_MODEMSTATE:
            self._answer(command, bytes((_NOT_WIRED,)))
        elif command in (FLOW_SUSPEND, FLOW_RESUME):
            self.suspended = command == FLOW_SUSPEND
        elif command in (SET_LINESTATE_MASK, SET_MODEMSTATE_MASK, PURGE_DATA) and value:
            self._answer(command, value[:1])  # nothing is buffered here that could be purged

    def _control(self, value: int) -> int:
        """Do it; returns the state to answer with."""
        adapter = self._adapter
        if value in (_DTR_ON, _DTR_OFF):
            adapter.set_line(dtr=value == _DTR_ON)
        elif value in (_RTS_ON, _RTS_OFF):
            adapter.set_line(rts=value == _RTS_ON)
        elif value in (_BREAK_ON, _BREAK_OFF):
            self._break = value == _BREAK_ON
        if _DTR <= value <= _DTR_OFF:
            return _DTR_ON if adapter.dtr else _DTR_OFF
        if _RTS <= value <= _RTS_OFF:
            return _RTS_ON if adapter.rts else _RTS_OFF
        if _BREAK <= value <= _BREAK_OFF:
            return _BREAK_ON if self._break else _BREAK_OFF
        return _NO_FLOW_IN if _FLOW_IN <= value <= 0x10 else _NO_FLOW  # flow control is never on
