"""An RS-485 line with meters: which meter receives a request, when it answers, and how the line disturbs both.

Requests are decoded and answered by pymodbus's own server side, driven synchronously: framer, request object, register store; its coroutine
ends at the first ``send(None)`` because nothing in it waits. The receive buffer is cleared after 3.5 characters of silence and takes only
what the master drove. Answers: 70 ms mean response time (docs/domain.md) less 34 ms of wire leaves a turn-around of 36 ms, with a seeded
spread.

A reply that ends soon is sent to the board at once with its future time (one message per poll); a later one waits in the plant. Both arrive
at the same time.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.simulator.simcore import SimCore

from .meters import Pzem016
from .port import BoardPort
from .transceiver import Transceiver
from .units import MS
from .world import World

TURN_AROUND_NS: Final = 36 * MS
TURN_AROUND_SPREAD_NS: Final = 12 * MS
SLOW_EXTRA_NS: Final = 120 * MS
DELAYED_EXTRA_NS: Final = 900 * MS
_EXTRA_NS: Final = {"slow": SLOW_EXTRA_NS, "delayed": DELAYED_EXTRA_NS}
LOOK_AHEAD_NS: Final = 100 * MS
NOISY_BYTE_SHARE: Final = 0.05
RESET_ENERGY: Final = 0x42


class ResetEnergy(ModbusPDU):
    """The PZEM's own command 0x42: four bytes on the wire, echoed."""

    function_code = RESET_ENERGY
    rtu_frame_size = 4


class Rs485Bus:
    """One line at ``baud`` 8N1 on the board's ``uart`` with ``meters``; two meters may share an address (they collide).

    ``direction``: the GPIO that switches the direction of the board's transceiver.
    """

    def __init__(self, world: World, port: BoardPort, uart: int, baud: int, meters: list[Pzem016], direction: int | None = None) -> None:
        self.meters = meters
        self.requests = 0
        self.replies = 0
        self.collisions = 0
        self.noise_share = 0.0
        self.turn_around_ns = TURN_AROUND_NS
        self.spread_ns = TURN_AROUND_SPREAD_NS
        self._world = world
        self._baud = baud
        self._char_ns = 10 * 1_000_000_000 // baud
        self._silence_ns = self._char_ns * 7 // 2
        self._random = world.random(f"rs485 uart {uart}")
        decoder = DecodePDU(is_server=True)
        decoder.register(ResetEnergy)
        self._framer = FramerRTU(decoder)
        self._by_address: dict[int, list[tuple[Pzem016, SimCore]]] = {}
        for meter in meters:
            self._by_address.setdefault(meter.address, []).append((meter, SimCore(meter.sim_device())))
        self._ear = b""
        self._ear_end_ns = 0
        self._line_busy_until_ns = 0
        self.transceiver = Transceiver(world, port, uart, direction, self._master_sent)

    def _master_sent(self, at_ns: int, char_ns: int, line_format: int, data: bytes) -> None:
        """The master drove ``data`` from ``at_ns`` on."""
        self.requests += 1
        if line_format != (self._baud << 24 | 8 << 16 | 1):
            self._world.log(f"rs485: master speaks {line_format >> 24} baud, format {line_format & 0xFFFFFF:06x}; nobody understands")
            return
        if at_ns < self._line_busy_until_ns:
            self.collisions += 1
            self._world.log("rs485: the master speaks into an answer")
            data = self._garbled(data, 0.5)
        if self.noise_share:
            data = self._garbled(data, self.noise_share)
        if at_ns > self._ear_end_ns + self._silence_ns:
            self._ear = b""
        self._ear += data
        self._ear_end_ns = at_ns + len(data) * char_ns
        try:
            _used, request = self._framer.handleFrame(self._ear, 0, 0)
        except ModbusException:
            self._ear = b""
            return
        if request is None:
            return
        self._ear = b""
        answers = [self._answer(meter, core, request) for meter, core in self._by_address.get(request.dev_id, ())]
        self._put(sorted(answer for answer in answers if answer is not None))

    def _answer(self, meter: Pzem016, core: SimCore, request: ModbusPDU) -> tuple[int, bytes] | None:
        """The time when ``meter`` begins to answer, and its frame as sent; None when it stays silent."""
        meter.requests += 1
        fault = meter.fault_name
        if not meter.is_powered or (fault == "intermittent" and self._random.random() < 0.5):
            return None
        frame = self._frame(meter, core, request)
        spread_ns = self._random.randrange(-self.spread_ns, self.spread_ns + 1) if self.spread_ns else 0
        wait_ns = self.turn_around_ns + spread_ns + _EXTRA_NS.get(fault, 0)
        if fault == "garbage":
            frame = self._random.randbytes(len(frame))
        elif fault == "wrong":
            wrong = bytes([request.dev_id % 247 + 1]) + frame[1:-2]
            frame = wrong + FramerRTU.compute_CRC(wrong).to_bytes(2, "big")
        elif fault == "noisy":
            frame = self._garbled(frame, NOISY_BYTE_SHARE)
        if self.noise_share:
            frame = self._garbled(frame, self.noise_share)
        return self._ear_end_ns + wait_ns, frame

    def _put(self, answers: list[tuple[int, bytes]]) -> None:
        """Send the answers to one request, in order of time: two that overlap corrupt each other."""
        spoilt = [any(other is not one and self._overlap(one, other) for other in answers) for one in answers]
        now = self._world.now_ns
        for (at_ns, frame), bad in zip(answers, spoilt, strict=True):
            if bad:
                self.collisions += 1
                frame = self._garbled(frame, 0.5)
            if at_ns + len(frame) * self._char_ns <= now + LOOK_AHEAD_NS:
                self._deliver(at_ns, frame)
            else:
                self._world.after(max(0, at_ns - now), partial(self._deliver, at_ns, frame))

    def _overlap(self, one: tuple[int, bytes], other: tuple[int, bytes]) -> bool:
        return one[0] < other[0] + len(other[1]) * self._char_ns and other[0] < one[0] + len(one[1]) * self._char_ns

    def _frame(self, meter: Pzem016, core: SimCore, request: ModbusPDU) -> bytes:
        if request.function_code == RESET_ENERGY:
            meter.reset_energy()
            reply: ModbusPDU = request
        else:
            reply = _run(request.datastore_update(core, request.dev_id))  # type: ignore[arg-type]
        reply.dev_id = request.dev_id
        return self._framer.buildFrame(reply)

    def _deliver(self, at_ns: int, frame: bytes) -> None:
        """A meter drives ``frame`` from ``at_ns`` on; an answer that overlaps another one is corrupted."""
        if self._world.now_ns >= at_ns and at_ns < self._line_busy_until_ns:
            self.collisions += 1
            frame = self._garbled(frame, 0.5)
        self.replies += 1
        self._line_busy_until_ns = max(self._line_busy_until_ns, at_ns + len(frame) * self._char_ns)
        self.transceiver.answer(at_ns, self._char_ns, frame)

    def _garbled(self, data: bytes, share: float) -> bytes:
        """Each byte gets one flipped bit with probability ``share``."""
        return bytes(byte ^ (1 << self._random.randrange(8)) if self._random.random() < share else byte for byte in data)


def _run(coroutine: Any) -> ModbusPDU:
    """The result of a coroutine that never waits; raises RuntimeError when it does."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("pymodbus's datastore waited for something; the plant has no event loop")
