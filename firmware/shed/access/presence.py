"""A card at a reader is one presence, however often the reader loses and finds it again.

Hazards: a card that lies on the reader, or comes and goes at the edge of its field, holds the gate free for ever, starts sessions and fills
the journal; one that was left there over an outage proves nobody's presence. But a person who missed the release may tap again.

    first sight, the reader was seen empty before    counts: gate, session, authority
    again after 3 s without it                       counts
    again after 1 s, and the release is over         opens the gate only
    each of them                                     three times, then once in 30 s or six release times, the longer

Several cards are remembered: two in one purse alternate.
"""

from time import ticks_diff

from micropython import const

NOT = const(0)
GATE_ONLY = const(1)
ANEW = const(2)

_GONE_MS = const(3000)
_AWAY_MS = const(1000)
_EACH_MS = const(30000)
_BURST = const(3)
_MOST = const(6)


class Presence:
    """One per reader. release_ms: of its gate. `empty`: the reader was seen without a card since it began to answer."""

    def __init__(self, release_ms):
        self._release_ms = release_ms
        self._each_ms = max(_EACH_MS, 6 * release_ms)
        self._cards = []  # [card, ticks of its last sight, ms since it counted, ms until it has all its three times again], the newest last
        self.empty = False

    def _step(self, now_ms):
        """Forgets the cards that have all their times again."""
        cards = self._cards
        while cards and not 0 <= ticks_diff(now_ms, cards[0][1]) < _BURST * self._each_ms:
            cards.pop(0)

    def sight(self, card, now_ms):
        """A card was seen. NOT: it was here already, or too often; GATE_ONLY; or ANEW."""
        self._step(now_ms)
        cards = self._cards
        for i in range(len(cards)):
            if cards[i][0] == card:
                row = cards.pop(i)
                break
        else:
            if len(cards) == _MOST:
                cards.pop(0)
            row = [card, now_ms, self._release_ms, 0]
            if not self.empty:  # it was here when the board, or the reader, started
                cards.append(row)
                return NOT
            row[1] = now_ms - _GONE_MS & 0x3FFFFFFF
        away_ms = ticks_diff(now_ms, row[1])
        row[1] = now_ms
        row[2] = min(row[2] + away_ms, self._release_ms)
        row[3] = max(0, row[3] - away_ms)
        cards.append(row)
        if row[3] > (_BURST - 1) * self._each_ms or away_ms < _AWAY_MS:
            return NOT
        if away_ms < _GONE_MS and row[2] < self._release_ms:
            return NOT
        row[2] = 0
        row[3] += self._each_ms
        return ANEW if away_ms >= _GONE_MS else GATE_ONLY
