"""How a boot goes from a configuration to service: slot, scan, records of the last boot, live sales, tasks.

Hazard: an output that comes on, or a record that is lost, before the shed knows what the last boot left behind. The scan runs, with every
outlet boot-locked, before anything else is looked at.

Runs once: afterwards nothing holds an object of these modules, and `app.py` takes them out of the RAM.
"""

from os import urandom

from micropython import const

from shed import wiring
from shed.board import clock, flash, resets, stdio, timer, uarts
from shed.books import Books
from shed.charging.outlets import Charging
from shed.charging.restoring import restore
from shed.charging.rules import Rules
from shed.console.auth import Auth
from shed.entrance import Entrance
from shed.metering.modbus import RtuMaster
from shed.metering.poller import Poller
from shed.safety import faults, holders
from shed.service import BAD_BOOTS, Service
from shed.storage.eraser import Eraser
from shed.storage.journal import BOOT, CONFIG, TRIAL, Journal
from shed.storage.live import LiveRing

# What only a boot needs, this module first.
MODULES = ("shed.start", "shed.wiring", "shed.storage.slots", "shed.storage.image", "shed.charging.rules", "shed.charging.restoring")

_WORSE_BOOTS = const(10)  # even safe mode does not start with this configuration: the built-in one, which is empty
_BEGUN = const(1)  # events of `trial` records
_REJECTED = const(3)
_MODBUS_CHAR_BITS = const(10)


def start(rtc, watchdog):
    """rtc: board.resets.Rtc. watchdog: board.watchdog.Watchdog. Returns the Service: the scan runs and every outlet is boot-locked."""
    return Service(Start(rtc, watchdog), stdio.Console())


class Start:
    """What the service is made of."""

    def __init__(self, rtc, watchdog):
        self.rtc = rtc
        self.watchdog = watchdog
        self.clock = clock.Clock()
        image, slots = wiring.load_image()
        if slots.trial:
            rtc.bad_boots = 1  # it may be the way out of safe mode; one bad boot ends the trial
        self.safe_mode = image is None or rtc.bad_boots > BAD_BOOTS
        self.journal = Journal(flash.Region("shed_journal"), self.clock)
        self.journal.open()
        wired_image = image if rtc.bad_boots <= _WORSE_BOOTS else None
        self.wired = wiring.wire(wired_image, rtc.latched, rtc.keep_latched)
        outputs = self.wired.outputs
        outputs.hold(holders.BOOT_LOCK, outputs.everything)
        if self.safe_mode:
            outputs.hold(holders.SAFE_MODE, outputs.everything)
        scan = self.wired.scan
        scan.start()
        timer.start(scan.run, self.wired.scan_period_ms)
        self._open_books(image, slots)
        readers = []
        if wired_image is not None:
            readers = wired_image.rows(wiring.READER, "<BBBBB")
        self.entrance = Entrance(self.wired, readers, self.books, self.safe_mode)
        self._open_charging(wired_image)
        self.bus_watch = None
        if self.wired.buses is not None:
            from shed.safety.bus_watch import BusWatch

            self.bus_watch = BusWatch(self.wired.buses, self.books.faults)
        self.trial = None
        if slots.trial:
            from shed.trial import Trial

            self.trial = Trial(slots, self.books, self.clock, outputs)
        self.auth = Auth(image.one(wiring.KEY, "<32s")[0] if image is not None else b"", urandom)
        self.config_crc = image.crc if image is not None else 0

    def _open_books(self, image, slots):
        rtc = self.rtc
        wired = self.wired
        live_ring = LiveRing(flash.Region("shed_live"))
        self.books = books = Books(self.journal, live_ring, self.clock, wired.outputs, wired.groups)
        live = books.faults
        self.eraser = Eraser((self.journal, live_ring))
        if not self.journal.ring.ahead:  # a cut tore the next sector: room for this boot's records, while nothing is on
            self.journal.erase_ahead(True)
        boots, latched = self.journal.before()
        self.recorded = latched  # trips that have their record
        if rtc.boots < boots or not rtc.boots:  # power was lost, or the journal was restored: what RTC memory knew is in it
            rtc.boots = boots
            wired.scan.restore_trips(latched)
        rtc.boots += 1
        books.begin(rtc.boots, wired.matrix.latched)
        fault, argument = rtc.fault, rtc.fault_arg
        rtc.fault = rtc.fault_arg = 0
        rtc.latched = wired.matrix.latched
        rtc.save()
        cause = resets.cause()
        books.write(BOOT, cause, fault, argument, rtc.boots)
        if cause == 3 and not fault:
            fault = faults.WATCHDOG
        if fault:
            live.came(fault, argument)
            live.over(fault, argument)
        if image is None:
            live.came(faults.CONFIG_BAD)
        else:
            books.write(CONFIG, slots.sequence, image.crc)
        if slots.rejected:
            books.write(TRIAL, slots.rejected, _REJECTED, 0)
        if slots.trial:
            books.write(TRIAL, slots.sequence, _BEGUN, 0)
        if rtc.bad_boots > BAD_BOOTS:
            live.came(faults.BOOT_LOOP, rtc.bad_boots)
        if not wired.protected:
            live.came(faults.UNPROTECTED)

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
            self.charging = Charging([(row[2], row[3]) for row in self.wired.outlets], rules, tariff, self.poller, self.books)
            restore(self.charging, *self.books.unsettled())
        self.wired.outputs.hold(holders.STAGGER, self.wired.outputs.everything)
