"""Whose press it is: cards that were tapped, and the buttons that may use them.

Hazard: a sale on another person's card.
"""

from micropython import const

from shed.charging import stop_causes

REFUSED = const(0)  # answers of press(); `why` tells
STARTED = const(1)
STOPPED = const(2)
NO_GRANT = const(3)  # tap first
BUSY = const(4)  # another card's sale, or one that is ending

_NO_CARD = bytes(11)


class Grants:
    """shed: the Charging it starts and stops sales at."""

    def __init__(self, shed):
        self._shed = shed
        self._card = _NO_CARD
        self._left_ms = 0

    def step(self, span_ms):
        """Time goes by."""
        self._left_ms = max(self._left_ms - span_ms, 0)

    def left_ms(self):
        """How long the last tap still holds; 0: tap first."""
        return self._left_ms

    def tap(self, card):
        """An admitted card (11 bytes)."""
        self._card = bytes(card)
        self._left_ms = self._shed.rules.grant_ms

    def press(self, i):
        """The button of outlet i. Returns an answer."""
        shed = self._shed
        if not self._left_ms:
            return NO_GRANT
        sale = shed.sessions[i]
        if sale is not None:
            if sale.card != self._card or not shed.stop(i, stop_causes.USER):
                return BUSY
            self._left_ms = 0
            return STOPPED
        if not shed.may_begin(i):
            return REFUSED
        self._left_ms = 0
        shed.begin(i, self._card)
        return STARTED
