"""Builds the safety room and the ports of one shed from its configuration image (docs/protocols/site-file.md).
Needed only during a start; it leaves the RAM with `shed.boot.start`.

Hazard: a pin that does what another shed's file says. The image is CRC-checked before it comes here, and the host's validator checked the
pins; a value that the chip refuses raises, and the board starts again in safe mode, without outlets.
"""

from binascii import crc32
from struct import pack

from micropython import const

from shed.board import clock, flash, pins
from shed.boot.wired import Wired
from shed.safety import points as p
from shed.safety.matrix import LATCHED, Matrix
from shed.safety.outputs import Outputs
from shed.safety.points import PointConfig, Points
from shed.safety.scan import Scan
from shed.storage.image import Image, ImageError
from shed.storage.slots import ConfigSlots

SITE = const(1)
GROUP = const(2)
BUS = const(3)
OUTLET = const(4)
METER = const(5)
POINT = const(6)
CAUSE = const(7)
EFFECT = const(8)
GATE = const(9)
READER = const(10)
TARIFF = const(11)
CHARGING = const(12)
KEY = const(13)
WIRES = const(14)
EXPANDER = const(15)
BOARD = const(17)
BLIND = const(16)
ZONE = const(21)

_WORD = const(30)  # outlets a mask (safety/outputs.py)
NO_PIN = const(255)
KEY_SWITCH = const(1)
# Codes of pins that may be bits of expanders: a GPIO, or one of these. An image of version 1 has one byte: from 128 on, and 255 for none.
EXPANDED = const(256)
_NO_CODE = const(0xFFFF)
_NARROW = const(128)


def load_image(board_crc):
    """The image of the configuration slot to run with, its slots object, and whether it was made for another board than boot.py was;
    (None, slots, False) without an image that can be read. board_crc: of boot.py's board, or None; an older image does not name its
    board."""
    while True:
        slots = ConfigSlots(flash.Region("shed_cfg"))
        data = slots.load()
        if data is None:
            return None, slots, False
        image = None
        wrong = False
        try:
            image = Image(data)
            for (crc,) in image.rows(BOARD, "<I"):
                wrong = board_crc is not None and crc != board_crc
        except ImageError:
            image = None
        if not slots.trial or (image is not None and not wrong):
            return image, slots, wrong
        # an unusable trial: it is marked as begun, so the next `load` rejects it


MIXED = pack("<BIH", 255, 0, 1)  # a row that no image has: the ring's indexes mean sockets of several images


def row(image):
    """Which sockets the indexes of outlets and groups mean, as the last row of a `going` record: a CRC over contactors, buses, numbers,
    relays and meters. Limits and buttons may change (decision 0037)."""
    crc = 0
    for section, size in ((GROUP, 2), (BUS, 3), (OUTLET, 5 if image.wide else 4), (METER, 3)):
        for record in image.section(section):
            crc = crc32(record[:size], crc)
    return pack("<BIH", 255, crc, 0)


def wire(image, latched, keep_latched):
    """Everything with a pin, as a Wired. `image` is storage.image.Image or None: safe mode, a board without outlets and points.

    Raises ImageError or ValueError on an image that cannot be wired."""
    wired = Wired()
    buses = banks = None
    heartbeat = None
    relays = []
    contactors = []
    locks = []
    groups = []  # masks of its outlets, by word
    configs = []
    causes = ()
    effects = ()
    windows_ms = ()
    if image is not None:
        row = image.one(SITE, "<IIhHHBB")
        wired.site_id, _, _zone_min, hold_off_s, wired.scan_period_ms, beat, flags = row
        wired.hold_off_ms = hold_off_s * 1000
        if beat != NO_PIN:
            heartbeat = pins.strobe(beat, flags & 1)
        for pin, high, _limit_w in image.rows(GROUP, "<BBH"):
            contactors.append(pins.output(pin, high))
            groups.append([0] * ((image.count(OUTLET) + _WORD - 1) // _WORD))
        wired.groups = len(groups)
        if image.count(EXPANDER):  # once the contactors are off
            from shed.board.expanders import Buses

            buses = Buses(image.rows(WIRES, "<BBBBBB"), image.rows(EXPANDER, "<BBBHH"))
        for number, group, pin, high, button, meter, max_w in image.rows(OUTLET, "<BBHBHBH" if image.wide else "<BBBBBBH"):
            w = len(relays) // _WORD
            i = len(relays) % _WORD
            groups[group][w] |= 1 << i
            pin = _code(image, pin)
            button = _code(image, button)
            if pin < EXPANDED:
                relays.append(pins.output(pin, high))
            else:
                buses.relay(w, i, pin, high, 1 << group)
                relays.append(None)
            wired.numbers.append(number)
            wired.outlets.append((number, group, meter, max_w))
            wired.buttons.append(None if button == _NO_CODE else _contact(buses, button, True))
        for pin, high, contact, contact_flags, release_s, held_s in image.rows(GATE, "<BBHBHH" if image.wide else "<BBBBHH"):
            contact = _code(image, contact)
            locks.append(pins.output(pin, high))
            wired.gates.append((release_s, held_s))
            wired.door_contacts.append(
                None if contact == _NO_CODE else (_contact(buses, contact, contact_flags & 2), 0 if contact_flags & 1 else 1)
            )
        for row in image.rows(POINT, "<BHBBHHHHHB" if image.wide else "<BBBBHHHHHB"):
            banks = _add_point(wired, configs, buses, banks, _code(image, row[1]), row)
        causes = list(image.rows(CAUSE, "<IBBII"))
        windows_ms = tuple([row[3] if row[1] > 1 else 0 for row in causes])
        causes = [(mask, votes, flags, effect) for mask, votes, flags, _window_ms, effect in causes]
        effects = list(image.rows(EFFECT, "<BB"))
        for (minutes,) in image.rows(BLIND, "<B"):
            wired.blind_grace_min = minutes
        wired.zones = bytes([zone for (zone,) in image.rows(ZONE, "<B")])
    points = Points(configs, clock.sleep_us, banks)
    # A cause with a fire point latches until a person resets it, whatever the file says.
    causes = [(mask, votes, flags | LATCHED if mask & points.fire else flags, effect) for mask, votes, flags, effect in causes]
    matrix = Matrix(causes, effects, latched, windows_ms)
    outputs = Outputs(relays, contactors, locks, groups, buses)
    scan = Scan(points, matrix, outputs, heartbeat, keep_latched, clock.cpu_mhz())
    wired.complete(buses, points, matrix, outputs, scan, heartbeat is not None)
    return wired


def _code(image, pin):
    """The code of a pin, of either version."""
    if image.wide or pin < _NARROW:
        return pin
    return _NO_CODE if pin == NO_PIN else pin - _NARROW + EXPANDED


def _contact(buses, code, pull_up):
    return pins.contact(code, pull_up).value if code < EXPANDED else buses.contact(code)


def _add_point(wired, configs, buses, banks, gpio, row):
    """Returns the Banks of contacts on expanders; the first such point creates it."""
    kind, _, flags, use, short_mv, alarm_mv, normal_mv, trip_samples, clear_ms, _ = row
    if kind == p.LOOP:
        read = pins.loop(gpio)
    elif gpio >= EXPANDED:
        read = None
        if banks is None:
            from shed.safety.banks import Banks

            banks = Banks(buses)
        banks.add(gpio, len(configs), flags & p.NORMALLY_CLOSED)
    else:
        pin = pins.contact(gpio, flags & p.PULL_UP)
        read = pin.value
        if flags & p.DIRECT:
            wired.hints.append((len(configs), pin))
    if use == KEY_SWITCH:
        wired.key_switch = len(configs)
    configs.append(PointConfig(kind, flags, use, short_mv, alarm_mv, normal_mv, trip_samples, clear_ms, read))
    return banks
