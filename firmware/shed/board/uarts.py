"""Serial ports 1 and 2: RS-485 buses and readers. UART0 is the console (stdio.py)."""

from machine import UART


def open_uart(number, baud, tx, rx, parity):
    """A UART that never blocks a read. `parity`: 0 none, 1 odd, 2 even (site-file.md). The transceiver turns the bus round by itself.

    The transmit buffer holds the longest frame we send, so `write` returns at once (beyond it, the port would block).
    """
    odd_even = (None, 1, 0)[parity]
    return UART(number, baudrate=baud, tx=tx, rx=rx, bits=8, parity=odd_even, stop=1, timeout=0, timeout_char=0, txbuf=256, rxbuf=256)
