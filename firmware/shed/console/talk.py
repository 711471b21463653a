"""Typed lines: answered in words when these are in memory, else in numbers. Decides when the words are loaded and dropped.

Hazard: importing a module takes 30 to 60 ms in which no scan runs. So **nothing is imported while an outlet is on**:

    3 s after the start, at least 60 KB would stay free: words loaded, for good
    else: typed line, no outlet on: words loaded, a module a turn; dropped 60 s after the last typed line, once no outlet is on
    else: typed line, an outlet on: the rows that tools get, as `key=value` (docs/protocols/console.md)
"""

import gc
import sys
from time import ticks_diff

from micropython import const

from shed.unload import unload

_FORGET_MS = const(60000)  # after the last typed line
_SETTLED_MS = const(3000)  # what only a boot needs has left the RAM
_ENOUGH_BYTES = const(72000)  # free before loading: 60 KB stay
# About 10 KB that only a person at a terminal needs, in order of import.
WORDY = ("shed.console.dates", "shed.console.words", "shed.console.typed")
_READS = {"status": "", "why": "o", "log": "n", "sessions": "n", "faults": "", "tasks": "", "version": ""}
_MOST = const(200)  # records in one typed answer
WRITES = ("stop", "clear", "confirm", "repl")  # and `time`, which takes a date: with words only
_LIVE = "switch the breaker off, it may be live: "
BREAKER = b"\x08\x09\x0b\x1c"  # codes of faults at which a socket may be live: its breaker first
_OF_OUTLETS = b"\x08\x09\x15\x1c\x1d\x23"  # codes of faults (docs/fault-codes.md) whose argument is an outlet, or its meter
_OF_OTHERS = b"\x0a\x10\x11\x12\x13\x18\x1a\x1b\x1e"  # or a point, a gate, ... counted from 0
_THINGS = ("outlet", "point", "gate")  # by the first letter; all but outlets count from 0 in the rows
_NUMBERS = """\
numbers only: words are not loaded while an outlet is on; `shed` on a laptop has them
status, why N, log [N], sessions [N], faults, tasks, version, stop N, clear, confirm, repl
"""


class Talk:
    """commands: console.commands.Commands."""

    def __init__(self, commands):
        self._commands = commands
        self._typed = None  # shed.console.typed.Typed while the words are in memory
        self._typed_ms = 0
        self._began_ms = None  # of the start
        self._starting = True
        self._stays = False

    def step(self, now_ms):
        """Call it while no typed answer is under way. Loads a module, or drops the words, when it is time."""
        if self._starting:
            if self._began_ms is None:
                self._began_ms = now_ms
            if ticks_diff(now_ms, self._began_ms) < _SETTLED_MS:
                return
            if self._commands.shed.quiet():
                if not self._stays:
                    gc.collect()
                    self._stays = gc.mem_free() >= _ENOUGH_BYTES
                self._starting = self._stays and not self._load()
            else:
                self._starting = False
        elif self._typed is not None and not self._stays:
            if not 0 <= ticks_diff(now_ms, self._typed_ms) < _FORGET_MS and self._commands.shed.quiet():
                self._forget()

    def run(self, text, now_ms):
        """Yields the lines of the answer, each ended by LF; None where it gives a turn away."""
        self._typed_ms = now_ms
        while self._typed is None and self._commands.shed.quiet():
            try:
                self._load()
            except MemoryError:
                self._forget()
                yield "no memory for typed answers just now; tools are still answered\n"
                return
            yield None
        if self._typed is None:
            yield _NUMBERS
            yield from self._in_numbers(text.split(), now_ms)
        else:
            yield from self._typed.run(text, now_ms)

    def _load(self):
        """Imports the next module of the words. Returns whether they are complete."""
        for name in WORDY:
            if name not in sys.modules:
                __import__(name)
                return False
        self._typed = sys.modules[WORDY[-1]].Typed(self._commands, _MOST, WRITES, BREAKER)
        return True

    def _forget(self):
        self._typed = None
        self._stays = False
        unload(WORDY)

    def _in_numbers(self, parts, now_ms):
        verb = parts[0].lower()
        value = parts[1] if len(parts) > 1 else ""
        value = int(value) if len(value) < 6 and value.isdigit() else -1
        if verb in _READS:
            name = _READS[verb]
            asked = {name: min(value, _MOST) if name == "n" else value} if value >= 0 else {}
            rows = self._commands.read("hello" if verb == "version" else verb, asked, now_ms)
        elif verb in WRITES:
            rows = (self._commands.write(verb, {"o": value}, now_ms),)
        else:
            return
        for row in rows:
            if row is None:
                yield None
                continue
            about = _LIVE if row.get("on") == 2 or (row.get("f", 0) in BREAKER and row["live"]) else ""
            for name in _THINGS:
                if name[0] in row and row.get("ok") is not True:
                    about += "%s %d " % (name, row.pop(name[0]) + (0 if name == "outlet" else 1))
            if "m" in row:
                about = "meter of outlet %s " % self._commands.shed.outlet_number(row.pop("m"))
            if "f" in row:  # its argument as the number on the thing, as in the rows of the things
                code = row["f"]
                row["a"] = self._commands.shed.outlet_number(row["a"]) if code in _OF_OUTLETS else row["a"] + (code in _OF_OTHERS)
            yield about + " ".join(["%s=%s" % pair for pair in row.items()]) + "\n"
