"""Takes modules that were needed once, or for a while, out of the RAM again.

Hazard: a shed that runs out of memory carries code it no longer needs. No other module may keep an object of such a module: the object
would stay in RAM with its code, and still work.
"""

import sys


def unload(names):
    """names: full names of modules, of which some may not be loaded. A later import loads them from the file system again."""
    for name in names:
        if name in sys.modules:
            del sys.modules[name]
        package, short = name.rsplit(".", 1)
        package = sys.modules.get(package)
        if hasattr(package, short):
            delattr(package, short)
