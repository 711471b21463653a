"""The desk: what the console may see of the shed and ask of it (the contract is `Shed` in console/contracts.pyi).

Hazard: a question that changes something. Everything here but `clear`, `confirm`, `stop`, `revoke`, `set_time` and `enter_maintenance` only
reads.
"""

import sys

from shed.board import clock, resets
from shed.charging import stop_causes, tariff
from shed.charging.session import IDLE
from shed.metering import poller as meters
from shed.safety import holders
from shed.storage.journal import CLOCK_SET, MAINTENANCE

VERSION = "0.2.0"


class Desk:
    """service: shed.service.tasks.Service."""

    def __init__(self, service):
        self._service = service
        self.journal = service.journal
        self.faults = service.faults
        self.cards = service.entrance.cards
        self.mode = "safe" if service.safe_mode else "service"

    def quiet(self):
        return not self._service.outputs.any_on()

    def identity(self):
        service = self._service
        version = ".".join([str(part) for part in sys.implementation.version[:3]])
        return {
            "fw": VERSION,
            "site": service.wiring.site_id,
            "board": sys.implementation._machine,
            "boot": service.rtc.boots,
            "cfg": service.config_crc,
            "mpy": version,
        }

    def status_items(self):
        service = self._service
        wiring = service.wiring
        groups = [service.outputs.contactors_on >> g & 1 for g in range(wiring.groups)]
        for i in range(len(wiring.outlets)):
            if not groups[wiring.outlets[i][1]] and self._on(i) == 2:
                groups[wiring.outlets[i][1]] = 2
        yield {
            "up_s": service.clock.uptime_s,
            "t": service.clock.epoch_s(),
            "clk": service.clock.quality,
            "trips": service.matrix.kept() | service.matrix.active | service.matrix.held,
            "faults": len(service.faults),
            "group": groups,
            "hb": 1 if wiring.protected and not service.scan.fault else 0,
            "heap": service.heap_free,
            "forced": service.eraser.forced,
            "trial": service.trial_left_s(),
        }
        for i in range(len(wiring.outlets)):
            yield self._outlet(i)
        for i in range(service.points.count):
            yield {"p": i, "st": service.points.state[i]}
        for g in range(len(service.entrance.gates)):
            yield {"g": g, "st": service.entrance.gates[g].state}
        for m in range(len(service.poller.readings)):
            yield self._meter(m)

    def _outlet(self, i):
        service = self._service
        session = service.charging.sessions[i]
        row = service.wiring.outlets[i]
        item = {"o": row[0], "st": IDLE, "mw": service.poller.reading(row[2]).power_mw, "wh": 0, "s": 0, "fen": 0}
        if session is not None:
            item["st"] = session.state
            item["s"] = session.energised_s()
            if session.count is not None:
                item["wh"] = session.count.mwh // 1000
            item["fen"] = tariff.charged_fen(session.tariff, session.cause, item["s"])
        item["hold"] = self._why(i)
        item["on"] = self._on(i)
        return item

    def _meter(self, m):
        service = self._service
        poller = service.poller
        return {
            "m": m,
            "age": poller.age_ms(m, clock.ticks_ms()) if poller.reading(m).valid else -1,
            "ok": poller.counter(m, meters.OK),
            "to": poller.counter(m, meters.TIMEOUTS),
            "crc": poller.counter(m, meters.CRC_ERRORS),
            "dv": poller.reading(m).voltage_dv,
        }

    def task_items(self):
        service = self._service
        scan = service.scan
        yield {
            "passes": scan.passes,
            "last_us": scan.last_us,
            "worst_us": scan.worst_us,
            "gap_us": scan.worst_gap_us,
            "here": service.executive.scans_run_here,
        }
        for task in service.executive.tasks:
            yield {"task": task.name, "n": task.runs, "max_us": task.worst_ms * 1000, "late_ms": task.late_ms, "over": task.overruns}

    def _why(self, i):
        """Holders in order; without a session `no_session` replaces the lease, which is only its consequence."""
        found = self._service.outputs.why(i)
        if self._service.charging.sessions[i] is None:
            if holders.LEASE in found:
                found.remove(holders.LEASE)
            found.append(holders.NO_SESSION)
            found.sort()
        return found

    def why(self, number):
        if self._service.wrong_board:  # no outlet is wired: any number gets this answer, and nothing shows whether it is off
            return 2, [holders.WRONG_BOARD]
        if number not in self._service.wiring.numbers:
            return None
        i = self._service.wiring.numbers.index(number)
        on = self._on(i)
        return on, [] if on == 1 else self._why(i)

    def _on(self, i):
        """0: off, and seen off. 1: on. 2: commanded off and not seen off: it may be live."""
        if self._service.outputs.is_on(i):
            return 1
        silent = holders.METER_STALE in self._service.outputs.why(i)  # off when its meter last answered, and not seen since
        return 2 if silent or self._service.charging.off_watch.may_be_live(i) else 0

    def outlet_number(self, index):
        numbers = self._service.wiring.numbers
        return numbers[index] if index < len(numbers) else "?"  # an outlet of an earlier configuration

    # What needs authorisation.

    def clear(self, by):
        return self._service.clear(by)

    def confirm(self, by):
        return self._service.confirm(by)

    def stop(self, number):
        if number not in self._service.wiring.numbers:
            return False
        return self._service.charging.stop(self._service.wiring.numbers.index(number), stop_causes.OPERATOR)

    def revoke(self, card):
        try:
            return self.cards.revoke(card)
        except OSError:  # the flash refuses: the tool reads the record back in any case
            return False

    def set_time(self, epoch_s):
        service = self._service
        service.books.write(CLOCK_SET, service.clock.epoch_s(), epoch_s)
        service.clock.set_epoch_s(epoch_s)

    def enter_maintenance(self, by):
        """Opens everything, records it in the journal, restarts into a maintenance boot. Never returns."""
        service = self._service
        service.outputs.all_off()
        service.books.write(MAINTENANCE, by)
        service.rtc.request_maintenance()
        clock.sleep_ms(20)  # the answer's last bytes
        resets.hard_reset()
