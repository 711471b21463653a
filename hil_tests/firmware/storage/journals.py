"""A journal on stand-in flash, and its clock, for the tests of the storage room."""

from shed.storage.journal import Journal

from hil_tests.firmware.storage.nor_flash import NorRegion

CARD = bytes([4, 1, 2, 3, 4]) + bytes(6)


class Clock:
    uptime_s = 77
    epoch = 0

    def epoch_s(self):
        return self.epoch


def fresh_journal(sectors=6):
    journal = Journal(NorRegion(sectors), Clock(), boot=0x123)
    journal.open()
    return journal


def everything(journal):
    return [(q, k, bytes(p)) for q, k, p in filter(None, journal.since(0))]
