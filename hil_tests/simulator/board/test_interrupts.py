"""Interrupts: one queue of 8 for all, held while flash is written, late timers, and arrival chosen by the seed."""

from __future__ import annotations

from pathlib import Path

from shedbench.link import link

from hil_tests.simulator.board.driver import MS, Board, S

ERASE = "from esp32 import Partition\np=Partition.find(Partition.TYPE_DATA,label='shed_journal')[0]\n"


def test_pins_and_timers_share_one_queue_of_8_that_drops_silently(board: Board) -> None:
    # Ten edges on ten pads and two timers while C code blocks: eight callbacks, in order of arrival, and no exception.
    pads = [12, 13, 14, 15, 18, 19, 21, 22, 23, 25]
    for pad in pads:
        board.drive(pad, 0)
    board.start(
        "import time\nfrom machine import Pin, Timer\nseen=[]\n"
        f"for n in {pads}: Pin(n,Pin.IN).irq(lambda p: seen.append(p), Pin.IRQ_RISING)\n"
        "a=Timer(0,mode=0,period=100,callback=lambda t: seen.append(0))\nb=Timer(1,mode=0,period=101,callback=lambda t: seen.append(1))\n"
        "print('armed')\ntime.sleep_ms(50)\nline='x'*2000\nprint(line)\ntime.sleep_ms(20)\nprint()\nprint('end',len(seen),seen[-2:])\n"
    )
    board.expect(b"armed")
    for i, pad in enumerate(pads):
        board.drive(pad, 1, board.now + 105 * MS + i * MS)
    out = board.expect(b"]\r\n")
    assert out.endswith(b"end 8 [Pin(18), Pin(19)")
    assert next(n for n in board.notes() if "queue of 8 full" in n).startswith("Pin(21)")
    assert board.stats()["irq_drops"] == 4


def test_edges_and_timers_wait_for_a_flash_erase_and_come_once(board: Board) -> None:
    board.drive(34, 0)
    board.start(
        ERASE + "import time\nfrom machine import Pin, Timer\nedges=[]\nticks=[]\n"
        "Pin(34,Pin.IN).irq(lambda q: edges.append((q(),time.ticks_us())), Pin.IRQ_RISING)\n"
        "t=Timer(1,period=5,callback=lambda t: ticks.append(time.ticks_us()))\nprint('ready')\n"
        "time.sleep_ms(52)\nn=len(ticks)\na=time.ticks_us()\np.ioctl(6,0)\n"
        "b=time.ticks_us()\nfor i in range(9): time.sleep_ms(0)\nt.deinit()\n"
        "print(len(edges), edges[0][0], 0<=edges[0][1]-b<2000, len(ticks)-n, 0<=ticks[n]-b<2000, b-a)\nprint('end')"
    )
    board.expect(b"ready\r\n")
    for i in range(5):  # five rising edges in the middle of the erase
        board.drive(34, 1, board.now + (60 + 2 * i) * MS)
        board.drive(34, 0 if i < 4 else 1, board.now + (61 + 2 * i) * MS)
    edges, level, edge_after, ticks, tick_after, us = board.expect(b"end").split()
    assert (edges, level, edge_after, ticks, tick_after) == (b"1", b"1", b"True", b"1", b"True")
    assert 45_000 <= int(us) < 46_000


def test_a_timer_that_is_late_stops_for_ever_when_that_fault_is_on(board: Board) -> None:
    arm = (
        ERASE + "import time\nfrom machine import Timer\nn=0\ndef cb(t):\n global n\n n+=1\n"
        "t=Timer(1,period=5,callback=cb)\ntime.sleep_ms(12)\np.ioctl(6,0)\nn=0\ntime.sleep_ms(200)\nprint(n)\n"
    )
    assert int(board.raw(arm + "t.deinit()")) >= 39
    board.fault(link.FAULT_LATE_TIMER, 5 * MS)
    assert int(board.raw(arm)) <= 1
    assert any("stopped for ever" in n for n in board.notes())
    board.run(10 * S)
    assert int(board.raw("print(n)")) <= 1
    # A new set-up starts it again, as a write to the timer's registers does.
    assert int(board.raw("n=0\nt.init(period=5,callback=cb)\ntime.sleep_ms(101)\nprint(n)")) == 20


def arrivals(flash: Path, tmp_path: Path, seed: int, jitter_us: int) -> list[int]:
    """Where in its period of 5 ms each tick is seen, in microseconds, by a program that counts hooks."""
    copy = tmp_path / f"{seed}-{jitter_us}.bin"
    copy.write_bytes(flash.read_bytes())
    with Board(copy, "--irq-jitter-us", str(jitter_us), seed=seed) as b:
        b.boot()
        out = b.raw(
            "import time\nfrom machine import Timer\nseen=[0]*40\nn=0\nk=0\ndef cb(t):\n global n\n"
            " if n<40: seen[n]=time.ticks_us()\n n+=1\n"
            "def go():\n global k\n t=Timer(1,period=5,callback=cb)\n s=time.ticks_us()\n while n<40: k+=1\n t.deinit()\n"
            " print(*[(v-s)-5000*(i+1) for i,v in enumerate(seen)])\ngo()"
        )
        return [int(word) for word in out.split()]


def test_interrupts_arrive_late_by_what_the_seed_draws(flash: Path, tmp_path: Path) -> None:
    still = arrivals(flash, tmp_path, 1, 0)
    assert max(still) - min(still) < 40  # at the first hook after they are due
    one = arrivals(flash, tmp_path, 2, 300)
    assert 200 < max(one) - min(one) <= 340
    assert len(set(one)) > 20
    assert arrivals(flash, tmp_path, 2, 300) == one
    assert arrivals(flash, tmp_path, 3, 300) != one


def test_a_race_that_a_fixed_arrival_never_shows_is_found_by_seeds(flash: Path, tmp_path: Path) -> None:
    """Two words that a callback writes together, read one after the other by a loop that assumes no tick between them."""
    source = (
        "import time\nfrom machine import Timer\na=b=0\ntorn=0\ndef cb(t):\n global a,b\n a+=1\n b+=1\n"
        "def go():\n global torn\n t=Timer(1,period=5,callback=cb)\n s=time.ticks_us()\n"
        " for k in range(60):\n  while time.ticks_us()-s<5000*k+1000: pass\n  while time.ticks_us()-s<5000*k+2000:\n"
        "   x=a\n   if x>=0: pass\n"
        "   y=b\n   if x!=y: torn+=1\n t.deinit()\n print(torn)\ngo()"
    )
    torn = {0: 0, 2000: 0}
    for jitter_us in torn:
        for seed in range(3):
            copy = tmp_path / "race.bin"
            copy.write_bytes(flash.read_bytes())
            with Board(copy, "--irq-jitter-us", str(jitter_us), seed=seed) as b:
                b.boot()
                torn[jitter_us] += int(b.raw(source))
    assert torn[0] == 0
    assert torn[2000] > 0
