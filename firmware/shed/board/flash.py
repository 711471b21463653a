"""Raw flash regions: the partitions in which the board keeps its records (docs/protocols/records.md).

Hazard: a sector erase stops every interrupt for 45 ms typically and several times that at worst, so callers erase only when no outlet is
energised (law 10). Programming a page takes about 1 ms.
"""

from esp32 import Partition
from micropython import const

_ERASE = const(6)  # ioctl MP_BLOCKDEV_IOCTL_BLOCK_ERASE of the ESP32 port's Partition


class Region:
    """One data partition, found by its label. Offsets in bytes from its start; OSError when the label is not there or flash refuses."""

    sector_size = 4096

    def __init__(self, label):
        found = Partition.find(Partition.TYPE_DATA, label=label)
        if not found:
            raise OSError(19)  # ENODEV: the partition table of this board was not written by `shed flash`
        self._partition = found[0]
        self.size = self._partition.info()[3]

    def read(self, offset, buf):
        """Fills `buf` from `offset`."""
        self._partition.readblocks(offset // 4096, buf, offset % 4096)

    def program(self, offset, data):
        """Clears bits: what is there and-ed with `data`. Never crosses a sector end."""
        self._partition.writeblocks(offset // 4096, data, offset % 4096)

    def erase(self, sector):
        """All ones in one 4096-byte sector; blocks for tens of milliseconds."""
        self._partition.ioctl(_ERASE, sector)
