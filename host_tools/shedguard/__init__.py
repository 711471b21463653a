"""ShedGuard on the host: the `shed` command and the library under it."""

__version__ = "0.1.0"
