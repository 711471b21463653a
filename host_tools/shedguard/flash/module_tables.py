"""One thing about the layout of a compiled module that decides what a stock image keeps in RAM.

Hazard: a shed short of memory for no visible reason. MicroPython puts a module's names and its constant objects into one block, with a
pointer to each. A module without constant objects whose names fill that block to its end has its second pointer just behind it, at what
comes next in the heap; the collector takes that for an object in use. So a module that was taken out of the RAM stayed there, up to 4 KB,
or not, as the number of names in another one came out (measured: decision 0038). Such a module gets one constant, None, which nothing
uses and which takes no RAM of its own.
"""

from __future__ import annotations

from typing import Final

_HEADER: Final = 4  # M, version, feature flags, bits of a small integer
_NONE: Final = b"\x01"  # a constant object of persistent code, py/persistentcode.c
_NAME_BYTES: Final = 2  # an entry of the table of names
_WORD: Final = 4
_BLOCK: Final = 16  # of the heap
_MOST: Final = 0x7F  # a number of one byte


def padded(code: bytes) -> bytes:
    """A module as ``mpy-cross`` makes it, with its second table inside its block."""
    names, at = _number(code, _HEADER)
    objects, behind = _number(code, at)
    words = -(-names * _NAME_BYTES // _WORD)
    if objects or not words or words * _WORD % _BLOCK:
        return code
    end = behind
    for _ in range(names):
        length, end = _number(code, end)
        if not length & 1:  # else one that every image has
            end += (length >> 1) + 1
    return code[:at] + b"\x01" + code[behind:end] + _NONE + code[end:]


def _number(code: bytes, at: int) -> tuple[int, int]:
    """(a number of seven bits a byte, the highest first; where the next begins)."""
    value = 0
    while code[at] > _MOST:
        value = (value | code[at] & _MOST) << 7
        at += 1
    return value | code[at], at + 1
