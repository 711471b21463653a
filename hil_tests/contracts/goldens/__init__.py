"""Goldens: files of every format in flash as some version wrote them, and the two sides that must read and write them to the byte.

The rooms of the firmware run on CPython here, and on the emulated board (sides.py).
"""

from hil_tests.firmware import on_cpython  # noqa: F401  (importing it is what it does)
