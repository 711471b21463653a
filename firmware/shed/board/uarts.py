"""Serial ports 1 and 2: RS-485 buses and readers. UART0 is the console (stdio.py).

Hazard: a driver left on holds the bus, and no meter is heard: it starts off, before the UART exists.
"""

from machine import UART, Pin


def open_uart(number, baud, tx, rx, parity):
    """A UART that never blocks a read. `parity`: 0 none, 1 odd, 2 even (site-file.md).

    The transmit buffer holds the longest frame we send, so `write` returns at once (beyond it, the port would block).
    """
    odd_even = (None, 1, 0)[parity]
    return UART(number, baudrate=baud, tx=tx, rx=rx, bits=8, parity=odd_even, stop=1, timeout=0, timeout_char=0, txbuf=256, rxbuf=256)


def driver(gpio):
    """The pin that sets an RS-485 transceiver's direction, as a function of 1 (send) and 0 (listen); None for 255: it switches by
    itself."""
    return Pin(gpio, Pin.OUT, value=0) if gpio != 255 else None
