"""The other ways into the loader: the USB peripheral inside the ESP32-S3, and boards whose DTR and RTS are not connected.

Hazard: a tool that takes every board for a DevKit resets a live one, or waits for a board that only fingers can reset.
USB: ESP32-S3 technical reference manual, chapter "USB Serial/JTAG Controller", the table of RTS and DTR.
"""

from __future__ import annotations

from .circuit import Edge, ResetCircuit


class ByHand(ResetCircuit):
    """No transistors: only the buttons, or a power cycle with BOOT held, reset the board or enter the loader."""

    @property
    def gpio0_low(self) -> bool:
        """BOOT is pressed."""
        return self.boot_held

    @property
    def en_pulled_low(self) -> bool:
        """RESET is pressed."""
        return self.reset_held


class UsbSerialJtag(ByHand):
    """The USB peripheral watches the two lines itself, without a capacitor, and the pin GPIO0 does not move.

    DTR alone sets its download flag, no line asserted clears it, RTS alone resets the chip at once, into the loader when the flag is set.
    Both together do nothing, so a DevKit's sequence ends in the program, and esptool has another one (``--before usb-reset``).
    """

    def __init__(self, now_ns: int = 0) -> None:
        super().__init__(now_ns)
        self._download = False

    def lines(self, dtr: bool, rts: bool, now_ns: int) -> list[Edge]:
        """See ``ResetCircuit.lines``. A reset is two edges in one moment."""
        was_reset = self.rts and not self.dtr
        edges = super().lines(dtr, rts, now_ns)
        if not rts:
            self._download = dtr
        elif not dtr and not was_reset and self.running:
            edges += [Edge(now_ns, False, self.boot_held), Edge(now_ns, True, self._download or self.boot_held)]
        return edges


CIRCUITS = {"auto": ResetCircuit, "usb": UsbSerialJtag, "manual": ByHand}
