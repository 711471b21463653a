"""The differences between two sites, key by key. Tables of a list are matched by name or number, not by position."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel

from .model import SiteFile
from .show import toml_value

_SECRET = "maintenance_key"


@dataclass(frozen=True, slots=True)
class Change:
    """One key: its place, both values as TOML; None where a side does not have the table."""

    key: str
    old: str | None
    new: str | None

    def show(self) -> str:
        """For a terminal."""
        if self.old is None or self.new is None:
            sign, value = ("+", self.new) if self.old is None else ("-", self.old)
            return f"{sign} {self.key}" + (f" = {value}" if value else "")
        return f"  {self.key}: {self.old} -> {self.new}"


def changes(old: SiteFile, new: SiteFile) -> list[Change]:
    """Every difference, in the order of the schema. The maintenance key is compared and never shown."""
    return list(_model(old, new, ""))


def _model(old: BaseModel, new: BaseModel, prefix: str) -> Iterator[Change]:
    for name in type(old).model_fields:
        yield from _value(getattr(old, name), getattr(new, name), f"{prefix}{name}")


def _value(old: object, new: object, key: str) -> Iterator[Change]:
    if isinstance(old, BaseModel) and isinstance(new, BaseModel):
        yield from _model(old, new, f"{key}.")
    elif isinstance(old, BaseModel) or isinstance(new, BaseModel):
        yield Change(key, "there" if isinstance(old, BaseModel) else None, "there" if isinstance(new, BaseModel) else None)
    elif _is_tables(old) or _is_tables(new):
        yield from _tables(_by_name(old), _by_name(new), key)
    elif old != new:
        secret = key.endswith(_SECRET)
        yield Change(key, "(secret)" if secret else toml_value(old), "(another)" if secret else toml_value(new))


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], BaseModel)


def _by_name(value: object) -> dict[str, BaseModel]:
    found: dict[str, BaseModel] = {}
    if isinstance(value, list):
        for table in value:
            if isinstance(table, BaseModel):
                found[toml_value(getattr(table, "number", None) or getattr(table, "name", None))] = table
    return found


def _tables(old: dict[str, BaseModel], new: dict[str, BaseModel], key: str) -> Iterator[Change]:
    for name in [*old, *(name for name in new if name not in old)]:
        if name in old and name in new:
            yield from _model(old[name], new[name], f"{key} {name} ")
        else:
            yield Change(f"{key} {name}", "" if name in old else None, "" if name in new else None)
    both = [name for name in old if name in new]
    if both != [name for name in new if name in old]:  # positions are the board's indexes, which journals use
        yield Change(f"order of {key}", ", ".join(old), ", ".join(new))
