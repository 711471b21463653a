"""The figures as a table for people."""

from __future__ import annotations

import textwrap
from typing import Any


def show(results: dict[str, Any]) -> None:
    """Each key with its values, then its conditions, wrapped."""
    for key, figure in results.items():
        print(key)
        for name, value in figure.items():
            if name not in ("conditions", "missed"):
                words = ", ".join(f"{k} {_text(v)}" for k, v in value.items()) if isinstance(value, dict) else _text(value)
                print(f"  {name:<20} {words}")
        for sentence in figure.get("missed", []):
            print(textwrap.fill(f"MISSED: {sentence}", 110, initial_indent="  ", subsequent_indent="   "))
        print(textwrap.fill(figure["conditions"], 110, initial_indent="  (", subsequent_indent="   ") + ")")
        print()


def _text(value: object) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{k} {_text(v)}" for k, v in value.items()) + ")"
    return f"{value:,}".replace(",", " ") if isinstance(value, int | float) else str(value)
