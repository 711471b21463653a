"""A few outlets with meters on one RS-485 bus, in virtual time, for the unit tests of metering and charging.

Meters are answered by pymodbus's own framer; energy is integrated here in exact arithmetic and shares nothing with the firmware.
"""

import random
from collections.abc import Callable
from fractions import Fraction

from shed.charging.outlets import Charging
from shed.charging.restoring import restore
from shed.charging.rules import Rules
from shed.metering.modbus import RtuMaster
from shed.metering.poller import Poller

from hil_tests.firmware.metering.metered_bus import UJ_IN_MWH, Bus, Meter

TICKS = (1 << 30) - 1
DEFAULTS = {
    "start_w": 10, "start_s": 120, "unplug_mw": 1000, "unplug_s": 10, "full_percent": 20, "full_floor_w": 30, "full_s": 1800,
    "full_late_s": 300, "late_after_s": 10800, "drift_w": 6, "top_up_s": 3600, "min_w": 30, "min_s": 1800, "max_min": 600,
    "hard_min": 600, "grant_s": 180, "checkpoint_s": 600,
}  # fmt: skip
END_FIELDS = ("id", "outlet", "card", "start_s", "energised_s", "energy_mwh", "wh_start", "wh_end", "price_fen", "cause")
CARD = bytes((4, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0))
OTHER_CARD = bytes((7, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0))


class Sink:
    """Stands in for books.py: keeps a list of calls; holds open relays; refuses a second settlement."""

    def __init__(self, shed):
        self.shed = shed
        self.calls = []
        self.held = set()
        self.refuse = set()
        self.ids = 0

    def new_session_id(self):
        self.ids += 1
        return 7 << 16 | self.ids

    def stamp_s(self):
        return self.shed.now_ms // 1000

    def session_end(self, *args):
        assert args[0] not in [a[0] for a in self.of("session_end")], "settled twice"
        assert args[1] >= len(self.shed.meters) or not self.shed.on(args[1]) or self.shed.stuck, "recorded before opening"
        return self._call("session_end", args)

    def session_start(self, *args):
        return self._call("session_start", args)

    def session_energised(self, *args):
        assert not self.shed.on(args[1])
        return self._call("session_energised", args)

    def session_resumed(self, *args):
        return self._call("session_resumed", args)

    def live(self, *args):
        return self._call("live", args)

    def forget(self, *args):
        self._call("forget", args)

    def press_refused(self, *args):
        return self._call("press_refused", args)

    def watch(self, *args):
        return self._call("watch", args)

    def fault(self, *args):
        self._call("fault", args)

    def fault_over(self, *args):
        self._call("fault_over", args)

    def hold(self, *args):
        self.held.add(args)
        self._call("hold", args)

    def release(self, *args):
        self.held.remove(args)
        self._call("release", args)

    def _call(self, name, args):
        if name in self.refuse:
            return False
        self.calls.append((name, self.shed.now_ms, *args))
        return True

    def of(self, name):
        return [c[2:] for c in self.calls if c[0] == name]

    def names(self):
        return [c[0] for c in self.calls]


class Shed:
    """run(seconds); plug(i, watts_of_seconds); tap(); press(i); trip(i). now_ms never wraps; ticks start at `ticks_ms` and wrap."""

    def __init__(
        self, outlets=2, ticks_ms=0, pace_ms=0, poll_ms=1000, settings=None, tariff=(1, 100, 300), meters=None, max_w=1000, rows=None,
        contactors=False,
    ):  # fmt: skip
        self.now_ms = 0
        self.origin_ms = ticks_ms
        self.pace_ms = pace_ms
        self.meters = meters or [Meter(11 + i) for i in range(outlets)]
        self._truth_uj = [0] * outlets
        self.closed_ms = [0] * outlets
        self.bus = Bus(self.meters)
        self.loads: list[Callable[[float], float] | None] = [None] * outlets
        self.plugged_ms = [0] * outlets
        self.contacts = [False] * outlets
        self.welded = set()
        self.rows = rows or (tuple(range(outlets)),)
        self.contactors = contactors  # False: none cuts a relay that welded
        self.fed = 0
        self.stuck = False  # the outputs go on reporting their relays closed
        self.trips = 0
        self.locked = False  # boot lock: no relay closes
        self.blocked = False
        self.sink = Sink(self)
        self.poller = Poller([RtuMaster(self.bus, 9600)], [(0, m.address, 1) for m in self.meters], energised_ms=poll_ms)
        rules = Rules(tuple((DEFAULTS | (settings or {})).values()))
        self.charging = Charging([(i, max_w) for i in range(outlets)], rules, tariff, self.poller, self.sink, rows)
        restore(self.charging, ())
        self._relays = 0
        self._due_ms = self._poll_due_ms = 0

    def ticks(self):
        return self.origin_ms + self.now_ms & TICKS

    @property
    def truth_mwh(self) -> list[Fraction]:
        """What the outlets were given."""
        return [Fraction(uj, UJ_IN_MWH) for uj in self._truth_uj]

    @truth_mwh.setter
    def truth_mwh(self, mwh: list[Fraction]) -> None:
        self._truth_uj = [int(one * UJ_IN_MWH) for one in mwh]

    def on(self, i):
        return self._relays >> i & 1

    def plug(self, i, watts: float | Callable[[float], float]):
        self.loads[i] = watts if callable(watts) else lambda _: watts
        self.plugged_ms[i] = self.now_ms

    def unplug(self, i):
        self.loads[i] = None

    def tap(self, card=CARD):
        self.charging.card_tapped(card)

    def press(self, i):
        self._due_ms = self.now_ms
        return self.charging.button(i)

    def begin(self, i, watts):
        """Plug, tap, press."""
        self.plug(i, watts)
        self.tap()
        return self.press(i)

    def session(self, i=0):
        return self.charging.sessions[i]

    def ends(self):
        return [dict(zip(END_FIELDS, e, strict=True)) for e in self.sink.of("session_end")]

    def run(self, seconds, until=None):
        """Let time pass; with until, stop when it holds and return whether it did."""
        end_ms = self.now_ms + round(seconds * 1000)
        while self.now_ms < end_ms:
            if self.now_ms >= self._due_ms:
                self.charging.fed = self.fed
                wake = self.charging.step(self.ticks(), [self._relays], [self.trips], self.blocked)
                assert wake > 0
                self._drive()
                self.poller.energised(self.charging.meters)
                self._due_ms = self.now_ms + max(wake, self.pace_ms)
            if self.now_ms >= self._poll_due_ms or self.poller.wanted:
                wake = self.poller.step(self.ticks())
                assert wake > 0
                self._poll_due_ms = self.now_ms + wake
            if until and until():
                return True
            self._pass(max(1, min(self._due_ms, self._poll_due_ms, end_ms) - self.now_ms))
        return False

    def busy(self):
        """Number of sessions that are not settled."""
        return sum(session is not None for session in self.charging.sessions)

    def settle(self, seconds=30):
        """Run until no session is open."""
        assert self.run(seconds, until=lambda: not self.busy()), "a session stays open"

    def _drive(self):
        blocked = {i for _, i in self.sink.held}
        lease = self.charging.lease[0] if not self.locked else 0
        kept = self.charging.off_watch.kept[0]
        wanted = sum(1 << i for i in range(len(self.meters)) if lease >> i & 1 and i not in blocked and not self.trips >> i & 1)
        self._relays = self._relays | wanted if self.stuck else wanted
        for g, row in enumerate(self.rows):
            mask = sum(1 << i for i in row)
            if self._relays & mask:
                self.fed |= 1 << g
            elif self.trips & mask or not kept & mask:
                self.fed &= ~(1 << g)

    def _pass(self, ms):
        for i, meter in enumerate(self.meters):
            fed = not self.contactors or any(i in row and self.fed >> g & 1 for g, row in enumerate(self.rows))
            self.contacts[i] = closed = bool(self._relays >> i & 1) or (i in self.welded and fed)
            load = self.loads[i] if closed else None
            meter.power_mw = round(load((self.now_ms - self.plugged_ms[i]) / 1000) * 1000) if load else 0
            if closed:
                self.closed_ms[i] += ms
                meter.energy_uj += meter.power_mw * ms
                self._truth_uj[i] += meter.power_mw * ms
        self.now_ms += ms
        self.bus.now_ms = self.now_ms


def energy_agrees(shed, end, i=0, percent=1):
    """The plant's own integral judges a settled session's energy."""
    truth_mwh = float(shed.truth_mwh[i])
    assert abs(end["energy_mwh"] - truth_mwh) <= max(truth_mwh * percent / 100, 100)


def lead_acid(minutes=400, float_w=8.0, seed=1):
    """48 V 20 Ah at the wall: 142 to 172 W, then falling to 44 W, then float with a little noise (docs/domain.md)."""
    noise = random.Random(seed)

    def watts(s):
        m = s / 60
        if m < minutes:
            return 142 + 30 * m / minutes
        tail = 172 * 2.718281828 ** (-(m - minutes) / 30)
        return tail if tail > 44 else float_w + noise.uniform(-1, 1)

    return watts


def lithium(minutes=180, rest_w=0.6):
    """48 V 13S: 140 to 184 W, a taper to 10 %, then an idle charger that draws almost nothing."""

    def watts(s):
        m = s / 60
        if m < minutes:
            return 140 + 44 * m / minutes
        tail = 184 * 2.718281828 ** (-(m - minutes) / 15)
        return tail if tail > 18 else rest_w

    return watts
