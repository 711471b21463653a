"""Modbus RTU master that never waits: start() a read, call step() when it asks to be called, then look at .result.

Hazard: a reply that is taken for the wrong meter's, or noise taken for a reply, is money out of nothing. A reply counts only when
address, function, byte count and CRC all hold, wherever in the noise it lies; everything else is skipped and counted.

With a direction pin the driver is on from before the first byte until `txdone` says that the last stop bit has left: switched off too
early it cuts our request, too late it talks into the answer, which may begin 3.5 characters later.

            quiet for t3.5                  header and CRC hold
    start -> QUIET -----------> REPLY -----------------------------> DONE
               |                  |-- exception frame -------------> EXCEPTION  (.exception_code)
               | never quiet      |-- our header, rest damaged ----> BAD_CRC
               v                  |-- deadline, foreign bytes -----> FOREIGN
             JAMMED               '-- deadline, nothing -----------> TIMEOUT

Frame, timing: "MODBUS over Serial Line" 1.02, sections 2.3 and 2.5.1.1 (t3.5; fixed 1.75 ms above 19200 baud).
"""

from time import ticks_diff

from micropython import const

from shed.crc import crc16

IDLE = const(0)
BUSY = const(1)
DONE = const(2)
TIMEOUT = const(3)
BAD_CRC = const(4)
EXCEPTION = const(5)
FOREIGN = const(6)
JAMMED = const(7)

MAX_REGISTERS = const(24)
_RX_SIZE = const(128)  # at least two of the longest replies
_JAM_MS = const(60)  # a line that is not quiet for t3.5 within this is jammed
_GAP_MS = const(20)  # a reply that pauses this long is over (an ESP32 FIFO shows its tail up to 10 characters late)
_NAP_MS = const(5)  # look again this often once a reply is overdue
_TURN_MIN_MS = const(3)


class RtuMaster:
    """One RS-485 bus. uart: any(), readinto(buf, n), write(buf), none of which wait.

    char_bits: 10 without, 11 with parity. turnaround_ms: what a meter may think before it answers. echo: the transceiver may let the
    master hear its own request; with False such bytes are counted as noise, and skipped just the same. drive: called with 1 to switch the
    transceiver's driver on and with 0 to listen, None where it switches by itself; with it uart.txdone() is asked too.
    """

    def __init__(self, uart, baud, char_bits=10, turnaround_ms=200, echo=True, drive=None):
        self._uart = uart
        self._char_us = char_bits * 1000000 // baud
        self._silence_ms = 38500 // baud + 2 if baud <= 19200 else 3  # rounded up, and one more for the resolution of a tick
        self._limit_ms = turnaround_ms
        self._echo = echo
        self._drive = drive
        self.driving = False
        self._turn_ms = _TURN_MIN_MS  # learned: how long the meters take before they answer
        self._tx = bytearray(8)
        self._rx = bytearray(_RX_SIZE)
        self._view = memoryview(self._rx)
        self._n = self._at = self._want = self._heard_own = 0
        self._stamp_ms = self._heard_ms = self._first_wake_ms = 0
        self._sent = self._header = False
        self.result = IDLE
        self.exception_code = 0
        self.noise = 0  # bytes so far that belonged to no reply of ours

    def start(self, address, function, register, count, now_ms):
        """Begin a read of `count` 16-bit registers (function 3 or 4). step() does the rest."""
        if not 0 < count <= MAX_REGISTERS or self.result == BUSY:
            raise ValueError
        tx = self._tx
        tx[0] = address
        tx[1] = function
        tx[2] = register >> 8
        tx[3] = register & 0xFF
        tx[4] = 0
        tx[5] = count
        crc = crc16(tx, 0, 6)
        tx[6] = crc & 0xFF
        tx[7] = crc >> 8
        if self.result == IDLE:
            self._heard_ms = now_ms
        self._want = 5 + 2 * count
        self._stamp_ms = now_ms
        self._n = self._at = self._heard_own = 0
        self._sent = self._header = False
        self.result = BUSY

    def step(self, now_ms):
        """Go on; returns ms until the next call is useful, 0 when .result is final."""
        if self.result != BUSY:
            return 0
        if not self._sent:
            return self._send(now_ms)
        if self.driving:
            waited_ms = ticks_diff(now_ms, self._stamp_ms)
            if not self._uart.txdone() and waited_ms < self._wire_ms():
                return 1
            self._listen()
            return max(1, self._first_wake_ms - waited_ms)
        if self._take():
            self._heard_ms = now_ms
            if self._find():
                return self._end(now_ms)
        waited_ms = ticks_diff(now_ms, self._stamp_ms)
        left_ms = self._wire_ms() + self._limit_ms - waited_ms
        pending = self._n - self._at if self._header else 0
        if self._header and ticks_diff(now_ms, self._heard_ms) >= _GAP_MS:
            self.result = BAD_CRC
        elif left_ms <= 0:
            self.result = BAD_CRC if self._header else FOREIGN if self._n > self._heard_own else TIMEOUT
        else:
            missing = self._want - pending
            nap_ms = missing * self._char_us // 1000 + 1 if 0 < missing < self._want else _NAP_MS
            return nap_ms if nap_ms < left_ms else left_ms
        return self._end(now_ms)

    def word(self, i):
        """Register i of the last reply (u16); valid from DONE until the next start()."""
        at = self._at + 3 + 2 * i
        return self._rx[at] << 8 | self._rx[at + 1]

    def _wire_ms(self):
        return (8 + self._want) * self._char_us // 1000 + 1

    def _send(self, now_ms):
        waiting = self._uart.any()
        if waiting:  # the tail of a late reply, to an earlier request
            self.noise += self._uart.readinto(self._rx, min(waiting, _RX_SIZE)) or 0
            self._heard_ms = now_ms
        quiet_ms = ticks_diff(now_ms, self._heard_ms)
        if quiet_ms < self._silence_ms:
            if ticks_diff(now_ms, self._stamp_ms) >= _JAM_MS:
                self.result = JAMMED
                return self._end(now_ms)
            return min(self._silence_ms - quiet_ms, self._silence_ms)
        if self._drive:
            self.driving = True
            self._drive(1)
        if self._uart.write(self._tx) != 8:
            if self.driving:
                self._listen()
            self.result = JAMMED
            return self._end(now_ms)
        self._sent = True
        self._stamp_ms = now_ms
        self._first_wake_ms = self._wire_ms() + self._turn_ms
        return 8 * self._char_us // 1000 + 1 if self.driving else self._first_wake_ms

    def _listen(self):
        self._drive(0)
        self.driving = False

    def _take(self):
        """Move what has arrived into _rx behind what is there. Allocates (a view) only when a reply arrives in several reads."""
        waiting = self._uart.any()
        if not waiting:
            return False
        if self._n + waiting > _RX_SIZE:  # make room: what lies before _at has been judged
            keep = self._n - self._at
            for i in range(keep):
                self._rx[i] = self._rx[self._at + i]
            self.noise += self._at - self._heard_own
            self._n = keep
            self._at = self._heard_own = 0
        room = min(waiting, _RX_SIZE - self._n)
        self._n += self._uart.readinto(self._view[self._n :] if self._n else self._rx, room) or 0
        return True

    def _find(self):
        """Look for our reply from _at on; leaves _at on it, or on the first byte that may still become one."""
        rx = self._rx
        tx = self._tx
        n = self._n
        at = self._at
        function = tx[1]
        want = self._want
        if at == 0 and self._echo and n >= 8:
            while at < 8 and rx[at] == tx[at]:
                at += 1
            self._heard_own = at = at & 8  # all eight, or none
        self._header = False
        while at + 5 <= n:
            if rx[at] == tx[0]:
                if rx[at + 1] == function and rx[at + 2] == want - 5:
                    self._header = True
                    if at + want > n:
                        break
                    if crc16(rx, at, want) == 0:
                        self.result = DONE
                        break
                elif rx[at + 1] == function | 0x80 and crc16(rx, at, 5) == 0:
                    self.exception_code = rx[at + 2]
                    self.result = EXCEPTION
                    break
            at += 1
        self._at = at
        return self.result != BUSY

    def _end(self, now_ms):
        self.noise += (self._at if self.result == DONE or self.result == EXCEPTION else self._n) - self._heard_own
        if self.result == DONE:
            waited_ms = ticks_diff(now_ms, self._stamp_ms)
            if waited_ms > self._first_wake_ms:  # woken too early: wait longer next time; else try a little earlier
                self._turn_ms = max(_TURN_MIN_MS, min(waited_ms - self._wire_ms(), self._limit_ms))
            else:
                self._turn_ms = max(_TURN_MIN_MS, self._turn_ms - (self._turn_ms >> 3) - 1)
        self._heard_ms = now_ms
        return 0
