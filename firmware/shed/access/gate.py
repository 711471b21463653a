"""The gate: when its lock coil is energised. De-energised is free: power loss, a dead board and the hard-wired exit button free it
without us.

Hazards: somebody who cannot leave (exit button and fire contact are hard-wired into the coil's supply, and `freed`, a trip, beats
everything here), and a gate that a push or a broken wire opens. So the coil is off only while a trip frees it, while the release time of a
grant runs, and while a door that was opened under either stays open, at most until it is held open. The door contact alone never releases
the coil.

    LOCKED --grant or exit--> RELEASED --door opens--> OPEN --open too long--> HELD_OPEN
      ^ |                        |                      |                         |
      | +--door opens: forced, the coil stays on--> OPEN   door closes            door closes, closed again
      +--release time over-------+<---------------------+-------------------------+
    any --freed--> FREE --no longer freed--> LOCKED, or OPEN if the door is open
    OPEN, HELD_OPEN --grant--> stays, the coil off for the release time (a contact that is broken locks nobody out)
    `forced` is over when the door was shut for 10 s, or with a grant: a door that rattles is one event
"""

from time import ticks_diff

from micropython import const

from shed.access import cards

_TYPES = const(0)  # true for the type checker (host_tools/pyright-firmware.json); on a board the compiler leaves out what is under it

if _TYPES:
    from shed.access.contracts import GateSink

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
_OPENING_MS = const(300)  # a door pushed in the last moment of a release is reported this late
_CALM_MS = const(10000)
_COIL_OFF_MS = const(60000)  # behind an open door, where the site sets no limit for open


class Gate:
    """release_ms: how long a grant holds. held_open_ms: open for longer is an event, 0 never. sink(event, reason, card): the journal.

    `state` as above; `forced`: the door opened without a release.
    """

    def __init__(self, release_ms, held_open_ms, sink: "GateSink"):
        self.release_ms = release_ms
        self._held_open_ms = held_open_ms
        self._sink = sink
        self._since_ms = 0  # of the state; while forced and shut: since it shut
        self._granted_ms = None  # while the release time runs
        self._let_through = False  # the open door was opened under a grant or a trip: the coil may wait for it
        self._door = 0
        self._bounce_ms = None
        self._card = NO_CARD
        self._denied = 0
        self.state = LOCKED
        self.forced = False

    def grant(self, now_ms, card=NO_CARD, reason=cards.OK):
        """A valid card (or an exit button that the board sees, with reason EXIT): releases the lock for the release time."""
        self._denied = 0
        if self.forced and self.state == LOCKED:
            self._over(CLOSED_AGAIN)
        self._card = card
        self._sink(GRANTED, reason, card)
        if self.state == FREE:
            return
        self._granted_ms = now_ms
        if self.state == LOCKED:
            self.state = RELEASED
        if self.state != HELD_OPEN:
            self._since_ms = now_ms

    def deny(self, reason, card):
        """A card refused. Recorded once in a lock-out, so that trying cards cannot fill the journal."""
        if reason != cards.LOCKED_OUT or self._denied != reason:
            self._sink(DENIED, reason, card)
        self._denied = reason

    def step(self, now_ms, door_open, freed):
        """1: energise the lock, 0: release it. door_open: raw contact, 0 or 1. freed: by a trip. At least every 100 ms."""
        self._debounce(now_ms, door_open)
        if self._granted_ms is not None and not 0 <= ticks_diff(now_ms, self._granted_ms) < self.release_ms:
            self._granted_ms = None
        past_ms = ticks_diff(now_ms, self._since_ms)
        state = self.state
        if freed:
            if state != FREE:
                self.state = FREE
                self.forced = False
                self._granted_ms = None
                self._sink(FREED, cards.TRIP, NO_CARD)
            return 0
        if state == FREE:
            self._open(now_ms, True)
            if not self._door:
                self._close(LOCKED_AGAIN)
        elif state == LOCKED:
            if self._door:
                if not self.forced:
                    self._sink(FORCED, 0, NO_CARD)
                self.forced = True
                self._open(now_ms, False)
            elif self.forced and not 0 <= past_ms < _CALM_MS:
                self._over(CLOSED_AGAIN)
        elif state == RELEASED:
            if self._door:
                self._open(now_ms, True)
            elif not 0 <= past_ms < self.release_ms + (0 if self._bounce_ms is None else _OPENING_MS):
                self._close(LOCKED_AGAIN)
        elif not self._door:
            if self.forced:
                self.state = LOCKED
                self._since_ms = now_ms
                self._granted_ms = None
            else:
                self._close(CLOSED_AGAIN if state == HELD_OPEN else LOCKED_AGAIN)
        elif self._let_through and not 0 <= past_ms < (self._held_open_ms or _COIL_OFF_MS):
            self._let_through = False
            if self._held_open_ms:
                self.state = HELD_OPEN
                self._sink(HELD, 0, self._card)
        if self._granted_ms is not None:
            return 0
        return 0 if self.state == OPEN and self._let_through else 1

    def _open(self, now_ms, let_through):
        self.state = OPEN
        self._let_through = let_through
        self._since_ms = now_ms

    def _close(self, event):
        self.state = LOCKED
        self._granted_ms = None
        self._over(event)

    def _over(self, event):
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
