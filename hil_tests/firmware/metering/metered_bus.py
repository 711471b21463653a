"""Meters on one RS-485 bus, in virtual time: pymodbus's own framer answers, and nothing is shared with the firmware."""

from bisect import bisect_right
from collections.abc import Callable
from fractions import Fraction

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ExceptionResponse
from pymodbus.pdu.register_message import ReadInputRegistersResponse

UJ_IN_MWH = 3_600_000


class Meter:
    """A PZEM-016: 0.1 W steps, nothing below 0.4 W, whole watt-hours. Its energy is exact: whole microjoules, 1 mW for 1 ms."""

    def __init__(self, address, wh=1000):
        self.address = address
        self.energy_uj = wh * 1000 * UJ_IN_MWH
        self.power_mw = 0
        self.silent = False
        self.exception = 0
        self.turnaround_ms = 30
        self.reads = 0

    @property
    def energy_mwh(self) -> Fraction:
        return Fraction(self.energy_uj, UJ_IN_MWH)

    @energy_mwh.setter
    def energy_mwh(self, mwh: Fraction | int) -> None:
        self.energy_uj = int(mwh * UJ_IN_MWH)

    def registers(self):
        dw = self.power_mw // 100 if self.power_mw >= 400 else 0
        ma = self.power_mw // 220
        wh = self.energy_uj // (1000 * UJ_IN_MWH)
        return [2200, ma & 0xFFFF, ma >> 16, dw & 0xFFFF, dw >> 16, wh & 0xFFFF, wh >> 16, 500, 60, 0]


class Bus:
    """The UART the master sees. `mangle(reply) -> bytes` may damage what comes back."""

    def __init__(self, meters, baud=9600, echo=False):
        self.meters = {m.address: m for m in meters}
        self.char_ms = 10000 / baud
        self.now_ms = 0
        self.echo = echo
        self.mangle: Callable[[bytes], bytes] = bytes
        self.sent = []
        self._at_ms = []  # when each byte on its way arrives
        self._bytes = bytearray()
        self._framer = FramerRTU(DecodePDU(is_server=True))
        self._answer = FramerRTU(DecodePDU(is_server=False))

    def any(self):
        return bisect_right(self._at_ms, self.now_ms)

    def readinto(self, buf, n=None):
        n = min(len(buf) if n is None else n, self.any())
        buf[:n] = self._bytes[:n]
        del self._at_ms[:n], self._bytes[:n]
        return n or None

    def put(self, data, at_ms):
        for k, byte in enumerate(data, start=1):
            place = bisect_right(self._at_ms, at_ms + k * self.char_ms)
            self._at_ms.insert(place, at_ms + k * self.char_ms)
            self._bytes.insert(place, byte)

    def write(self, data):
        data = bytes(data)
        self.sent.append((self.now_ms, data))
        if self.echo:
            self.put(data, self.now_ms)
        _, request = self._framer.handleFrame(data, 0, 0)
        assert request is not None, "pymodbus does not accept the master's frame as a request"
        meter = self.meters.get(request.dev_id)
        if meter and not meter.silent:
            meter.reads += 1
            self.put(self.mangle(self.reply(meter, request)), self.now_ms + len(data) * self.char_ms + meter.turnaround_ms)
        return len(data)

    def reply(self, meter, request):
        if meter.exception:
            answer = ExceptionResponse(request.function_code, meter.exception, device_id=meter.address)
        else:
            answer = ReadInputRegistersResponse(
                dev_id=meter.address, registers=meter.registers()[request.address : request.address + request.count]
            )
        return self._answer.buildFrame(answer)
