"""The console task: one line in, one command at a time, at most 96 bytes out per turn (docs/protocols/console.md).

Hazard: a chatty or broken serial line that keeps the shed from its work. Every turn is short, no input raises, no answer waits for ever.

    LISTENING --typed line--> TALKING --text is out--> LISTENING
    LISTENING --request--> SENDING --frame is out--> WAITING --acknowledged--> SENDING (next frame), or LISTENING after the last
    WAITING --500 ms without--> the frame again, 3 times, then LISTENING         any --new request--> SENDING

A search that takes longer than 300 ms shows that it lives: the known item goes out as a frame "of 0", and then that frame again every 300
ms.
"""

from time import ticks_diff

from micropython import const

from shed.console import frame, line
from shed.console.commands import Commands, error
from shed.console.talk import Talk

_TYPES = const(0)  # true for the type checker (host_tools/pyright-firmware.json); on a board the compiler leaves out what is under it

if _TYPES:
    from shed.console.contracts import Shed, Stdio

LISTENING = const(0)
TALKING = const(1)
SENDING = const(2)
WAITING = const(3)

_TURN_BYTES = const(96)
_IDLE_MS = const(20)
_WAIT_MS = const(3)
_RETRY_MS = const(500)
_RETRIES = const(3)
_LIFE_MS = const(300)  # a tool hears something at least this often while a search is under way
_KEPT_MS = const(10000)  # a repeated writing request within this is answered from its kept result
_PROMPT = b"shed> "
_CHUNK = const(32)


class Console:
    """stdio, shed: see contracts.pyi. auth: console.auth.Auth."""

    def __init__(self, stdio: "Stdio", shed: "Shed", auth):
        self._stdio = stdio
        self._auth = auth
        self._commands = Commands(shed, auth)
        self._talk = Talk(self._commands)
        self._reader = line.LineReader()
        self._chunk = bytearray(_CHUNK)
        self._at = self._have = 0
        self._out = None
        self._sent = 0
        self._source = None  # generator of the running command
        self._item = self._peek = self._told = self._frame = None
        self._exhausted = self._counted = False  # the source has no more; the tool knows the count
        self._sequence = self._index = 0
        self._frame_ms = self._tries = 0
        self._last = -1  # sequence and CRC of the last request
        self._kept = None
        self._kept_ms = 0
        self.state = LISTENING

    def step(self, now_ms):
        """One turn. Returns ms until the next."""
        self._auth.step(now_ms)
        if self.state == LISTENING:
            self._talk.step(now_ms)
        if self._out is not None:
            return self._write(self._out)
        if self.state == TALKING:
            self._tell(self._source)
            return 1
        self._listen(now_ms)
        if self._out is None:
            if self.state == SENDING:
                self._send(self._source, now_ms)
            elif self.state == WAITING:
                if 0 <= ticks_diff(now_ms, self._frame_ms) < _RETRY_MS:
                    return _WAIT_MS
                self._again(now_ms)
            elif self.state == LISTENING and self._at == self._have:
                return _IDLE_MS
        return 1

    def _write(self, out):
        end = min(self._sent + _TURN_BYTES, len(out))
        self._stdio.write(memoryview(out)[self._sent : end])
        wait_ms = 1 + (end - self._sent) * 89 // 1024
        self._sent = end
        if end == len(out):
            self._out = None
        return wait_ms

    def _say(self, data):
        self._out = data
        self._sent = 0

    # Input.

    def _listen(self, now_ms):
        if self._at == self._have:
            self._at = 0
            self._have = self._stdio.read_into(self._chunk)
            if not self._have:
                return
        reader = self._reader
        echo = b""
        while self._at < self._have:
            got = reader.feed(self._chunk[self._at])
            self._at += 1
            if reader.echo:
                echo += reader.echo
            if got:
                if echo:
                    self._say(echo)
                self._line(got, now_ms)
                return
        if echo:
            self._say(echo)

    def _line(self, got, now_ms):
        reader = self._reader
        if not reader.framed:
            self._finish()
            if got == line.LINE:
                text = reader.line[: reader.length].decode()
                self._source = self._talk.run(text, now_ms) if text.strip() else iter(())
            else:
                self._source = iter((error("long")["hint"] + "\n",))
            self.state = TALKING
        elif reader.line[0] == 0x3E:
            if got == line.LINE:
                self._request(now_ms)
            else:
                self._refuse("long")
        elif got == line.LINE:
            self._acknowledged(now_ms)

    def _refuse(self, name):
        """A frame 0 of 0 under sequence 00: nothing ran, no acknowledgement is needed."""
        self._say(frame.answer(0, 0, 0, {"err": "crc"} if name == "crc" else error(name)))

    # Typed commands.

    def _tell(self, source):
        """Goes on with a listing, and looks for a tool's request in the input. 32 typed characters wait, more are dropped."""
        chunk = self._chunk
        if self._at:
            left = self._have - self._at
            chunk[:left] = chunk[self._at : self._have]
            self._at = 0
            self._have = left
        if self._have == _CHUNK:
            self._have = 0
        self._have += self._stdio.read_into(memoryview(chunk)[self._have :])
        if chunk[: self._have].find(b">") >= 0:
            self._finish()  # a tool's request goes first
            self._say(b"\r\n")
            return
        try:
            text = next(source)
        except StopIteration:
            self._finish()
            self._say(_PROMPT)
            return
        if text is not None:
            self._say(text.replace("\n", "\r\n").encode())

    # Framed commands.

    def _request(self, now_ms):
        sequence, crc, fields = frame.request(self._reader.line, self._reader.length)
        if sequence < 0:
            self._refuse("crc" if sequence == frame.BAD_CRC else "json")
            return
        same = self._last == sequence << 16 | crc
        if same and self.state == SENDING and self._index < 2:
            if self._index:
                self._say(self._frame)
            return  # the search still runs: begun anew each time it would never end
        after = None
        if same:  # asked again because our answer was lost: what is to follow it still waits
            after = self._commands.after
            self._commands.after = None
        self._finish()
        self._commands.after = after
        if not same or self._kept is None or not 0 <= ticks_diff(now_ms, self._kept_ms) < _KEPT_MS:
            self._last = sequence << 16 | crc
            self._kept = self._commands.write(fields.get("do"), fields, now_ms)
            self._kept_ms = now_ms
        if self._kept is None:
            self._source = self._commands.read(fields.get("do"), fields, now_ms)
        else:
            self._source = iter((self._kept,))
        self._sequence = sequence
        self._index = 0
        self._exhausted = False
        self._frame_ms = now_ms
        self.state = SENDING

    def _send(self, source, now_ms):
        """One step, 2 to 10 ms: pulls until the item to send and the next one (or the end) are known, then sends it."""
        if not self._exhausted and (self._item is None or self._peek is None):
            try:
                item = next(source)
            except StopIteration:
                self._exhausted = True
                return
            if item is None:
                if not 0 <= ticks_diff(now_ms, self._frame_ms) < _LIFE_MS:
                    self._live_sign(now_ms)
            elif self._item is None:
                self._item = item
            else:
                self._peek = item
        elif self._item is not None:
            self._encode(now_ms)
        elif self._index:  # the last item went out as one of many
            self._item = self._told
            self._index -= 1
            self._encode(now_ms)
        else:
            self._finish()

    def _live_sign(self, now_ms):
        if self._item is not None:
            self._encode(now_ms)
        elif self._index:
            self._say(self._frame)
            self._frame_ms = now_ms

    def _encode(self, now_ms):
        """Sends the item: with the count if it is the last."""
        self._index += 1
        self._counted = self._exhausted and self._peek is None
        count = self._index if self._counted else 0
        self._told = self._item
        try:
            self._frame = frame.answer(self._sequence, self._index, count, self._item)
        except ValueError:
            self._frame = frame.answer(self._sequence, self._index, count, error("long"))
        self._tries = 0
        self._transmit(now_ms)

    def _transmit(self, now_ms):
        self._say(self._frame)
        self._frame_ms = now_ms
        self.state = WAITING

    def _again(self, now_ms):
        if self._tries == _RETRIES:
            self._finish()
        else:
            self._tries += 1
            self._transmit(now_ms)

    def _acknowledged(self, now_ms):
        sequence, index = frame.acknowledged(self._reader.line, self._reader.length)
        if self.state != WAITING or sequence != self._sequence:
            return
        if index == self._index:
            self._item = self._peek
            self._peek = None
            self.state = SENDING
            if self._counted:
                self._finish()
        elif index == self._index - 1:  # the tool missed this frame
            self._again(now_ms)

    def _finish(self):
        """Ends the running command, complete or not, and does what was to follow its answer."""
        self._source = self._item = self._peek = self._told = self._frame = None
        self.state = LISTENING
        after = self._commands.after
        self._commands.after = None
        if after is not None:
            after()
