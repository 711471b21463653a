"""What is read from which kind of meter, as data, and how its registers become a Reading.

Hazard: a glitch that passes the CRC (a meter's own bad register) must not become money or a peak. Every value has a limit;
a reply with one value beyond it is dropped whole. So is one with 0 V: a meter that answers has mains; after power-up a PZEM-016 answers
with zeros for some seconds.

Values are integers: decivolt, milliampere, milliwatt, watt-hour, decihertz.
"""

from micropython import const

PZEM_016 = const(1)

# (function, first register, count, fields); fields in the order voltage, current, power, energy, frequency:
# (offset, words (2: low word first), multiplier, greatest raw value).
# PZEM-004T v3 / 014 / 016, manual v3.0 2.2: 0.1 V, 1 mA, 0.1 W, 1 Wh, 0.1 Hz. It measures 260 V and 100 A at most, and what
# it can measure may be true: too much power is an overload to be ended, not a glitch to be dropped. The register rolls over behind
# 9999.99 kWh, in steps of 1 Wh.
PROFILES = {
    PZEM_016: (4, 0, 10, ((0, 1, 1, 3000), (1, 2, 1, 100000), (3, 2, 100, 260000), (5, 2, 1, 9999999), (7, 1, 1, 700))),
}


class Reading:
    """The last good reading of one meter. valid: there is one, younger than an hour. count: readings so far (changes with each new one).

    updated_ms (ticks), voltage_dv, current_ma, power_mw, frequency_dhz; energy_wh: the meter's own running register as last believed, at
    taken_ms (register.py); odd_wh: a register that is not believed yet, or -1; moved_wh: the sum of all jumps since boot; jumped: there is
    a new one, until the consumer clears it.
    """

    def __init__(self):
        self.valid = False
        self.count = self.updated_ms = 0
        self.jumped = False
        self.odd_wh = -1
        self.moved_wh = self.taken_ms = 0
        self.voltage_dv = self.current_ma = self.power_mw = self.energy_wh = self.frequency_dhz = 0


def _raw(master, field):
    """The field's raw value, -1 beyond its limit (the high word is judged before it is shifted: no big integers)."""
    value = master.word(field[0])
    if field[1] == 2:
        high = master.word(field[0] + 1)
        if high > field[3] >> 16:
            return -1
        value |= high << 16
    return value if value <= field[3] else -1


def decode(profile, master, reading):
    """Put the reply that `master` holds into `reading`, all but its energy register, which is returned; -1, with `reading` untouched, when
    a value is out of range or there is no voltage."""
    fields = profile[3]
    for field in fields:
        if _raw(master, field) < 0:
            return -1
    voltage, current, power, energy, frequency = fields
    if not _raw(master, voltage):
        return -1
    reading.voltage_dv = _raw(master, voltage) * voltage[2]
    reading.current_ma = _raw(master, current) * current[2]
    reading.power_mw = _raw(master, power) * power[2]
    reading.frequency_dhz = _raw(master, frequency) * frequency[2]
    return _raw(master, energy) * energy[2]
