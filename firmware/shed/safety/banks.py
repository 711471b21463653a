"""Contacts on expanders: passes what the scan read from a chip to the points' debounce.

Hazard: a contact that looks quiet because nobody reads it. Only a fresh reading counts as a sample, a chip with a contact off normal is
read in every other scan, and the points of a bus that is out are `stale`, a fault. Allocation-free, as the points are.
"""

from shed.safety.points import ALARM, NORMAL, STALE


class Bank:
    """The contacts of one chip. Masks: `points` by point, `normal` the quiet level by bit."""

    def __init__(self):
        self.points = 0
        self.used = 0
        self.normal = 0
        self.contacts = []  # (bit, point index)


class Banks:
    """buses: board.expanders.Buses."""

    def __init__(self, buses):
        self._buses = buses
        self._out = 0

    def add(self, code, i, normally_closed):
        """Point `i` is the contact with pin code `code`. Closed is low."""
        chip = self._buses.chips[(code >> 4) & 15]
        bank = chip.bank = chip.bank or Bank()
        bit = 1 << (code & 15)
        bank.points |= 1 << i
        bank.used |= bit
        bank.normal |= 0 if normally_closed else bit
        bank.contacts.append((bit, i))

    def sample(self, points, now_us):
        buses = self._buses
        chip = buses.fresh
        if chip is not None and chip.bank is not None:
            buses.fresh = None
            bank = chip.bank
            points.seen |= bank.points
            off = (chip.pins ^ bank.normal) & bank.used
            if off or points.unquiet & bank.points:
                for bit, i in bank.contacts:
                    points.debounce(i, ALARM if off & bit else NORMAL, now_us)
                if points.suspect & bank.points & ~points.alarm:
                    buses.hot = chip
                elif buses.hot is chip:
                    buses.hot = None
        if buses.out != self._out:
            self._out = buses.out
            for chip in buses.chips:
                if chip.bank is not None and buses.out >> chip.bus & 1:
                    points.suspect &= ~chip.bank.points
                    for _bit, i in chip.bank.contacts:
                        points.become(i, STALE)
