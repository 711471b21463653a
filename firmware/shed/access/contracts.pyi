"""What access expects of others, and what the entrance expects of a reader. For the type checker only: no board has this file."""

from typing import Protocol

class GateSink(Protocol):
    """Hears a gate's events (gate.py); `service.books.Books.gate` is one."""

    def __call__(self, event, reason, card, /) -> object: ...

class Reader(Protocol):
    """A card reader; `pn532.Pn532` is one. It only reports: who may enter is judged by the entrance."""

    present: bytes | None  # the canonical card that lies there (records.md), None without
    seen_empty: bool  # it has looked and seen no card
    silent: bool  # it does not answer: fault 16

    def step(self, now_ms, /) -> int:
        """Goes on, never waits. Returns ms until it wants to run again."""
