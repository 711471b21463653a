"""The gate: when its lock coil is energised. De-energised is free: power loss, a dead board and the hard-wired exit button free it
without us.

Hazard: somebody who cannot leave. Nothing here denies leaving: it decides whether the coil holds, and `freed` (a trip) beats everything.

    LOCKED --grant or exit--> RELEASED --door opens--> OPEN --open too long--> HELD_OPEN
      ^ |                        |                      |                         |
      | +--door opens: forced--> OPEN        door closes, locked again     door closes, closed again
      +--release time over-------+<---------------------+-------------------------+
    any --freed--> FREE --no longer freed--> LOCKED, or OPEN if the door is open
"""

from time import ticks_diff

from micropython import const

from shed.access import cards

LOCKED = const(0)
RELEASED = const(1)
OPEN = const(2)
HELD_OPEN = const(3)
FREE = const(4)

# Gate events of records.md.
GRANTED = const(1)
DENIED = const(2)
HELD = const(3)
CLOSED_AGAIN = const(4)
FORCED = const(5)
FREED = const(6)
LOCKED_AGAIN = const(7)

NO_CARD = bytes(11)

_BOUNCE_MS = const(200)  # a door contact counts when it has agreed for this long


class Gate:
    """release_ms: how long a grant holds. held_open_ms: open for longer is an event, 0 never. sink(event, reason, card): the journal.

    `state` as above; `forced` is True while the door stands open that nobody released.
    """

    def __init__(self, release_ms, held_open_ms, sink):
        self._release_ms = release_ms
        self._held_open_ms = held_open_ms
        self._sink = sink
        self._since_ms = 0
        self._door = 0
        self._bounce_ms = None
        self._card = NO_CARD
        self._denied = 0
        self.state = LOCKED
        self.forced = False

    def grant(self, now_ms, card=NO_CARD, reason=cards.OK):
        """A card in order (or an exit button that the board sees, with reason EXIT): releases the lock for the release time."""
        self._denied = 0
        self._card = card
        self._sink(GRANTED, reason, card)
        if self.state != FREE:
            self.state = RELEASED if self.state == LOCKED or self.state == RELEASED else OPEN
            self._since_ms = now_ms

    def deny(self, reason, card):
        """A card refused. Says so once in a lock-out, so that trying cards cannot fill the journal."""
        if reason != cards.LOCKED_OUT or self._denied != reason:
            self._sink(DENIED, reason, card)
        self._denied = reason

    def step(self, now_ms, door_open, freed):
        """1: energise the lock, 0: let go. door_open: raw contact, 0 or 1. freed: a latched trip. At least every 100 ms."""
        self._debounce(now_ms, door_open)
        state = self.state
        if freed:
            if state != FREE:
                self.state = FREE
                self.forced = False
                self._sink(FREED, cards.TRIP, NO_CARD)
        elif state == FREE:
            self._since_ms = now_ms
            self.state = OPEN
            if not self._door:
                self._close(LOCKED_AGAIN)
        elif state == LOCKED:
            if self._door:
                self.forced = True
                self._open(now_ms)
                self._sink(FORCED, 0, NO_CARD)
        elif state == RELEASED:
            if self._door:
                self._open(now_ms)
            elif self._bounce_ms is None and not 0 <= ticks_diff(now_ms, self._since_ms) < self._release_ms:
                self._close(LOCKED_AGAIN)
        elif not self._door:
            self._close(CLOSED_AGAIN if state == HELD_OPEN or self.forced else LOCKED_AGAIN)
        elif state == OPEN and self._held_open_ms and not 0 <= ticks_diff(now_ms, self._since_ms) < self._held_open_ms:
            self.state = HELD_OPEN
            self._sink(HELD, 0, self._card)
        return 1 if self.state == LOCKED else 0

    def _open(self, now_ms):
        self.state = OPEN
        self._since_ms = now_ms

    def _close(self, event):
        self.state = LOCKED
        self.forced = False
        self._sink(event, 0, self._card)
        self._card = NO_CARD

    def _debounce(self, now_ms, door_open):
        if door_open == self._door:
            self._bounce_ms = None
        elif self._bounce_ms is None:
            self._bounce_ms = now_ms
        elif not 0 <= ticks_diff(now_ms, self._bounce_ms) < _BOUNCE_MS:
            self._door = door_open
            self._bounce_ms = None
