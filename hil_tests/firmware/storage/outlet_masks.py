"""Masks of outlets as the live ring has them: 8 bytes, bit i of byte i // 8 for outlet i."""

from __future__ import annotations


def mask(outlets: int) -> bytes:
    """outlets: bit i is outlet i."""
    return outlets.to_bytes(8, "little")


def watched(may_be_live: int, most_s: int, welded: int, live: int, mixed: int, rows: bytes) -> bytes:
    """What LiveRing.watch takes."""
    return mask(may_be_live) + mask(welded) + mask(live) + mask(mixed) + rows + most_s.to_bytes(2, "little")


def most_s(told: bytes) -> int:
    """Of what was told: the most seconds in any row."""
    return int.from_bytes(told[40:42], "little")
