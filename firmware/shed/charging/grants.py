"""Matches tapped cards with pressed buttons: the one order in which they belong together (decision 0020).

Hazard: a session on another's card. With one open grant a press uses it (tap, then press). With several a press only *selects* its outlet,
and one of these cards, tapped once more while no other outlet is selected, starts its session there. A card first tapped after the press
does not: its owner has not seen that button. A refused press selects, too: the owner of the card taps again. A grant that ran out unused
still counts for as long again, so that no other is the only one: its owner may stand at a button. So does a grant that found no place in
the table. A press on a running session whose card has an open grant stops it, however many are open. All else is refused, and recorded
where somebody would look for a reason.
"""

from micropython import const

from shed.charging import stop_causes

REFUSED = const(0)  # answers of press(); `why` tells
STARTED = const(1)
STOPPED = const(2)
NO_GRANT = const(3)  # tap first
BUSY = const(4)  # another card's session, or one that is ending
UNCLEAR = const(5)  # several cards are open; selected: tap again

_SEVERAL_CARDS = const(1)  # reasons of `press_refused` records: a press while several grants are open
_SEVERAL_OUTLETS = const(2)  # a tap while several outlets are selected
_ANOTHERS = const(3)  # a press, or a tap, on another card's session
_BLOCKED = const(4)  # no session may begin there now
_NOWHERE = const(255)

_SELECTED_MS = const(30000)
_MOST = const(9)  # rows: eight cards, and one row without a card for the older ones
_NO_CARD = bytes(11)


class Grants:
    """shed: the Charging it starts and stops sessions at. sink.press_refused(outlet or 255, reason, card) is called for refusals."""

    def __init__(self, shed):
        self._shed = shed
        self._open = []  # [card, ms left; less than 0: it ran out], oldest first; a first one without a card: grants that found no place
        self._selected = []  # [outlet, ms left, cards open at the press]

    def step(self, span_ms):
        """Time goes by."""
        self._open = _later(self._open, span_ms, -self._shed.rules.grant_ms)
        self._selected = _later(self._selected, span_ms, 0)

    def tap(self, card):
        """An admitted card (11 bytes). Returns STARTED when it was used at once, or NO_GRANT: it is open now."""
        card = bytes(card)
        meant = [row for row in self._selected if card in row[2]]
        self._use(card)
        if meant and len(self._selected) > 1:
            self._refuse(_NOWHERE, _SEVERAL_OUTLETS, card)
        elif meant and self._meet(meant[0][0], card) == STARTED:
            return STARTED
        if len(self._open) == _MOST:
            if not self._open[0][0]:
                del self._open[0]
            self._open[0][0] = b""
        self._open.append([card, self._shed.rules.grant_ms])
        return NO_GRANT

    def press(self, i):
        """The button of outlet i. Returns an answer."""
        session = self._shed.sessions[i]
        cards = [row[0] for row in self._open if row[1] > 0 and row[0]]
        if not cards:
            return NO_GRANT
        if session is not None and session.card in cards:
            answer = self._meet(i, session.card)
        elif len(self._open) == 1:
            answer = self._meet(i, cards[0])
        else:
            reason = _SEVERAL_CARDS
            answer = UNCLEAR
            if session is not None:
                reason = _ANOTHERS
                answer = BUSY
            elif not self._shed.may_begin(i):
                reason = _BLOCKED
                answer = REFUSED
            self._refuse(i, reason, _NO_CARD)
        if answer != STARTED and answer != STOPPED:
            self._forget(i)
            self._selected.append([i, _SELECTED_MS, cards])
        return answer

    def _meet(self, i, card):
        """Starts or stops the session of this card at outlet i."""
        shed = self._shed
        session = shed.sessions[i]
        if session is not None:
            if session.card != card:
                self._refuse(i, _ANOTHERS, card)
                return BUSY
            if not shed.stop(i, stop_causes.USER):
                return BUSY
        elif not shed.may_begin(i):
            return self._refuse(i, _BLOCKED, card)
        else:
            shed.begin(i, card)
        self._use(card)
        self._forget(i)
        return STARTED if session is None else STOPPED

    def _use(self, card):
        """Its grant is used up, or replaced."""
        self._open = [row for row in self._open if row[0] != card]

    def _forget(self, i):
        self._selected = [row for row in self._selected if row[0] != i]

    def _refuse(self, i, reason, card):
        self._shed.sink.press_refused(i, reason, card)
        return REFUSED


def _later(rows, span_ms, least_ms):
    """What is left of rows [_, ms left, ...] after some time."""
    for row in rows:
        row[1] -= span_ms
    return [row for row in rows if row[1] > least_ms] if rows else rows
