"""The chips of expander buses and their wires: PCF8574, PCF8575, TCA9554, MCP23017 on I2C, 74HC595 in a chain.

Hazard: a transfer that looks well and was not. SoftI2C takes a data line that is held low for an answer, and reads zeros from it: the
line's level is checked before each transfer. A 74HC595 cannot be read back: it is rewritten regularly, and a meter shows whether a relay
followed. Nothing in `put` and `get` allocates.
"""

from time import sleep_us

from machine import Pin, SoftI2C
from micropython import const

_STRETCH_US = const(300)  # SoftI2C's time-out; hardware I2C would wait 200 ms and more
_PCF8575 = const(2)
_TCA9554 = const(3)
_MCP23017 = const(5)
_NO_PIN = const(255)
_REFRESH_TURNS = const(15)  # mask: a shift register is written again in every sixteenth of its turns
# Registers. TCA9554: 0 its pins, 1 their levels, 3 the directions (1 is an input). MCP23017 (DS20001952, table 3-5: IOCON.BANK is 0 at
# power-on and nobody sets it; the second byte goes to the next register): 0x12 its pins, 0x14 their levels, 0 the directions, as above.
_TCA_PINS = b"\x00"
_TCA_LEVELS = b"\x01\x00"
_TCA_DIRECTIONS = const(3)
_MCP_PINS = b"\x12"
_MCP_LEVELS = b"\x14\x00\x00"


class I2cChip:
    """`word`: wanted level of each bit (inputs: 1). `written`: -1, or as last sent. `pins`: as last read. `bank`: safety.banks.Bank or
    None."""

    def __init__(self, bus, wires, part, address, safe, inputs):
        self.bus = bus
        self.safe = self.word = self.pins = safe
        self.written = -1
        self.bank = None
        mcp = part == _MCP23017
        self._wide = wide = mcp or part == _PCF8575
        self._outputs = ~inputs & (0xFFFF if wide else 0xFF)
        self._sda = wires.sda
        self._write = wires.i2c.writeto
        self._read = wires.i2c.readfrom_into
        self._address = address
        self._pointer = _MCP_PINS if mcp else _TCA_PINS if part == _TCA9554 else None
        self._first = 1 if self._pointer else 0  # the register's number comes before the data
        self._out = bytearray(_MCP_LEVELS if mcp else _TCA_LEVELS if self._pointer else 2 if wide else 1)
        self._size = len(self._out)
        self._in = bytearray(2 if wide else 1)
        transfer = 2 + wide + 2 * self._first  # bytes of the longer direction
        self.limit_us = transfer * 9 * 1500 // wires.khz + 300

    def put(self):
        """Sends `word`. False: a held line or no answer."""
        word = self.word
        out = self._out
        first = self._first
        out[first] = word & 0xFF
        if self._wide:
            out[first + 1] = word >> 8
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
            if not self._sda() or (self._pointer and self._write(self._address, self._pointer) != 1):
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
        if self._pointer:
            inputs = ~self._outputs
            data = bytes((0, inputs & 0xFF, inputs >> 8 & 0xFF) if self._wide else (_TCA_DIRECTIONS, inputs & 0xFF))
            try:
                return self._write(self._address, data) == len(data)
            except OSError:
                return False
        return True


class I2c:
    """The wires of one I2C bus."""

    def __init__(self, sda, scl, khz10, _latch, _enable):
        self.khz = khz10 * 10
        self._scl = Pin(scl, Pin.OPEN_DRAIN, value=1)
        self._data = Pin(sda, Pin.OPEN_DRAIN, value=1)
        self.sda = self._data.value
        self.i2c = SoftI2C(scl=self._scl, sda=self._data, freq=self.khz * 1000, timeout=_STRETCH_US)

    def free(self):
        """Nine clocks end any transfer that a chip is in, then a stop. False while a line is held."""
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


class Shift:
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
        """Sends the whole chain: the chip furthest from the ESP32 goes first."""
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


class ShiftChip:
    """One 74HC595; `get` rewrites it every sixteenth time."""

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
