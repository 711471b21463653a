"""The littlefs image that MicroPython's VfsLfs2 mounts from an ESP32 partition.

The geometry is extmod/vfs_lfs*.c's: read and program size 32, look-ahead 32, cache of 4 program units, blocks of one flash sector.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from littlefs import LittleFS, UserContext

BLOCK: Final = 4096


class _Erased(UserContext):
    """A block device that starts erased, as flash does."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.buffer = bytearray(b"\xff" * size)


def _open(context: UserContext, size: int, mount: bool) -> LittleFS:
    return LittleFS(
        context,
        mount=mount,
        block_size=BLOCK,
        block_count=size // BLOCK,
        read_size=32,
        prog_size=32,
        cache_size=128,
        lookahead_size=32,
        block_cycles=100,
    )


def build(files: Mapping[str, bytes], size: int) -> bytes:
    """An image of ``size`` bytes with ``files`` (absolute paths); folders are made as needed. The same files give the same bytes."""
    context = _Erased(size)
    system = _open(context, size, mount=False)
    system.format()
    system.mount()
    for path in sorted(files):
        folder = path.rpartition("/")[0]
        if folder:
            system.makedirs(folder, exist_ok=True)
        with system.open(path, "wb") as file:
            file.write(files[path])
    system.unmount()
    return bytes(context.buffer)


def read(image: bytes) -> dict[str, bytes]:
    """Every file of an image, by absolute path."""
    context = _Erased(len(image))
    context.buffer[:] = image
    system = _open(context, len(image), mount=True)
    found: dict[str, bytes] = {}
    for folder, _folders, names in system.walk("/"):
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            with system.open(path, "rb") as file:
                found[path] = file.read()
    return found
