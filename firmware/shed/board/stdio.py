"""UART0 through the port's stdin and stdout: the console's wire.

Hazard: `write` blocks the scheduler while the 128-byte hardware FIFO is full; the console writes at most 96 bytes a turn.
"""

import sys
from select import POLLIN, poll


class Console:
    """`read_into(buf)` never blocks and returns how many bytes came; `write(data)` takes at most what the caller may block for."""

    def __init__(self):
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self._one = bytearray(1)
        self._poll = poll()
        self._poll.register(sys.stdin, POLLIN)

    def read_into(self, buf):
        count = 0
        poller = self._poll
        while count < len(buf):
            ready = False
            for _event in poller.ipoll(0):
                ready = True
            if not ready:
                break
            self._in.readinto(self._one)  # pyright: ignore[reportAttributeAccessIssue]  a stream of bytes has it; the stubs do not know
            buf[count] = self._one[0]
            count += 1
        return count

    def write(self, data):
        self._out.write(data)
