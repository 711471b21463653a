"""The old name of shedbench.plant, for one release: each of its modules can be imported from here and is the same module."""

from hil_tests.old_names import stand_in

stand_in(__name__, "shedbench.plant")
