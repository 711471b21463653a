"""Pins: outputs that start at their safe level, contacts, end-of-line loops, edge hints.

Hazard: a relay that closes by itself. The level is set before the direction (`Pin(n, OUT, value=)` does that on the ESP32), `hold=` is
never used, and nothing here energises anything: only the scan writes an output's energising level (law 3).
"""

from machine import ADC, Pin


def output(gpio, active_high):
    """The Pin of an output, released, and the level that energises it. Calling the Pin with a level writes it, without one reads the pad
    back; neither allocates."""
    return Pin(gpio, Pin.OUT, value=0 if active_high else 1), 1 if active_high else 0


def strobe(gpio, active_high):
    """Two bound methods of the heartbeat's output, which starts released: energise and release."""
    pin = output(gpio, active_high)[0]
    return (pin.on, pin.off) if active_high else (pin.off, pin.on)


def contact(gpio, pull_up):
    """The Pin of a dry contact or button; its `value` is what the scan calls."""
    if pull_up:
        return Pin(gpio, Pin.IN, Pin.PULL_UP)
    return Pin(gpio, Pin.IN)


def loop(gpio):
    """Bound `read_uv` of an end-of-line loop: microvolts at the pin, 11 dB range. ADC1 pins only (32..39)."""
    return ADC(Pin(gpio), atten=ADC.ATTN_11DB).read_uv  # pyright: ignore[reportCallIssue]  the ESP32 takes it; the stubs do not know


class Hint:
    """An edge on a direct trip input runs the scan early; it decides nothing (an edge can be lost, and noise makes edges).

    After more than 5 edges in one review period (100 ms) the interrupt is switched off, so that a chattering input cannot fill the
    port's queue of 8 and starve the scan's timer; it comes back after 10 quiet review periods.
    """

    def __init__(self, pin, scan):
        self._pin = pin
        self._scan = scan
        self._edges = 0
        self._quiet = 0
        self._last = pin.value()
        self.on = False
        self._enable()

    def _enable(self):
        self._edges = 0
        self._pin.irq(self._edge, Pin.IRQ_RISING | Pin.IRQ_FALLING)
        self.on = True

    def _edge(self, _pin):
        self._edges += 1
        if self._edges > 5:
            self._pin.irq(None, 0)
            self.on = False
        else:
            self._scan(None)

    def review(self):
        """Called every 100 ms. Returns True once when a storm switched the interrupt off."""
        level = self._pin.value()
        if self.on:
            self._edges = 0
        elif self._edges > 5:
            self._edges = 0
            self._quiet = 0
            self._last = level
            return True
        elif level != self._last:
            self._quiet = 0
        else:
            self._quiet += 1
            if self._quiet > 10:
                self._enable()
        self._last = level
        return False
