"""Types of fields that site files and board files share."""

from __future__ import annotations

from typing import Final

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

NAME_LENGTH: Final = 40  # characters of a name


def _whole(value: object) -> object:
    """A literal accepts any equal value, so ``true`` for 1 and 9600.0 for 9600: these are refused like any other wrong type."""
    if type(value) is not int:
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value


Whole = BeforeValidator(_whole)
