"""How a boot goes from a configuration to service: slot, scan, records of the last boot, live sessions, tasks.

Hazard: an output that comes on, or a record that is lost, before the shed knows what the last boot left behind. The scan runs, with every
outlet boot-locked, before anything else is looked at.

Runs once: afterwards nothing holds an object of these modules, and `app.py` takes them out of the RAM.
"""

from os import urandom

from micropython import const

from shed.board import clock, flash, resets, stdio, timer, uarts
from shed.boot import wiring
from shed.boot.forget import forget
from shed.charging.outlets import Charging
from shed.charging.restoring import restore
from shed.charging.rules import Rules
from shed.console.auth import Auth
from shed.metering.modbus import RtuMaster
from shed.metering.poller import Poller
from shed.safety import faults, holders
from shed.safety.blind import BlindWatch
from shed.safety.matrix import UNKNOWN
from shed.service.books import Books
from shed.service.entrance import Entrance
from shed.service.tasks import BAD_BOOTS, Service
from shed.storage import live, recall
from shed.storage.eraser import Eraser
from shed.storage.journal import BOOT, CONFIG, REPEATS, STATE, TRIAL, TRIP, Journal
from shed.storage.live import LiveRing
from shed.storage.repeats import NO_CARD

# What only a boot needs, this module first.
MODULES = (
    "shed.boot.start",
    "shed.boot.forget",
    "shed.boot.wired",
    "shed.board.uarts",
    "shed.storage.recall",
    "shed.boot.wiring",
    "shed.storage.slots",
    "shed.storage.image",
    "shed.charging.rules",
    "shed.charging.restoring",
    "shed.boot",
)

_WORSE_BOOTS = const(10)  # even safe mode does not start with this configuration: the built-in one, which is empty
_BEGUN = const(1)  # events of `trial` records
_REJECTED = const(3)
_MODBUS_CHAR_BITS = const(10)


def _known(image, latched, unknown, config_crc):
    """(latched, unknown): what a mask of latches means with this image. Another configuration's causes are not this one's (0: not
    known)."""
    if image is not None and latched and config_crc and config_crc != image.crc:
        return 0, True
    return latched, unknown


def _written(books, kind, *fields):
    """Whether the record stands. Eight tries use up a bad place in the flash, and the ninth goes to another sector (storage/log.py)."""
    for _ in range(8):
        if books.journal.write(kind, *fields) >= 0:
            return True
    return books.write(kind, *fields)


def _kept(_watched):
    """In place of LiveRing.watch: nothing is recorded."""
    return False


def start(rtc, watchdog, board_crc):
    """rtc: board.resets.Rtc. watchdog: board.watchdog.Watchdog. board_crc: of the board that boot.py is for, or None.

    Returns the Service: the scan runs and every outlet is boot-locked."""
    service = Service(Start(rtc, watchdog, board_crc), stdio.Console())
    if __file__.endswith(".mpy"):  # code is in RAM, and not frozen into the image
        forget()
    return service


class Start:
    """The parts of the service."""

    def __init__(self, rtc, watchdog, board_crc):
        self.rtc = rtc
        self.watchdog = watchdog
        self.clock = clock.Clock()
        image, slots, self.wrong_board = wiring.load_image(board_crc)
        if slots.trial:
            rtc.bad_boots = 1  # a trial may be the way out of safe mode; one bad boot ends it
        self.safe_mode = image is None or self.wrong_board or rtc.bad_boots > BAD_BOOTS
        self.journal = Journal(flash.Region("shed_journal"), self.clock, events=flash.Region("shed_box"))
        self.journal.open()
        wired_image = image if rtc.bad_boots <= _WORSE_BOOTS and not self.wrong_board else None  # no pin of another board is touched
        latched, unknown = _known(wired_image, rtc.latched, rtc.unknown, rtc.config_crc)
        self.wired = wiring.wire(wired_image, latched, rtc.keep_latched)
        self.wired.matrix.restore(0, unknown)
        outputs = self.wired.outputs
        outputs.hold_groups(holders.BOOT_LOCK, -1)
        if self.safe_mode:
            outputs.hold_groups(holders.SAFE_MODE, -1)
        scan = self.wired.scan
        scan.started_us = clock.ticks_us()  # the time since it was made is no gap
        timer.start(scan.run, self.wired.scan_period_ms)
        self._open_books(image, slots, wired_image)
        rows = wired_image.rows(wiring.READER, "<BBBBB") if wired_image is not None else ()
        readers = [(uarts.open_uart(uart, 115200, tx, rx, 0), gate) for _kind, uart, tx, rx, gate in rows]
        self.entrance = Entrance(self.wired, readers, self.books, self.safe_mode)
        self._open_charging(wired_image)
        self.bus_watch = None
        if self.wired.buses is not None:
            from shed.safety.bus_watch import BusWatch

            self.bus_watch = BusWatch(self.wired.buses, self.books.faults)
        wired = self.wired
        table = self.books.faults
        self.blind_watch = BlindWatch(wired.points, wired.matrix, outputs, table, wired.blind_grace_min, wired.zones)
        self.votes = None
        if wired.matrix.windows_ms:
            from shed.safety.votes import Votes

            self.votes = Votes(wired.matrix, wired.points.count)
        self.trial = None
        if slots.trial:
            from shed.boot.trial import Trial

            self.trial = Trial(slots, self.books, self.clock)
        self.auth = Auth(image.one(wiring.KEY, "<32s")[0] if image is not None else b"", urandom)
        self.config_crc = image.crc if image is not None else 0

    def _open_books(self, image, slots, wired_image):
        rtc = self.rtc
        wired = self.wired
        live_ring = LiveRing(flash.Region("shed_live"))
        self.books = books = Books(self.journal, live_ring, self.clock, wired.outputs)
        known = books.faults
        self.eraser = Eraser((self.journal, live_ring))
        journal = self.journal
        for _ in range(2):
            if not (journal.ring.ahead and journal.events.ahead):  # a cut tore the next sector: erase it for this boot, while nothing is on
                journal.erase_ahead(True)
        boots, told = recall.before(journal)
        latched, unknown = _known(wired_image, told & ~UNKNOWN, told >= UNKNOWN, journal.config_crc)
        self.recorded = latched  # trips that have their record
        wired.scan.restore_trips(latched, unknown)  # from both sources: RTC memory decays, a journal may be restored
        rtc.boots = max(boots, rtc.boots, self._open_live(wired_image)) + 1
        self.latch_stands = True
        proven = live_ring.wired not in (b"", self.kept) and any(live_ring.watched[8:32])  # live, and which socket is that now?
        if proven:
            wired.scan.restore_trips(0, True)
        kept = wired.matrix.kept()
        moved = kept and wired_image is not None and wired_image.crc != journal.config_crc
        journal.config_crc = wired_image.crc if wired_image is not None else journal.config_crc or rtc.config_crc
        books.begin(rtc.boots, kept)
        fault, argument = rtc.fault, rtc.fault_arg
        rtc.fault = rtc.fault_arg = 0
        rtc.keep_configuration(journal.config_crc, wired.matrix.unknown)
        if moved or (wired.matrix.unknown and not told >= UNKNOWN):
            self.latch_stands = _written(books, STATE, rtc.boots, kept) or not proven
        if wired.matrix.unknown:
            known.came(faults.TRIP_UNKNOWN)
        cause = resets.cause()
        books.write(BOOT, cause, fault, argument, rtc.boots)
        told = [books.write(REPEATS, TRIP, *row, NO_CARD) for row in recall.trips(journal, live_ring.trips)]
        if live_ring.trips and all(told):
            live_ring.trips = b""
            live_ring.watch(live_ring.watched)
        if cause == 3 and not fault:
            fault = faults.WATCHDOG
        if fault:
            known.came(fault, argument)
            known.over(fault, argument)
        if image is None:
            known.came(faults.CONFIG_BAD)
        else:
            books.write(CONFIG, slots.sequence, image.crc)
        if self.wrong_board:
            known.came(faults.WRONG_BOARD)
        if slots.rejected:
            books.write(TRIAL, slots.rejected, _REJECTED, 0)
        if slots.trial:
            books.write(TRIAL, slots.sequence, _BEGUN, 0)
        if rtc.bad_boots > BAD_BOOTS:
            known.came(faults.BOOT_LOOP, rtc.bad_boots)
        if not wired.protected:
            known.came(faults.UNPROTECTED)

    def _open_live(self, image):
        """Mounts the live ring. Returns the boot count that its session ids show."""
        ring = self.books.live_ring
        self.found = ring.open()
        self.kept = ring.wired if image is None else wiring.row(image)
        if not ring.ring.ahead:  # a cut tore the next sector: erase it for this boot's records, while nothing is on
            ring.erase_ahead(True)
        return ring.newest >> 16

    def _unsettled(self):
        """Live records of sessions that the journal has not settled, to resume: (rows of live.FORMAT, ids without a start record)."""
        rows = [live.row(payload) for payload in self.found.values()]
        ended, started = recall.fates(self.journal, [row[0] for row in rows])
        for session in ended:
            self.books.live_ring.done(session)
        rows = [row for row in rows if row[0] not in ended]
        return rows, [row[0] for row in rows if row[0] not in started]

    def _open_charging(self, image):
        masters = []
        meters = []
        self.charging = None
        if image is not None:
            for uart, tx, rx, baud, parity, direction in image.rows(wiring.BUS, "<BBBIBB"):
                drive = uarts.driver(direction)
                port = uarts.open_uart(uart, baud, tx, rx, parity)
                masters.append(RtuMaster(port, baud, _MODBUS_CHAR_BITS + (1 if parity else 0), drive=drive))
            meters = list(image.rows(wiring.METER, "<BBB"))
        self.poller = Poller(masters, meters)
        if self.wired.outlets:
            rules = Rules(image.one(wiring.CHARGING, "<" + "H" * 17))
            tariff = image.one(wiring.TARIFF, "<BHH")
            outlets = self.wired.outlets
            rows = [tuple([i for i in range(len(outlets)) if outlets[i][1] == g]) for g in range(self.wired.groups)]
            self.charging = Charging([(row[2], row[3]) for row in outlets], rules, tariff, self.poller, self.books, rows)
            ring = self.books.live_ring
            settled = restore(self.charging, *self._unsettled(), ring.watched, ring.wired not in (b"", self.kept))
            if ring.wired != self.kept:  # from now on indexes mean this boot's sockets, unless something of before the move is still there
                ring.wired = self.kept if settled and self.latch_stands else wiring.MIXED
                ring.watch(self.charging.off_watch.told if self.latch_stands else ring.watched)
            if not self.latch_stands:  # that row is its only proof: the next boot judges it again
                self.books.watch = _kept
        self.wired.outputs.hold_groups(holders.STAGGER, -1)
