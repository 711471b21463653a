"""The rooms of the firmware run on CPython here."""

from hil_tests.firmware import on_cpython  # noqa: F401  (importing it is what it does)
