"""MicroPython's own test suite, by its own runner, on emulated boards. `python -m hil_tests.upstream`; see docs/upstream-tests.md.

Nothing of the suite is in this repository: it comes with the source package the board is built from.
"""
