"""A PN532 card reader on its high-speed UART at frame level: 115200 8N1, wake-up, ACK, the commands a reader needs, card in the field or
not.

Times: ACK 0.2 ms after the frame, short commands 1 ms, one polling attempt 5 ms, a card answers within 6 ms of the field meeting it: [M]
general knowledge of the chip, to be measured on a real one. After power-on it sleeps until it receives 0x55; bytes of the next millisecond
are lost.

A search that ends within ``LOOK_AHEAD_NS`` is decided when it begins (a card that comes later is found by the next one), and its answer
goes to the board at once with its future time: one message a poll instead of two.
"""

from __future__ import annotations

from typing import Final

from . import pn532_frames as frames
from .mains import Psu
from .port import BoardPort
from .units import MS, US
from .world import World

BAUD: Final = 115200
ACK_NS: Final = 200 * US
COMMAND_NS: Final = 1 * MS
ATTEMPT_NS: Final = 5 * MS
SELECT_NS: Final = 6 * MS
WAKE_NS: Final = 1 * MS
LOOK_AHEAD_NS: Final = 25 * MS
FOR_EVER: Final = 0xFF
READER_FAULTS: Final = ("ok", "off", "stuck", "garbage")

GET_FIRMWARE_VERSION: Final = 0x02
GET_GENERAL_STATUS: Final = 0x04
SAM_CONFIGURATION: Final = 0x14
POWER_DOWN: Final = 0x16
RF_CONFIGURATION: Final = 0x32
IN_DESELECT: Final = 0x44
IN_LIST_PASSIVE_TARGET: Final = 0x4A
IN_RELEASE: Final = 0x52

_LINE_FORMAT: Final = BAUD << 24 | 8 << 16 | 1
_CHAR_NS: Final = 10 * 1_000_000_000 // BAUD
_ATQA_SAK: Final = {4: b"\x00\x04\x08", 7: b"\x00\x44\x00", 10: b"\x00\x84\x20"}


class Pn532:
    """The chip on the board's ``uart``. ``uid`` is the card in the field now, or None."""

    def __init__(self, world: World, port: BoardPort, psu: Psu, name: str, uart: int) -> None:
        self.name = name
        self.uid: bytes | None = None
        self.reads: list[tuple[int, bytes]] = []  # when it reported a card to the board, and which
        self._lying: list[bytes] = []  # the newest last
        self.fault_name = "ok"
        self.commands = 0
        self.cards_read = 0
        self._world = world
        self._port = port
        self._psu = psu
        self._uart = uart
        self._random = world.random(f"reader {name}")
        self._parser = frames.Parser()
        self._awake_from_ns: int | None = None
        self._retries = FOR_EVER
        self._last_reply = b""
        self._listing = False
        self._send_free_ns = 0
        self._search_end = world.timer(self._search_over)
        self._signal = world.signal(f"reader_{name}.card")
        self._signal.set(world.now_ns, 0)
        port.on_uart(uart, self._host_sent)
        psu.on_change(self._supply_changed)

    def fault(self, name: str) -> None:
        """One of ``READER_FAULTS``.

        ``stuck`` acknowledges and never answers, ``garbage`` answers noise, ``off`` has no supply (and starts asleep again).
        """
        if name not in READER_FAULTS:
            raise ValueError(f"a reader's faults are {', '.join(READER_FAULTS)}; not {name!r}")
        self._world.log(f"reader {self.name}: fault {name}")
        if name == "off":
            self._restart()
        self.fault_name = name

    def field(self, uid: bytes | None) -> None:
        """A card with ``uid`` (4, 7 or 10 bytes) comes into the field; None: it leaves."""
        if uid is not None and len(uid) not in _ATQA_SAK:
            raise ValueError(f"a UID has 4, 7 or 10 bytes, not {len(uid)}")
        self._lying = [] if uid is None else [uid]
        self._seen(uid)

    def lay(self, uid: bytes) -> None:
        """One more card comes into the field: it is the one that is read until it leaves."""
        if len(uid) not in _ATQA_SAK:
            raise ValueError(f"a UID has 4, 7 or 10 bytes, not {len(uid)}")
        self._lying = [other for other in self._lying if other != uid] + [uid]
        self._seen(uid)

    def take_away(self, uid: bytes) -> None:
        """This card leaves, if present; the newest of the others is read."""
        if uid in self._lying:
            self._lying.remove(uid)
            self._seen(self._lying[-1] if self._lying else None)

    def _seen(self, uid: bytes | None) -> None:
        self.uid = uid
        self._signal.set(self._world.now_ns, int(uid is not None))
        if uid is not None and self._listing:
            self._plan_listing(SELECT_NS)

    # --- the wire -----------------------------------------------------------------------------------------------------

    def _host_sent(self, at_ns: int, char_ns: int, line_format: int, data: bytes) -> None:
        if line_format != _LINE_FORMAT or not self._psu.is_up or self.fault_name == "off":
            return
        if self._awake_from_ns is None:
            wake = data.find(0x55)
            if wake < 0:
                return
            self._awake_from_ns = at_ns + (wake + 1) * char_ns + WAKE_NS
        lost = max(0, -((at_ns - self._awake_from_ns) // char_ns)) if at_ns < self._awake_from_ns else 0
        heard = data[lost:]
        end_ns = at_ns + len(data) * char_ns
        for kind, body in self._parser.feed(heard):
            if kind == "nack" and self._last_reply:
                self._send(end_ns + ACK_NS, self._last_reply)
            elif kind == "ack":
                self._listing = False
                self._search_end.cancel()
            elif kind == "frame" and len(body) >= 2 and body[0] == frames.HOST:
                self._command(end_ns, body[1], body[2:])

    def _command(self, end_ns: int, code: int, parameters: bytes) -> None:
        self.commands += 1
        self._listing = False
        self._search_end.cancel()
        self._send(end_ns + ACK_NS, frames.ACK)
        if self.fault_name == "stuck":
            return
        delay = end_ns + ACK_NS + len(frames.ACK) * _CHAR_NS - self._world.now_ns
        if code == IN_LIST_PASSIVE_TARGET:
            self._listing = True
            self._plan_listing(delay + SELECT_NS)
            return
        reply = self._short_reply(code, parameters)
        frame = frames.ERROR if reply is None else frames.build(frames.CHIP, bytes([code + 1]) + reply)
        self._reply(self._world.now_ns + delay + COMMAND_NS, frame)

    def _short_reply(self, code: int, parameters: bytes) -> bytes | None:
        if code == GET_FIRMWARE_VERSION:
            return b"\x32\x01\x06\x07"
        if code == SAM_CONFIGURATION and parameters:
            return b""
        if code == RF_CONFIGURATION and parameters:
            if parameters[0] == 5 and len(parameters) >= 4:
                self._retries = parameters[3]
            return b""
        if code == GET_GENERAL_STATUS:
            return b"\x00" + (b"\x01" if self.uid else b"\x00") + b"\x00\x00"
        if code in (IN_RELEASE, IN_DESELECT):
            return b"\x00"
        if code == POWER_DOWN:
            self._awake_from_ns = None
            return b"\x00"
        return None

    def _plan_listing(self, delay_ns: int) -> None:
        """Answer when the card is found, or when the attempts are used up; with endless attempts and no card, not at all."""
        if self.uid is None:
            if self._retries == FOR_EVER:
                return
            delay_ns += self._retries * ATTEMPT_NS
        if delay_ns <= LOOK_AHEAD_NS:
            self._finish_listing(self._world.now_ns + max(0, delay_ns))
        else:
            self._search_end.start(delay_ns)

    def _search_over(self) -> None:
        if self._listing:
            self._finish_listing(self._world.now_ns)

    def _finish_listing(self, at_ns: int) -> None:
        self._listing = False
        target = b"\x00"
        if self.uid is not None:
            self.cards_read += 1
            self.reads.append((at_ns, self.uid))
            target = b"\x01\x01" + _ATQA_SAK[len(self.uid)] + bytes([len(self.uid)]) + self.uid
        self._reply(at_ns, frames.build(frames.CHIP, bytes([IN_LIST_PASSIVE_TARGET + 1]) + target))

    def _reply(self, at_ns: int, reply: bytes) -> None:
        self._last_reply = reply
        if self.fault_name == "garbage":
            reply = self._random.randbytes(len(reply))
        self._send(at_ns, reply)

    def _send(self, at_ns: int, data: bytes) -> None:
        if not self._psu.is_up or self.fault_name == "off":
            return
        at_ns = max(at_ns, self._send_free_ns)
        self._send_free_ns = at_ns + len(data) * _CHAR_NS
        self._port.uart_rx(self._uart, at_ns, _CHAR_NS, data)

    def _supply_changed(self) -> None:
        if not self._psu.is_up:
            self._restart()

    def _restart(self) -> None:
        self._awake_from_ns = None
        self._listing = False
        self._retries = FOR_EVER
        self._last_reply = b""
        self._search_end.cancel()
        self._parser.reset()
