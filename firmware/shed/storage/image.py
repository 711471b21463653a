"""Reads a compiled site image (docs/protocols/site-file.md): sections of equal records, found by number.

Hazard: a damaged image read as a configuration. Everything is checked at construction; after it, reading cannot fail on bounds.
"""

from binascii import crc32
from struct import calcsize, unpack_from

from micropython import const

_HEADER = const(12)


class ImageError(Exception):
    """The image, or a section in it, is not what site-file.md says. The argument says which."""


class Image:
    """data: the image as bytes. Raises ImageError unless magic, version, CRC and all section bounds hold. `.crc`, `.wide` are public."""

    def __init__(self, data):
        self._data = memoryview(data)
        self.sections = {}  # id -> (offset, record size, count)
        if len(data) < _HEADER:
            raise ImageError("short")
        magic, version, count, self.crc = unpack_from("<4sHHI", data, 0)
        if magic != b"SGI1" or not 1 <= version <= 2:
            raise ImageError("header")
        self.wide = version > 1  # codes of pins have two bytes
        if crc32(self._data[_HEADER:]) != self.crc:
            raise ImageError("crc")
        offset = _HEADER
        for _ in range(count):
            if offset + 4 > len(data):
                raise ImageError("bounds")
            section, size, rows = unpack_from("<BBH", data, offset)
            offset += 4
            if offset + size * rows > len(data) or section in self.sections:
                raise ImageError("bounds")
            self.sections[section] = (offset, size, rows)
            offset += size * rows

    def count(self, section):
        """Number of records; 0 for a section that is not there."""
        return self.sections[section][2] if section in self.sections else 0

    def section(self, section):
        """Yields each record as a memoryview, in order; nothing for a section that is not there."""
        if section in self.sections:
            offset, size, rows = self.sections[section]
            for _ in range(rows):
                yield self._data[offset : offset + size]
                offset += size

    def rows(self, section, form):
        """Yields each record unpacked by `form`; bytes behind it (a later version's) are ignored. ImageError when records are shorter."""
        if section in self.sections and self.sections[section][1] < calcsize(form):
            raise ImageError("record")
        for record in self.section(section):
            yield unpack_from(form, record, 0)

    def one(self, section, form):
        """The first record of a section that must be there, unpacked. ImageError when it is not."""
        for row in self.rows(section, form):
            return row
        raise ImageError("missing %d" % section)
