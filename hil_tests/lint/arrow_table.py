"""The allowed arrows between the rooms of the product: who may import whom. Read it as: this room knows those, and no other.

Each row is a room; rows come after the rooms that they use. A new arrow is added here only if it makes no cycle and the room should know
the other; docs/architecture.md says what each room is for. test_arrows.py checks every import against the table.
"""

from __future__ import annotations

from typing import Final

# What runs on the board. A room gets the hardware and other rooms that it needs passed in; it does not import them.
_FIRMWARE: Final[dict[str, tuple[str, ...]]] = {
    "shed": (),
    "shed.crc": (),
    "shed.unload": (),
    "shed.board": (),
    "shed.safety": (),
    "shed.storage": (),
    "shed.access": (),
    "shed.executive": ("shed.safety",),
    "shed.metering": ("shed.crc",),
    "shed.charging": ("shed.metering", "shed.safety"),
    "shed.console": ("shed.crc", "shed.safety", "shed.storage", "shed.unload"),
    "shed.service": (
        "shed.access",
        "shed.board",
        "shed.charging",
        "shed.console",
        "shed.executive",
        "shed.metering",
        "shed.safety",
        "shed.storage",
        "shed.unload",
    ),
    "shed.boot": ("shed.board", "shed.charging", "shed.console", "shed.metering", "shed.safety", "shed.service", "shed.storage"),
    "shed.app": ("shed.board", "shed.boot", "shed.safety", "shed.unload"),
    "main": ("shed.app",),
    "manifest": (),  # what is frozen into an image
}

# The `shed` command and the library under it. It knows the simulator only where a verb starts it.
_HOST: Final[dict[str, tuple[str, ...]]] = {
    "shedguard": (),
    "shedguard.errors": (),
    "shedguard.paths": (),
    "shedguard.files": ("shedguard.errors",),
    "shedguard.formats": ("shedguard.errors",),
    "shedguard.boards": ("shedguard.errors", "shedguard.files", "shedguard.paths"),
    "shedguard.site": ("shedguard.boards", "shedguard.errors", "shedguard.files", "shedguard.formats"),
    "shedguard.link": ("shedguard.errors", "shedguard.formats"),
    "shedguard.flash": (
        "shedguard.boards",
        "shedguard.errors",
        "shedguard.files",
        "shedguard.formats",
        "shedguard.link",
        "shedguard.paths",
        "shedguard.site",
    ),
    "shedguard.cards": ("shedguard.errors", "shedguard.files", "shedguard.flash", "shedguard.formats", "shedguard.link"),
    "shedguard.backup": (
        "shedguard",
        "shedguard.boards",
        "shedguard.cards",
        "shedguard.errors",
        "shedguard.files",
        "shedguard.flash",
        "shedguard.formats",
        "shedguard.site",
    ),
    "shedguard.deploy": (
        "shedguard",
        "shedguard.errors",
        "shedguard.files",
        "shedguard.flash",
        "shedguard.formats",
        "shedguard.link",
        "shedguard.paths",
        "shedguard.site",
    ),
    "shedguard.doctor": ("shedguard.errors", "shedguard.flash", "shedguard.formats", "shedguard.link", "shedguard.site"),
    "shedguard.commands": (
        "shedbench.benchmark",
        "shedbench.campaign",
        "shedbench.demo",
        "shedbench.emulate",
        "shedbench.places",
        "shedbench.setup",
        "shedguard",
        "shedguard.backup",
        "shedguard.boards",
        "shedguard.cards",
        "shedguard.deploy",
        "shedguard.doctor",
        "shedguard.errors",
        "shedguard.files",
        "shedguard.flash",
        "shedguard.formats",
        "shedguard.link",
        "shedguard.site",
    ),
    "shedguard.__main__": ("shedguard.commands",),
}

# The simulator. The plant knows no firmware and no tools; from plant to campaign each uses those above it.
_SIMULATOR: Final[dict[str, tuple[str, ...]]] = {
    "shedbench": (),
    "shedbench.setup": (),  # runs before anything is installed
    "shedbench.places": ("shedbench.setup", "shedguard", "shedguard.paths"),
    "shedbench.link": (),
    "shedbench.rom_loader": (),
    "shedbench.plant": ("shedbench.link", "shedbench.places"),
    "shedbench.bench": (
        "shedbench.link",
        "shedbench.places",
        "shedbench.plant",
        "shedbench.rom_loader",
        "shedbench.setup",
        "shedguard.boards",
        "shedguard.errors",
        "shedguard.flash",
        "shedguard.formats",
        "shedguard.paths",
        "shedguard.site",
    ),
    "shedbench.audit": ("shedbench.bench", "shedbench.plant", "shedguard.formats"),
    "shedbench.power_cuts": ("shedbench.audit", "shedbench.bench", "shedbench.places", "shedguard.flash", "shedguard.formats"),
    "shedbench.campaign": (
        "shedbench.audit",
        "shedbench.bench",
        "shedbench.places",
        "shedbench.plant",
        "shedbench.power_cuts",
        "shedguard.flash",
        "shedguard.formats",
    ),
    "shedbench.demo": (
        "shedbench.audit",
        "shedbench.bench",
        "shedbench.places",
        "shedbench.plant",
        "shedguard.errors",
        "shedguard.files",
        "shedguard.formats",
        "shedguard.site",
    ),
    "shedbench.benchmark": (
        "shedbench.bench",
        "shedbench.demo",
        "shedbench.places",
        "shedbench.plant",
        "shedbench.power_cuts",
        "shedguard.errors",
        "shedguard.flash",
        "shedguard.formats",
        "shedguard.site",
    ),
    "shedbench.emulate": (
        "shedbench.bench",
        "shedbench.places",
        "shedguard.boards",
        "shedguard.errors",
        "shedguard.files",
        "shedguard.formats",
        "shedguard.site",
    ),
    "shedbench.pytest_plugin": ("shedbench.bench", "shedbench.places", "shedbench.setup"),
    "setup_project": ("shedbench.setup",),
    "run_pyright": (),
    "boards": (),  # Python files of the emulated board
}

ALLOWED: Final = _FIRMWARE | _HOST | _SIMULATOR
