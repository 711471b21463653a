"""Expander buses that the scan has given up: raises their fault, and brings them back.

Hazard: a bus that comes and goes, and a contactor that chatters with it. A bus has one second of rest before each try; one that was lost
three times, with less than ten minutes in service after each, stays out until a person clears the fault.
"""

from micropython import const

from shed.safety import faults

_REST_TURNS = const(10)  # of 100 ms
_GOOD_TURNS = const(6000)
_LOSSES = const(3)


class BusWatch:
    """buses: board.expanders.Buses. table: faults.Faults."""

    def __init__(self, buses, table):
        self._buses = buses
        self._table = table
        self._out = 0  # buses whose fault has come
        self._losses = bytearray(len(buses.wires))
        self._turns = [0] * len(buses.wires)  # since the loss or the last try; of a good bus since its return

    def step(self):
        """Every 100 ms."""
        for bus in range(len(self._turns)):
            bit = 1 << bus
            self._turns[bus] += 1
            if self._buses.out & bit:
                if not self._out & bit:
                    self._out |= bit
                    self._losses[bus] += 1
                    self._turns[bus] = 0
                    self._table.came(faults.EXPANDER_BUS, bus)
                elif self._turns[bus] >= _REST_TURNS and self._losses[bus] < _LOSSES:
                    self._turns[bus] = 0
                    if self._buses.recover(bus):
                        self._out &= ~bit
                        self._table.over(faults.EXPANDER_BUS, bus)
            elif self._turns[bus] >= _GOOD_TURNS:
                self._turns[bus] = self._losses[bus] = 0

    def forgive(self):
        """A person has cleared the fault: every bus may be tried again."""
        for bus in range(len(self._turns)):
            self._losses[bus] = 0
