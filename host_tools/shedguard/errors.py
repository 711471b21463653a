"""Errors for users: what happened, the probable cause, and what clears it, with its exit code (the list below)."""

from __future__ import annotations

from typing import Final

OK: Final = 0
FAILED: Final = 1
INVALID: Final = 2
PORT: Final = 3
PROTOCOL: Final = 4
SAFETY_FAULT: Final = 5
TEST_FAILED: Final = 6
REFUSED: Final = 7
INTERRUPTED: Final = 130


class ShedError(Exception):
    """A failure that a user can act on. Never shown with a traceback."""

    def __init__(self, what: str, cause: str = "", hint: str = "", code: int = FAILED) -> None:
        super().__init__(what)
        self.what, self.cause, self.hint, self.code = what, cause, hint, code

    def __str__(self) -> str:
        lines = [f"error: {self.what}"]
        if self.cause:
            lines.append(f"  cause: {self.cause}")
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


def reason(error: Exception) -> str:
    """Why a file or port could not be used, without Python's own wording."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not a text in UTF-8"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
