# First boot: format a blank "vfs". One that is neither blank nor a file system is reported again and again, as on the ESP32.
import vfs
from flashbdev import bdev


def is_blank():
    buf = bytearray(bdev.ioctl(5, 0))
    bdev.readblocks(0, buf)
    return all(b == 0xFF for b in buf)


def fs_corrupted():
    import time

    import micropython

    micropython.kbd_intr(3)
    while True:
        # The wording is the ESP32 port's: `shed doctor` recognises it.
        print(
            "The filesystem appears to be corrupted. If you had important data there, you\n"
            "may want to make a flash snapshot to try to recover it. Otherwise, perform\n"
            "factory reprogramming of MicroPython firmware (completely erase flash, followed\n"
            "by firmware programming).\n"
        )
        time.sleep(3)


def setup():
    if not is_blank():
        fs_corrupted()
    print("Performing initial setup")
    vfs.VfsLfs2.mkfs(bdev)
    fs = vfs.VfsLfs2(bdev)
    vfs.mount(fs, "/")
    with open("boot.py", "w") as f:
        f.write("# This file is executed on every boot (including wake-boot from deepsleep)\n")
    return fs
