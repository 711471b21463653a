"""The old name of shedbench.power_cuts, for one release: each of its modules can be imported from here and is the same module."""

from shedbench.power_cuts import Cut, Sweep, play_up_to, sweep

from hil_tests.old_names import stand_in

__all__ = ["Cut", "Sweep", "play_up_to", "sweep"]

stand_in(__name__, "shedbench.power_cuts")
