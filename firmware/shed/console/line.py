"""Bytes from the wire to lines: typed ones (echoed, editable) and framed ones (docs/protocols/console.md).

Hazard: REPL control bytes or line noise that change something. Every control byte but backspace, CR and LF, and every byte above 0x7E, is
dropped; a line of more than 192 bytes is discarded whole.
"""

from micropython import const

NONE = const(0)
LINE = const(1)
TOO_LONG = const(2)

MAX_LINE = const(192)
_BACKSPACE = const(8)
_DELETE = const(0x7F)
_CR = const(13)
_LF = const(10)


class LineReader:
    """`feed` byte by byte. After LINE: `line[:length]` and `framed`, until the next `feed`. `echo`: what to send back for the last byte."""

    def __init__(self):
        self.line = bytearray(MAX_LINE)
        self.length = 0
        self.framed = False
        self.echo = b""
        self._ended = True
        self._long = False
        self._after_cr = False

    def feed(self, byte):
        """NONE, LINE, or TOO_LONG at the end of a line that was discarded. A LF behind a CR is part of it."""
        self.echo = b""
        if self._ended:
            self._ended = self._long = self.framed = False
            self.length = 0
        after_cr = self._after_cr
        self._after_cr = byte == _CR
        if byte == _CR or byte == _LF:
            if byte == _LF and after_cr:
                return NONE
            if not self.framed:
                self.echo = b"\r\n"
            self._ended = True
            return TOO_LONG if self._long else LINE
        if byte == _BACKSPACE or byte == _DELETE:
            if self.length and not self.framed and not self._long:
                self.length -= 1
                self.echo = b"\b \b"
        elif 32 <= byte < _DELETE:
            if self.length == MAX_LINE:
                self._long = True
            else:
                if self.length == 0:
                    self.framed = byte == 0x3E or byte == 0x21  # > or !
                self.line[self.length] = byte
                self.length += 1
                if not self.framed:
                    self.echo = bytes((byte,))
        return NONE
