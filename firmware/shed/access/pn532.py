"""PN532 card reader on a UART (its HSU mode, 115200 8N1), never waiting for it.

Hazard: a reader that dies after weeks and takes the gate with it. The board checks once a second that it answers, reports it as `silent`
when it does not, wakes it again with back-off for ever, and sets it up anew every half minute; until then the gate keeps its state and the
exit button works.

The chip itself looks for cards (endless retries), so that a card is reported at once and an empty field costs no traffic:

    ASLEEP --back-off over: wake-up + SAMConfiguration--> WAKING --reply: RFConfiguration--> TUNING
    TUNING --reply, or 100 ms without: InListPassiveTarget--> LISTENING
    LISTENING --a card--> RESTING --150 ms: InListPassiveTarget--> LISTENING          (is it still there?)
    LISTENING --1 s without: GetFirmwareVersion--> PINGING --reply--> LISTENING, every 30th time WAKING
    LISTENING without acknowledgement, PINGING without reply: again; 4 in a row --> ASLEEP          WAKING --100 ms--> ASLEEP
"""

from time import ticks_diff

from micropython import const

ASLEEP = const(0)
WAKING = const(1)
TUNING = const(2)
RESTING = const(3)
LISTENING = const(4)
PINGING = const(5)

_LOOK_MS = const(40)  # how often an idle line is looked at
_SOON_MS = const(6)
_FIRST_LOOK_MS = const(12)  # request, acknowledgement, air and answer take about 8 ms
_ANSWER_MS = const(60)
_INIT_TIMEOUT_MS = const(100)
_PRESENT_MS = const(150)  # between two looks at a card that lies on the reader
_GONE_MS = const(300)  # no answer for this long: the card has left
_PING_MS = const(1000)
_PINGS = const(30)
_MISSES = const(4)
_BACKOFF_MS = const(500)
_LONGEST_BACKOFF_MS = const(30000)
_BUFFER = const(96)
_TYPES = const(0)  # true for the type checker

if _TYPES:
    from shed.access.contracts import Reader

    def _is_a_reader(reader: "Pn532") -> "Reader":
        return reader


# D4, command, parameters; then the whole frame is: 00 00 FF, length, its complement, data, data's complement, 00.
_WAKE = b"\x55\x55" + bytes(14)
_SAM_NORMAL = b"\x00\x00\xff\x05\xfb\xd4\x14\x01\x14\x01\x02\x00"
_ENDLESS_RETRIES = b"\x00\x00\xff\x06\xfa\xd4\x32\x05\xff\x01\xff\xf6\x00"
_LIST_ONE_106A = b"\x00\x00\xff\x04\xfc\xd4\x4a\x01\x00\xe1\x00"
_GET_VERSION = b"\x00\x00\xff\x02\xfe\xd4\x02\x2a\x00"


class Pn532:
    """uart: `any()`, `readinto(buf)`, `write(data)`, none of them blocking.

    `present`: the card in the field (canonical, 11 bytes: length, number, zeros), None without. `seen_empty`: the field was seen empty
    since the reader last began to answer. `silent`: the reader does not answer (fault `reader_silent`).
    `timeouts`: replies that did not come. `state` as above.
    """

    def __init__(self, uart):
        self._uart = uart
        self._buf = bytearray(_BUFFER)
        self._view = memoryview(self._buf)
        self._have = 0
        self._sent_ms = None
        self._wait_ms = 0
        self._backoff_ms = _BACKOFF_MS
        self._misses = 0
        self.present = None
        self.seen_empty = False
        self._acked = False
        self._pings = 0
        self.state = ASLEEP
        self.silent = False
        self.timeouts = 0

    def step(self, now_ms):
        """Advances. Returns ms until it wants to run again."""
        past_ms = self._wait_ms if self._sent_ms is None else ticks_diff(now_ms, self._sent_ms)
        state = self.state
        if state == ASLEEP:
            if 0 <= past_ms < self._wait_ms:
                return self._wait_ms - past_ms
            self._uart.write(_WAKE)
            return self._send(_SAM_NORMAL, WAKING, now_ms)
        if state == RESTING:
            return self._listen(now_ms) if not 0 <= past_ms < _PRESENT_MS else _PRESENT_MS - past_ms
        at = self._answer(0x15 if state == WAKING else 0x33 if state == TUNING else 0x03 if state == PINGING else 0x4B)
        if state == LISTENING:
            return self._listening(at, past_ms, now_ms)
        if at:
            if state == WAKING:
                return self._send(_ENDLESS_RETRIES, TUNING, now_ms)
            self._alive()
            if state == PINGING:
                self._pings += 1
                if self._pings >= _PINGS:
                    self._pings = 0
                    return self._send(_SAM_NORMAL, WAKING, now_ms)
            return self._listen(now_ms)
        if 0 <= past_ms < (_ANSWER_MS if state == PINGING else _INIT_TIMEOUT_MS):
            return _SOON_MS
        if state == TUNING:  # a clone without RFConfiguration: endless retries are the chip's own default
            return self._listen(now_ms)
        return self._missed(now_ms, state == PINGING)

    def _listening(self, at, past_ms, now_ms):
        """The chip looks for a card. Its acknowledgement says that it got the request, its answer that there is a card."""
        if at:
            self._alive()
            self._field(at)
            self.state = RESTING
            self._sent_ms = now_ms
            return _PRESENT_MS
        if not self._acked:
            return _SOON_MS if 0 <= past_ms < _ANSWER_MS else self._missed(now_ms, True)
        if not 0 <= past_ms < _PING_MS:
            return self._send(_GET_VERSION, PINGING, now_ms)
        if past_ms >= _GONE_MS:
            self.present = None
            self.seen_empty = True
        return _LOOK_MS

    def _alive(self):
        self._misses = 0
        self.silent = False
        self._backoff_ms = _BACKOFF_MS

    def _listen(self, now_ms):
        return self._send(_LIST_ONE_106A, LISTENING, now_ms)

    def _missed(self, now_ms, again):
        self.timeouts += 1
        self._misses += 1
        if again and self._misses < _MISSES:
            return self._send(_GET_VERSION, PINGING, now_ms)
        self.state = ASLEEP
        self.silent = True
        self.seen_empty = False  # a card that is there when it answers again was not put there now
        self._sent_ms = now_ms
        self._wait_ms = self._backoff_ms
        self._backoff_ms = min(2 * self._backoff_ms, _LONGEST_BACKOFF_MS)
        return self._wait_ms

    def _send(self, frame, state, now_ms):
        for _ in range(4):  # the rest of an older exchange
            if not self._uart.any() or not self._uart.readinto(self._buf):
                break
        self._have = 0
        self._acked = False
        self._uart.write(frame)
        self._sent_ms = now_ms
        self.state = state
        return _FIRST_LOOK_MS

    def _answer(self, reply):
        """Reads the bytes that came. Index of the data behind D5 and the reply code, 0 while there is no whole frame of that reply."""
        if not self._uart.any():
            return 0
        if self._have == _BUFFER:
            self._have = 0
        self._have += self._uart.readinto(self._view[self._have :]) or 0
        buf = self._buf
        have = self._have
        for i in range(have - 4):
            if buf[i] == 0 and buf[i + 1] == 0xFF and buf[i + 2] == 0 and buf[i + 3] == 0xFF:
                self._acked = True
            elif i < have - 6 and buf[i] == 0 and buf[i + 1] == 0xFF and (buf[i + 2] + buf[i + 3]) & 0xFF == 0 and buf[i + 2] > 1:
                end = i + 5 + buf[i + 2]
                if end > have:
                    continue
                if not sum(self._view[i + 4 : end]) & 0xFF and buf[i + 4] == 0xD5 and buf[i + 5] == reply:
                    self._end = end - 1
                    return i + 6
        return 0

    def _field(self, at):
        """What the reader saw: a target count, then target, 2 + 1 bytes of answer to request and select, length and number of the card."""
        buf = self._buf
        length = buf[at + 5] if at + 5 < self._end else 0
        if length not in (4, 7, 10) or at + 6 + length > self._end:
            return
        card = bytes(self._view[at + 5 : at + 6 + length]) + bytes(10 - length)
        self.present = card
