"""One record of a log sector: 8 bytes of header, payload, CRC-32, padding to a multiple of 4 (docs/protocols/records.md).

Hazard: a power cut in the middle of a program leaves any mixture of old and new bits. `check` distinguishes a torn header from a whole one,
the CRC a torn record; no byte that neither covers is believed.
"""

from binascii import crc32
from struct import pack_into

from micropython import const

HEADER = const(8)
MAX_PAYLOAD = const(200)
MAX_RECORD = const(212)
VERSION = const(1)
FREE = const(0xFF)


def size_of(length):
    """Bytes a record with `length` bytes of payload takes in flash."""
    return length + 15 & ~3


def encode_into(buf, kind, stamp, payload, sequence):
    """Writes a record into `buf` (a bytearray of at least MAX_RECORD). Its payload is `stamp` and then `payload`, at most 200 bytes.

    Returns its size. ValueError when the payload is too long or the kind is not 0..254.
    """
    first = len(stamp)
    length = first + len(payload)
    if length > MAX_PAYLOAD or not 0 <= kind < FREE:
        raise ValueError("record")
    end = HEADER + length
    pack_into("<BBBBI", buf, 0, kind, length, VERSION, kind ^ length ^ VERSION ^ 0xA5, sequence)
    buf[HEADER : HEADER + first] = stamp
    buf[HEADER + first : end] = payload
    pack_into("<I", buf, end, crc32(memoryview(buf)[:end]))
    size = size_of(length)
    for i in range(end + 4, size):
        buf[i] = 0xFF
    return size


def length_at(buf):
    """Payload length of the record that begins at buf[0], or -1 when its header is torn or free."""
    length = buf[1]
    if buf[0] == FREE or length > MAX_PAYLOAD or buf[0] ^ length ^ buf[2] ^ buf[3] != 0xA5:
        return -1
    return length


def is_whole(view, length):
    """Whether the CRC of the record at the start of `view` (a memoryview that holds all of it) agrees."""
    end = HEADER + length
    crc = view[end] | view[end + 1] << 8 | view[end + 2] << 16 | view[end + 3] << 24
    return crc32(view[:end]) == crc
