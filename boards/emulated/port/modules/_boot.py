# Runs before boot.py: mounts the partition "vfs" as the ESP32 port's frozen module of the same name does.
import gc

import vfs
from flashbdev import bdev

try:
    if bdev:
        vfs.mount(bdev, "/")
except OSError:
    import inisetup

    inisetup.setup()

gc.collect()
