"""The faults of a campaign: mains, supply, board, flash, meters, detectors, contacts, buses; once or intermittent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from shedbench.plant.units import S

from .day import Day

# Faults under which a meter still shows true values, late or not at all; then those under which it lies.
METER_FAULTS: Final = ("ok", "ok", "off", "garbage", "wrong", "slow", "delayed", "intermittent", "noisy", "stuck", "zeros")
BUS_FAULTS: Final = ("hung", "sda-short", "scl-short")
CHIP_FAULTS: Final = ("off", "stuck", "wrong-address", "late")
CUT_KINDS: Final = ("before", "torn", "erase")
LONG_S: Final = 120
STRONG_W: Final = 20.0  # for minutes to come


def outage(day: Day) -> None:
    """An outage of the mains, once or several in a row."""
    for _ in range(day.chance.choice((1, 1, 1, 3, 6))):
        day.bench.mains.off()
        day.bench.run(day.ms(10, LONG_S * 1000))
        day.bench.mains.on()
        day.bench.run(day.ms(20, 30_000))


def low_voltage(day: Day) -> None:
    """A sag, or a feeder that is too weak for a while."""
    day.bench.mains.sag(day.chance.uniform(60, 150), day.ms(20, 90_000))


def cut(day: Day) -> None:
    """The board alone loses its supply, at a flash operation or at any moment, and again while it starts."""
    board = day.bench.board
    if day.chance.random() < 0.5:
        board.fault("power-cut-at-write", day.chance.randrange(1, 5), kind=day.chance.choice(CUT_KINDS))
        if not day.bench.wait(board.is_halted, 60 * S):
            board.fault("power-cut-at-write", -1)  # nothing was written in all this time: the cut is cancelled
    else:
        day.bench.run(day.ms(1, 5000))
    for _ in range(day.chance.choice((1, 1, 2, 2, 3))):
        day.bench.board_power(False)
        day.bench.run(day.ms(1, 20_000))
        day.bench.board_power(True)
        if day.chance.random() < 0.3:
            board.fault("power-cut-at-write", day.chance.randrange(1, 5), kind=day.chance.choice(CUT_KINDS))
            if day.bench.wait(board.is_halted, 5 * S):
                continue
            board.fault("power-cut-at-write", -1)
        day.bench.run(day.ms(20, 5000))
    if not board.is_alive:
        board.power_cycle()


def reset(day: Day) -> None:
    """A brown-out, or a processor that stalls until the watchdog resets it."""
    day.bench.board.fault(*day.chance.choice((("brownout", 0), ("stall", "8 s"), ("stall", "400 ms"))))
    day.bench.run(day.ms(10, 10_000))


def allocation(day: Day) -> None:
    """Some allocations fail; not in a start's first seconds, when the heap is nearly empty."""
    day.bench.run(max(1, day.bench.board.boots[-1] + 3 * S - day.bench.now_ns))
    day.bench.board.fault("allocation", day.chance.randrange(1, 6))


def flash_errors(day: Day) -> None:
    """A flash operation returns an error, with its work done or not. Only in ShedGuard's data partitions: a board with an unreadable file
    system is dead, as docs/flashing.md says."""
    kind = day.chance.choice(("program", "program", "erase", "read", "any"))
    region = day.chance.choice(("shed_journal", "shed_journal", "shed_live", "shed_live", "shed_cfg", "shed_cards"))
    done, times = day.chance.random() < 0.5, day.chance.choice((1, 1, 2))
    day.bench.board.flash_fails(day.chance.randrange(1, 8), kind, done=done, times=times, region=region)


def meter(day: Day) -> None:
    """A fault of a meter: its line, its register, its count."""
    meter = day.bench.meter(day.chance.choice(list(day.bench.plant.meters)))
    deed = day.chance.random()
    if deed < 0.15:
        meter.misreads(day.chance.choice((-2000, -30, 1, 30, 500, 100_000)), day.chance.choice((1, 1, 2, 30)))
    elif deed < 0.25:
        meter.reset_energy()
    elif deed < 0.35:  # silent again and again: behind an open contactor and behind a closed one
        for _ in range(day.chance.choice((2, 3, 5))):
            meter.fault("off")
            day.bench.run(day.ms(1000, LONG_S * 1000))
            meter.fault("ok")
            day.bench.run(day.ms(20, 60_000))
    else:
        meter.fault(day.chance.choice(METER_FAULTS))


def loop(day: Day) -> None:
    """A detector's line: broken, shorted, humming beside the mains, or loose."""
    loop = day.bench.smoke(day.chance.choice(list(day.bench.plant.loops)))
    deed = day.chance.randrange(3)
    if deed == 0:
        loop.plant.hum(day.chance.randrange(50, 900), day.chance.choice((50.0, 60.0, 49.5, 50.4, 100.0)))
        day.bench.world.after(day.ms(100, 60_000), lambda: loop.plant.hum(0))
    elif deed == 1:
        loop.fault(day.chance.choice(("open", "short")))
        day.bench.world.after(day.ms(10, 40_000), lambda: loop.fault("ok"))
    else:
        broken = day.chance.choice(("open", "short"))
        day.flap(f"loop {day.bench.now_ns}", lambda: loop.fault(broken), lambda: loop.fault("ok"))


def detector_flaps(day: Day) -> None:
    """An intermittent detector."""
    smoke = day.bench.smoke(day.chance.choice(list(day.bench.plant.loops)))

    def over() -> None:
        if smoke.plant.fault_name not in ("open", "short"):  # a cable that broke meanwhile is repaired elsewhere
            smoke.clear()

    day.flap(f"smoke {day.bench.now_ns}", smoke.alarm, over, 30, 5000)


def glass_flaps(day: Day) -> None:
    """A break-glass unit with an intermittent wire."""
    contact = day.chance.choice(list(day.bench.plant.call_points.values())).contact
    day.flap(f"glass {day.bench.now_ns}", lambda: contact.fault("open"), lambda: contact.fault("ok"), 30, 5000)


def breaker(day: Day) -> None:
    """A group's breaker opens, and somebody switches it on again."""
    breaker = day.chance.choice(list(day.bench.plant.breakers.values()))
    breaker.trip()
    day.bench.run(day.ms(100, 30_000))
    breaker.close()


def weld(day: Day) -> None:
    """An outlet's relay welds, now and then its group's contactor too."""
    plant = day.bench.plant
    number = day.chance.choice(list(plant.relays))
    plant.relays[number].fault("welded")
    day.welded.add(number)
    if day.chance.random() < 0.3:
        for name, contactor in plant.contactors.items():
            if any(wired.number == number and wired.group == name for wired in plant.wiring.outlets):
                contactor.fault("welded")
                day.welded.update(wired.number for wired in plant.wiring.outlets if wired.group == name)


def left_live(day: Day) -> None:
    """Relay and, half the time, contactor weld under a running session; its owner stops it and leaves the bike there for some minutes."""
    bench, plant = day.bench, day.bench.plant
    running = [number for number in day.owners if bench.outlet(number).power_w > STRONG_W]
    if not running:
        return
    number = day.chance.choice(running)
    plant.relays[number].fault("welded")
    day.welded.add(number)
    if day.chance.random() < 0.5:
        group = next(wired.group for wired in plant.wiring.outlets if wired.number == number)
        plant.contactors[group].fault("welded")
        day.welded.update(wired.number for wired in plant.wiring.outlets if wired.group == group)
    bench.card(day.owners[number]).tap()
    bench.run(day.ms(500, 3000))
    bench.button(number).press(by=day.owners[number])
    bench.run(day.ms(10_000, 300_000))


def expander(day: Day) -> None:
    """A bus or a chip fails, for a moment or for minutes; somebody clears the fault now and then."""
    buses = [bus for bus in day.bench.plant.expander_buses.values() if bus.is_i2c]
    broken = day.chance.choice([*buses, *(chip for bus in buses for chip in bus.expanders)])
    broken.fault(day.chance.choice(BUS_FAULTS if broken in buses else CHIP_FAULTS))
    day.bench.run(day.ms(1, 300_000))
    broken.fault("ok")
    if day.chance.random() < 0.3:
        day.authorised("clear")


ACTS: Final[dict[Callable[[Day], None], int]] = {
    outage: 3, low_voltage: 2, cut: 4, reset: 1, allocation: 1, flash_errors: 2, meter: 4, loop: 2, detector_flaps: 1, glass_flaps: 1,
    breaker: 1,
}  # fmt: skip
