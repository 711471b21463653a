"""Rules for the C files of the emulated board: which includes and calls which, and every header belongs to one file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

# X.h declares what X.c offers. These headers have no C file: others give their names, or they offer nothing.
OWNERLESS: Final = {
    "board.h": "numbers only: sizes of the chip, units of time",
    "mpconfigport.h": "MicroPython looks for it",
    "mphalport.h": "MicroPython looks for it",
    "qstrdefsport.h": "MicroPython looks for it",
    "skip_used_blocks.h": "a macro for the Makefile's copy of py/gc.c",
}
OWNERS: Final = {"crypto.h": "hashes"}  # lib/axtls/crypto/crypto.h: extmod/modhashlib.c looks for it

_NOISE: Final = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"', re.DOTALL)
_INCLUDE: Final = re.compile(r'^#include "(?:[^"\n]*/)?([^"/\n]+\.h)"', re.MULTILINE)
_DEFINITION: Final = re.compile(r"^(?!static\b|typedef\b|#)[A-Za-z_][\w \t*]*?\b(\w+)\([^;{}]*\) \{$", re.MULTILINE)
_CALL: Final = re.compile(r"\b(\w+)\(")

Arrows = dict[str, set[str]]


def headers_without_owner(port: Path) -> list[str]:
    """The headers without a C file of their own."""
    files = {path.stem for path in port.glob("*.c")}
    return sorted(path.name for path in port.rglob("*.h") if path.name not in OWNERLESS and OWNERS.get(path.name, path.stem) not in files)


def functions_in(header: str) -> list[str]:
    """Functions and variables in a header that may hold numbers only."""
    code = re.sub(r"^#.*$", "", _NOISE.sub("", header), flags=re.MULTILINE)
    return [line.strip() for line in code.splitlines() if line.strip()]


def arrows(port: Path) -> Arrows:
    """From each C file (by its stem) to those whose header it or its own header includes, or whose functions it calls."""
    sources = {path.stem: path.read_text(encoding="utf-8") for path in port.glob("*.c")}
    texts = {name: source + _read(port / f"{name}.h") for name, source in sources.items()}
    definers = {function: name for name, source in sources.items() for function in _DEFINITION.findall(_NOISE.sub("", source))}
    found: Arrows = {}
    for name, text in texts.items():
        headers: list[str] = _INCLUDE.findall(text)
        included = {OWNERS.get(header, header.removesuffix(".h")) for header in headers}
        called = {definers[function] for function in _CALL.findall(_NOISE.sub("", sources[name])) if function in definers}
        found[name] = ((included & sources.keys()) | called) - {name}
    return found


def circles(of: Arrows) -> list[list[str]]:
    """The groups of files that all need each other, directly or not; the largest first."""
    reach = {name: _reachable(of, name) for name in of}
    groups = {tuple(sorted(other for other in reach[name] if name in reach[other])) for name in of if name in reach[name]}
    return sorted((list(group) for group in groups), key=lambda group: (-len(group), group))


def _reachable(of: Arrows, start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for name in of[waiting.pop()] - seen:
            seen.add(name)
            waiting.append(name)
    return seen


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
