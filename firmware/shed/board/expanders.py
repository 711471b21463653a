"""Expanders: relays and contacts behind PCF8574, PCF8575, TCA9554 (I2C) and 74HC595 (shift register).

Hazard: a relay that stays closed because its bus does not answer. A chip keeps its outputs when the bus dies or the ESP32 restarts, so the
first error, late byte or bit that does not follow takes the whole bus out of the scan, and the groups behind it lose their contactor,
which is on a GPIO. A task lets the bus in again (`recover`), with every output off. SoftI2C takes a data line that is held low for an
answer: its level is looked at before each transfer. A 74HC595 cannot be read back: it is written again and again, a meter tells the rest.

Everything `run` does is allocation-free: it is part of the scan. Imported only when the image has expanders.
"""

from time import sleep_us, ticks_diff, ticks_us

from machine import Pin, SoftI2C
from micropython import const

_STRETCH_US = const(300)  # SoftI2C's time-out; hardware I2C would wait 200 ms and more
_PCF8575 = const(2)
_TCA9554 = const(3)
_HC595 = const(4)
_SHIFT = const(2)  # kind of wires
_NO_PIN = const(255)
_REFRESH_TURNS = const(15)  # mask: a shift register is written again in every sixteenth of its turns
_POINTER = b"\x00"  # TCA9554: the levels of its pins
_DIRECTION = const(3)  # TCA9554: 1 is an input


class _I2cChip:
    """`word`: wanted level of each bit (inputs: 1). `written`: -1, or as last sent. `pins`: as last read. `bank`: safety.banks.Bank or
    None."""

    def __init__(self, bus, wires, part, address, safe, inputs):
        self.bus = bus
        self.safe = self.word = self.pins = safe
        self.written = -1
        self.bank = None
        self._outputs = ~inputs & (0xFFFF if part == _PCF8575 else 0xFF)
        self._sda = wires.sda
        self._write = wires.i2c.writeto
        self._read = wires.i2c.readfrom_into
        self._address = address
        self._tca = part == _TCA9554
        self._first = 1 if self._tca else 0  # the register's number comes before the data
        self._wide = part == _PCF8575
        self._out = bytearray(b"\x01\x00" if self._tca else 2 if self._wide else 1)
        self._size = len(self._out)
        self._in = bytearray(2 if self._wide else 1)
        transfer = 2 + self._wide + 2 * self._tca  # bytes of the longer direction
        self.limit_us = transfer * 9 * 1500 // wires.khz + 300

    def put(self):
        """Sends `word`. False: a held line or no answer."""
        word = self.word
        out = self._out
        if self._wide:
            out[1] = word >> 8
            out[0] = word & 0xFF
        else:
            out[self._first] = word
        try:
            if not self._sda() or self._write(self._address, out) != self._size:
                return False
        except OSError:
            return False
        self.written = word
        return True

    def get(self):
        """Reads the pins. False: a held line, no answer, or an output that is not where it was put."""
        data = self._in
        try:
            if not self._sda() or (self._tca and self._write(self._address, _POINTER) != 1):
                return False
            self._read(self._address, data)
        except OSError:
            return False
        pins = data[0]
        if self._wide:
            pins |= data[1] << 8
        self.pins = pins
        return not (pins ^ self.written) & self._outputs

    def begin(self):
        """Outputs to their safe levels first, then the directions. False as `put`."""
        self.word = self.safe
        if not self.put():
            return False
        if self._tca:
            try:
                return self._write(self._address, bytes((_DIRECTION, ~self._outputs & 0xFF))) == 2
            except OSError:
                return False
        return True


class _I2c:
    """The wires of one I2C bus."""

    def __init__(self, sda, scl, khz10, _latch, _enable):
        self.khz = khz10 * 10
        self._scl = Pin(scl, Pin.OPEN_DRAIN, value=1)
        self._data = Pin(sda, Pin.OPEN_DRAIN, value=1)
        self.sda = self._data.value
        self.i2c = SoftI2C(scl=self._scl, sda=self._data, freq=self.khz * 1000, timeout=_STRETCH_US)

    def free(self):
        """Nine clocks end whatever a chip was saying, then a stop. False while a line is held."""
        scl = self._scl
        for _ in range(9):
            scl(0)
            sleep_us(5)
            scl(1)
            sleep_us(5)
        self._data(0)
        sleep_us(5)
        self._data(1)
        sleep_us(5)
        return bool(scl() and self._data())


class _Shift:
    """The wires of a chain of 74HC595, and all of its chips. `enable` is low while they drive."""

    def __init__(self, data, clock, latch, enable, _):
        self._enable = None if enable == _NO_PIN else Pin(enable, Pin.OUT, value=1)
        pin = Pin(data, Pin.OUT, value=0)
        self._one = pin.on
        self._zero = pin.off
        pin = Pin(clock, Pin.OUT, value=0)
        self._rise = pin.on
        self._fall = pin.off
        pin = Pin(latch, Pin.OUT, value=0)
        self._show = pin.on
        self._keep = pin.off
        self.chips = []

    def free(self):
        return True

    def send(self):
        """The whole chain: what is furthest from the ESP32 goes first."""
        n = len(self.chips)
        while n:
            n -= 1
            chip = self.chips[n]
            word = chip.written = chip.word
            bit = 0x80
            while bit:
                if word & bit:
                    self._one()
                else:
                    self._zero()
                self._rise()
                self._fall()
                bit >>= 1
        self._show()
        self._keep()
        if self._enable is not None:
            self._enable(0)


class _ShiftChip:
    """One 74HC595; `get` is its turn to be written again."""

    limit_us = const(1500)
    bank = None

    def __init__(self, bus, wires, safe):
        self.bus = bus
        self.safe = self.word = self.pins = safe
        self.written = -1
        self._wires = wires
        self._turn = 0
        wires.chips.append(self)

    def put(self):
        self._wires.send()
        return True

    def get(self):
        self._turn = turn = (self._turn + 1) & _REFRESH_TURNS
        if not turn:
            self._wires.send()
        return True

    def begin(self):
        self.word = self.safe
        return True


class _Contact:
    """`value()` is the level when its chip was last read."""

    def __init__(self, chip, bit):
        self._chip = chip
        self._mask = 1 << bit

    def value(self):
        return 1 if self._chip.pins & self._mask else 0


class Buses:
    """wires, chips: rows of the image's sections 14 and 15. `out` is the mask of buses that are out of the scan; `groups` (by bus) are the
    contactor groups with a relay on it; `fresh` is the chip that the last pass read, for safety.banks; `hot` one to be read more often."""

    def __init__(self, wires, chips):
        self.wires = [(_Shift if kind == _SHIFT else _I2c)(*row) for kind, *row in wires]
        self.chips = []
        for part, bus, address, safe, inputs in chips:
            on = self.wires[bus]
            self.chips.append(_ShiftChip(bus, on, safe) if part == _HC595 else _I2cChip(bus, on, part, address, safe, inputs))
        self.groups = [0] * len(self.wires)
        self.relays = 0  # mask of outlets
        self._words = []  # [outlets, chip, bit - outlet index, active high]: outlets that lie side by side move together
        self.out = (1 << len(self.wires)) - 1
        self._seen_out = 0
        self.lost_groups = 0
        self.dirty = False
        self.fresh = self.hot = None
        self._turn = self._odd = 0
        for bus in range(len(self.wires)):
            self.recover(bus)

    def relay(self, i, code, active_high, groups):
        """Outlet `i` has its relay at pin code `code`; `groups` lose their contactor with its bus."""
        chip = self.chips[(code >> 4) & 7]
        self.groups[chip.bus] |= groups
        self.relays |= 1 << i
        left = (code & 15) - i
        for word in self._words:
            if word[1:] == [chip, left, active_high]:
                word[0] |= 1 << i
                return
        self._words.append([1 << i, chip, left, active_high])

    def contact(self, code):
        """Bound `value` of a contact. Closed is low."""
        return _Contact(self.chips[(code >> 4) & 7], code & 15).value

    # What the scan does.

    def switch(self, outlets, on):
        """Notes what the next `run` writes."""
        for mask, chip, left, active_high in self._words:
            bits = outlets & mask
            if bits:
                bits = bits << left if left >= 0 else bits >> -left
                if on == active_high:
                    chip.word |= bits
                else:
                    chip.word &= ~bits
        self.dirty = True

    def run(self, left):
        """At most `left` transfers: what changed, then the chip whose turn it is, read back. Returns the groups whose bus is out."""
        if self.dirty:
            self.dirty = False
            for chip in self.chips:
                if chip.word != chip.written and not self.out >> chip.bus & 1:
                    if not left:
                        self.dirty = True  # the rest in the next scan
                        break
                    left -= 1
                    began_us = ticks_us()
                    if not chip.put() or ticks_diff(ticks_us(), began_us) > chip.limit_us:
                        self._lose(chip.bus)
        if left:
            chip = self.hot
            self._odd ^= 1
            if chip is None or self._odd:
                turn = self._turn or len(self.chips)
                self._turn = turn = turn - 1
                chip = self.chips[turn]
            if not self.out >> chip.bus & 1:
                began_us = ticks_us()
                if not chip.get() or ticks_diff(ticks_us(), began_us) > chip.limit_us:
                    self._lose(chip.bus)
                else:
                    self.fresh = chip
        if self.out != self._seen_out:
            self._note_out()
        return self.lost_groups

    def _note_out(self):
        self._seen_out = self.out
        lost = 0
        bus = 0
        for groups in self.groups:
            if self.out >> bus & 1:
                lost |= groups
            bus += 1
        self.lost_groups = lost

    def _lose(self, bus):
        self.out |= 1 << bus
        for chip in self.chips:
            if chip.bus == bus:
                chip.word = chip.safe

    # What a task does with a bus that is out.

    def recover(self, bus):
        """Frees the lines, puts every output to its safe level and reads it back; then the scan has the bus again. False: it stays out."""
        if not self.wires[bus].free():
            return False
        mine = [chip for chip in self.chips if chip.bus == bus]
        for chip in mine:
            if not chip.begin():
                return False
        for chip in mine:  # a chain of shift registers is complete only now
            if not (chip.put() and chip.get()):
                return False
        self.out &= ~(1 << bus)
        return True
