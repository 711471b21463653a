"""Line numbers of each table header and key in a TOML file. tomllib parses; this module only locates.

Assumes text that tomllib has accepted. Keys inside an inline table or an array are found on the line on which they stand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Path = tuple[str | int, ...]
_KEY = re.compile(r"""\s*(?:"(?P<quoted>[^"]*)"|'(?P<literal>[^']*)'|(?P<bare>[A-Za-z0-9_-]+))\s*(?P<next>[.=])""")


class Positions:
    """``line(path)`` of a file's text; a path that does not exist gets the line of its nearest enclosing table."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {(): 1}
        self._counts: dict[Path, int] = {}
        self._scan(text)

    def line(self, path: Sequence[str | int]) -> int:
        """The 1-based line of ``path`` or of its longest prefix in the file."""
        key = tuple(path)
        while key not in self._lines:
            key = key[:-1]
        return self._lines[key]

    def _scan(self, text: str) -> None:
        lines = text.splitlines()
        table: Path = ()
        at = 0
        while at < len(lines):
            line = lines[at].strip()
            if line.startswith("[["):
                table = self._absolute(self._dotted(line[2 : line.index("]]")]), at + 1, append=True)
                self._lines.setdefault(table, at + 1)
            elif line.startswith("["):
                table = self._absolute(self._dotted(line[1 : line.index("]")]), at + 1, append=False)
                self._lines.setdefault(table, at + 1)
            elif line and not line.startswith("#"):
                at = self._assignment(lines, at, table)
            at += 1

    def _dotted(self, text: str) -> tuple[str, ...]:
        return tuple(part.strip().strip("\"'") for part in text.split("."))

    def _absolute(self, names: tuple[str, ...], line: int, append: bool) -> Path:
        """The path of a header, with the current element index of each array in it."""
        path: Path = ()
        for depth, name in enumerate(names):
            path = (*path, name)
            if append and depth == len(names) - 1:
                index = self._counts.get(path, 0)
                self._counts[path] = index + 1
                self._lines.setdefault(path, line)
                path = (*path, index)
            elif path in self._counts:
                path = (*path, self._counts[path] - 1)
        return path

    def _assignment(self, lines: list[str], at: int, table: Path) -> int:
        """Record the key on line ``at`` and the keys inside its value; returns the value's last line."""
        path, offset = table, 0
        while match := _KEY.match(lines[at], offset):
            path = (*path, match["bare"] or match["quoted"] or match["literal"] or "")
            self._lines.setdefault(path, at + 1)
            offset = match.end()
            if match["next"] == "=":
                break
        return self._value(lines, at, offset, path)

    def _value(self, lines: list[str], at: int, offset: int, path: Path) -> int:
        """Scan one value: skip strings, follow brackets, record inner keys and elements."""
        stack: list[tuple[str, Path, int]] = []  # bracket, path of the container, elements so far
        expects_key = False
        while at < len(lines):
            line = lines[at]
            while offset < len(line):
                if expects_key and (match := _KEY.match(line, offset)):
                    inner = (*stack[-1][1], match["bare"] or match["quoted"] or match["literal"] or "")
                    self._lines.setdefault(inner, at + 1)
                    path, offset, expects_key = inner, match.end(), False
                    continue
                char = line[offset]
                if char == "#":
                    break
                if char in "\"'":
                    at, offset = _string_end(lines, at, offset)
                    line = lines[at]
                    continue
                if char in "[{":
                    stack.append((char, path, 0))
                    expects_key = char == "{"
                    if char == "[":
                        path = (*path, 0)
                        self._lines.setdefault(path, at + 1)
                elif char in "]}" and stack:
                    path = stack.pop()[1]
                    expects_key = False
                elif char == "," and stack:
                    bracket, container, count = stack[-1]
                    stack[-1] = (bracket, container, count + 1)
                    expects_key = bracket == "{"
                    if bracket == "[":
                        path = (*container, count + 1)
                        self._lines.setdefault(path, at + 1)
                offset += 1
            if not stack:
                return at
            at, offset = at + 1, 0
        return at


def _string_end(lines: list[str], at: int, offset: int) -> tuple[int, int]:
    """Line and offset after the string that begins here: basic, literal or either three-quote form."""
    quote = lines[at][offset]
    closing = quote * 3 if lines[at].startswith(quote * 3, offset) else quote
    offset += len(closing)
    while at < len(lines):
        line = lines[at]
        while offset < len(line):
            if line[offset] == "\\" and quote == '"':
                offset += 2
            elif line.startswith(closing, offset):
                return at, offset + len(closing)
            else:
                offset += 1
        at, offset = at + 1, 0
    return len(lines) - 1, len(lines[-1])
