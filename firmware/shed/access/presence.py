"""A card at a reader is one presence, however often the reader loses and finds it again.

Hazards: a card that lies on the reader, or comes and goes at the edge of its field, holds the gate free for ever, starts sales and fills
the journal. A presence ends when the card was not seen for 3 s; only its first sight counts. Two cards in one purse alternate: several are
remembered.
"""

from time import ticks_diff

from micropython import const

_GONE_MS = const(3000)
_MOST = const(6)


class Presence:
    """One per reader."""

    def __init__(self):
        self._cards = []  # [card, ticks of its last sight], the newest last

    def step(self, now_ms):
        """Lets the cards go that have left. Call it at least once a minute."""
        cards = self._cards
        while cards and not 0 <= ticks_diff(now_ms, cards[0][1]) < _GONE_MS:
            cards.pop(0)

    def is_new(self, card, now_ms):
        """A card was seen: whether it was not here already."""
        self.step(now_ms)
        cards = self._cards
        for i in range(len(cards)):
            if cards[i][0] == card:
                known = cards.pop(i)
                known[1] = now_ms
                cards.append(known)
                return False
        if len(cards) == _MOST:
            cards.pop(0)
        cards.append([card, now_ms])
        return True
