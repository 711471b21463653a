"""Raw flash regions: the partitions in which the board keeps its records (docs/protocols/records.md).

Hazard: a sector erase stops every interrupt for 45 ms typically and several times that at worst, so callers erase only when no outlet is
energised (law 10). Programming a page takes about 1 ms.
"""

from esp32 import Partition
from micropython import const

_ABSENT_BYTES = const(0x4000)
_ENODEV = const(19)
_ERASE = const(6)  # ioctl MP_BLOCKDEV_IOCTL_BLOCK_ERASE of the ESP32 port's Partition

missing = []  # labels that were not found in this boot


class Region:
    """One data partition, found by its label. Offsets in bytes from its start; OSError when flash refuses.

    For a missing label (a partition table that `shed flash` did not write) it is a small region that reads as erased and refuses every
    write, so that the console lives and reports it, instead of every boot ending; the label is in `missing`.
    """

    sector_size = 4096

    def __init__(self, label):
        found = Partition.find(Partition.TYPE_DATA, label=label)
        if found:
            self._partition = found[0]
            self.size = self._partition.info()[3]
        else:
            missing.append(label)
            self._partition = _Absent()
            self.size = _ABSENT_BYTES

    def read(self, offset, buf):
        """Fills `buf` from `offset`."""
        self._partition.readblocks(offset // 4096, buf, offset % 4096)

    def program(self, offset, data):
        """Clears bits: the result is the old content AND `data`. Never crosses a sector end."""
        self._partition.writeblocks(offset // 4096, data, offset % 4096)

    def erase(self, sector):
        """All ones in one 4096-byte sector; blocks for tens of milliseconds."""
        self._partition.ioctl(_ERASE, sector)


class _Absent:
    """Stands in for a missing partition."""

    def readblocks(self, _block, buf, _offset):
        for i in range(len(buf)):
            buf[i] = 0xFF

    def writeblocks(self, _block, _data, _offset):
        raise OSError(_ENODEV)

    def ioctl(self, _operation, _sector):
        raise OSError(_ENODEV)
