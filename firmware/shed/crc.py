"""CRC-16/MODBUS: of meter frames and of framed console lines.

Hazard: noise that reads as a meter's answer, or as a command.
"""

from array import array


def _make_table():
    table = array("H", range(256))
    for i in range(256):
        c = i
        for _ in range(8):
            c = (c >> 1) ^ 0xA001 if c & 1 else c >> 1
        table[i] = c
    return table


_table = _make_table()


def crc16(buf, start, length):
    """CRC-16/MODBUS of buf[start:start + length]; 0 over a frame that ends in its own CRC (low byte first)."""
    table = _table
    c = 0xFFFF
    for i in range(start, start + length):
        c = (c >> 8) ^ table[(c ^ buf[i]) & 0xFF]
    return c
