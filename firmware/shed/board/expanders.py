"""Expanders: relays and contacts on buses beyond the ESP32's own pins (chips: expander_chips.py).

Hazard: a relay that stays closed because its bus does not answer. A chip keeps its outputs when the bus dies or the ESP32 restarts, so the
first error, late byte or bit that does not follow takes the whole bus out of the scan, and the groups behind it lose their contactor,
which is on a GPIO. A task returns the bus to the scan (`recover`), with every output off.

Everything `run` does is allocation-free: it is part of the scan. Imported only when the image has expanders.
"""

from time import ticks_diff, ticks_us

from micropython import const

from shed.board.expander_chips import I2c, I2cChip, Shift, ShiftChip

_HC595 = const(4)
_SHIFT = const(2)  # kind of wires


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
        self.wires = [(Shift if kind == _SHIFT else I2c)(*row) for kind, *row in wires]
        self.chips = []
        for part, bus, address, safe, inputs in chips:
            on = self.wires[bus]
            self.chips.append(ShiftChip(bus, on, safe) if part == _HC595 else I2cChip(bus, on, part, address, safe, inputs))
        self.groups = [0] * len(self.wires)
        self.relays = []  # outlets, a mask a word (safety/outputs.py)
        self._runs = []  # by word: [outlets, chip, bit - outlet index, active high]: neighbouring bits are written together
        self.out = (1 << len(self.wires)) - 1
        self._seen_out = 0
        self.lost_groups = 0
        self.dirty = False
        self.fresh = self.hot = None
        self._turn = self._odd = 0
        for bus in range(len(self.wires)):
            self.recover(bus)

    def relay(self, w, i, code, active_high, groups):
        """Outlet `i` of word `w` has its relay at pin code `code`; `groups` lose their contactor with its bus."""
        chip = self.chips[(code >> 4) & 15]
        self.groups[chip.bus] |= groups
        while len(self.relays) <= w:
            self.relays.append(0)
            self._runs.append([])
        self.relays[w] |= 1 << i
        left = (code & 15) - i
        for run in self._runs[w]:
            if run[1:] == [chip, left, active_high]:
                run[0] |= 1 << i
                return
        self._runs[w].append([1 << i, chip, left, active_high])

    def contact(self, code):
        """Bound `value` of a contact. Closed is low."""
        return _Contact(self.chips[(code >> 4) & 15], code & 15).value

    # What the scan does.

    def switch(self, outlets, on, w):
        """Notes what the next `run` writes. outlets: a mask of word `w`."""
        for mask, chip, left, active_high in self._runs[w]:
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
