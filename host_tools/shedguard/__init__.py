"""ShedGuard on the host: the `shed` command and the library under it."""
