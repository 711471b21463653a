"""The simulator of a charging shed: an emulated board, its plant in virtual time, and who judges them (docs/bench.md)."""
