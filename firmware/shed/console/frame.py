"""Framed lines: requests in, answers out, each under a CRC, so that a lost byte is a retry and never a wrong command (console.md).

Hazard: noise that reads as a command. A request whose CRC, length or shape is wrong is found here, before anything runs.
"""

import json

from micropython import const

from shed.crc import crc16

BAD_CRC = const(-1)
BAD_JSON = const(-2)
_MAX = const(190)  # without CR LF


def request(line, length):
    """(sequence, crc, dict) of line[:length], or (BAD_CRC, 0, None), or (BAD_JSON, crc, None). Never raises."""
    if length < 11 or line[3] != 0x20 or line[length - 5] != 0x2A:
        return BAD_CRC, 0, None
    crc = crc16(line, 1, length - 6)
    if line[length - 4 : length] != b"%04X" % crc:
        return BAD_CRC, 0, None
    try:
        sequence = int(line[1:3].decode(), 16)
        fields = json.loads(line[4 : length - 5].decode())
    except ValueError:
        return BAD_JSON, crc, None
    if not isinstance(fields, dict) or sequence < 0:
        return BAD_JSON, crc, None
    return sequence, crc, fields


def acknowledged(line, length):
    """(sequence, frame index) of an acknowledgement, (-1, -1) if it is none."""
    words = line[1:length].decode().split()
    try:
        return int(words[0], 16), int(words[1])
    except (ValueError, IndexError):
        return -1, -1


def answer(sequence, index, count, fields):
    """The bytes of one answer frame, CR LF included. ValueError when the object does not fit a frame."""
    body = ("%02X %d/%d %s" % (sequence, index, count, json.dumps(fields, separators=(",", ":")))).encode()
    if len(body) > _MAX - 6:
        raise ValueError("frame")
    return b"<%s*%04X\r\n" % (body, crc16(body, 0, len(body)))
