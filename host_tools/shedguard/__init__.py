"""ShedGuard on the host: the `shed` command and the library under it.

The one place of the version: package, bundle, report and backup read it; the firmware says the same (docs/releasing.md).
"""

__version__ = "0.2.0"
