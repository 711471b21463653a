"""Old names of the simulator's modules, for tests written elsewhere: they stay for one release."""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import iter_modules


def stand_in(old: str, *packages: str) -> None:
    """Every module of ``packages`` is found as ``old``.NAME, too."""
    for package in packages:
        for module in iter_modules(import_module(package).__path__):
            if module.name != "__main__":
                there = import_module(f"{package}.{module.name}")
                sys.modules[f"{old}.{module.name}"] = there
                setattr(sys.modules[old], module.name, there)
