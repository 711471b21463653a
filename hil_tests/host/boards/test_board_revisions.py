"""Makes of one product that differ in their chips: a board file each, held equal in all else."""

from __future__ import annotations

import pytest
from shedguard.boards import boot_file, known


@pytest.mark.parametrize(("name", "x1_to_x8"), [("kc868-a16-v1.5", 0x3A), ("kc868-a16-v1.5-3b", 0x3B)])
def test_a_kc868_a16_of_version_1_5_differs_in_its_chips_only(name: str, x1_to_x8: int) -> None:
    """Three files, each whole, for one wiring: a mend of one is a mend of all (decision 0040)."""
    old, new = known.load("kc868-a16"), known.load(name)
    assert (new.terminal, new.port, new.bus, new.reset) == (old.terminal, old.port, old.bus, old.reset)
    assert new.board == old.board.model_copy(update={"id": new.board.id, "name": name, "title": new.board.title})
    words = [[(trap.terminals, trap.do, trap.what.replace("PCF8574A", "PCF8574")) for trap in board.trap] for board in (old, new)]
    assert words[0] == words[1] and any(trap.source == "forum" for trap in old.trap), "each file names the others"
    assert {key: (chip.part, chip.bus, chip.address) for key, chip in new.expander.items()} == {
        "OUT1": ("PCF8574A", "I2C-1", 0x3C),
        "OUT2": ("PCF8574A", "I2C-1", 0x3D),
        "IN1": ("PCF8574A", "I2C-1", x1_to_x8),
        "IN2": ("PCF8574A", "I2C-1", 0x39),
    }
    identities = {boot_file.identity(known.load(each)) for each in ("kc868-a16", "kc868-a16-v1.5", "kc868-a16-v1.5-3b")}
    assert len(identities) == 3, "a configuration made for one is not wired on another"
