"""Virtual time and determinism: computing has a price, waiting is free, the same seed gives the same run."""

from __future__ import annotations

import time
from pathlib import Path

from shedbench.link import link

from hil_tests.simulator.board.driver import MS, Board, S


def test_an_unrolled_loop_is_not_free(board: Board) -> None:
    # 200 additions without a jump cost about what they cost in a loop, less the loop itself.
    rolled, unrolled = board.raw(
        "import time\ndef a():\n x=0\n for i in range(200): x+=1\n"
        "exec('def b():\\n x=0\\n'+' x+=1\\n'*200)\n"
        "def t(f):\n s=time.ticks_us()\n f()\n return time.ticks_us()-s\nprint(t(a),t(b))"
    ).split()
    assert 0.2 * int(rolled) < int(unrolled) < int(rolled)


def test_the_clock_frequency_scales_the_price_of_computing(board: Board) -> None:
    slow, fast = board.raw(
        "import time,machine\ndef a():\n for i in range(2000): pass\n"
        "def t(f):\n s=time.ticks_us()\n f()\n return time.ticks_us()-s\n"
        "print(machine.freq())\nx=t(a)\nmachine.freq(240000000)\nprint(x,t(a))"
    ).split()[1:]
    assert abs(int(slow) / int(fast) - 1.5) < 0.02


def test_a_collection_takes_milliseconds(board: Board) -> None:
    us = board.raw("import gc,time\na=[bytearray(400) for i in range(250)]\ns=time.ticks_us()\ngc.collect()\nprint(time.ticks_us()-s)")
    assert 1000 < int(us) < 6000


def scenario(flash: Path, **kwargs) -> list[bytes]:
    """A run that uses everything whose order or value could differ."""
    with Board(flash, **kwargs) as b:
        b.adc(32, 1_000_000, 20_000)
        b.boot()
        b.raw(
            "import os,random,time\nfrom machine import ADC,Pin,Timer\na=ADC(32)\np=Pin(25,Pin.OUT)\n"
            "d={object():i for i in range(30)}\nprint([i for i in d.values()], id(d), hash('x'))\n"
            "def cb(t):\n p.toggle()\nt=Timer(1,period=5,callback=cb)\ntime.sleep_ms(100)\n"
            "print(a.read(),random.random(),os.urandom(4))\nt.deinit()"
        )
        b.start("import machine\nmachine.reset()")
        b.run(S)
        return list(b.log)


def test_the_same_seed_is_the_same_run_to_the_byte(tmp_path: Path, flash: Path) -> None:
    image = flash.read_bytes()
    runs = []
    for i, env in enumerate(({}, {"PYTHONHASHSEED": "7", "PADDING": "x" * 5000}, {"A": "1"})):
        where = tmp_path / ("d" * (1 + 30 * i))
        where.mkdir()
        copy = where / f"flash{i}.bin"
        copy.write_bytes(image)
        runs.append(scenario(copy, env=env, cwd=where))
    assert runs[0] == runs[1] == runs[2]


def test_another_seed_is_another_run(tmp_path: Path, flash: Path) -> None:
    copy = tmp_path / "copy.bin"
    copy.write_bytes(flash.read_bytes())
    assert scenario(flash) != scenario(copy, seed=2)


def test_a_branch_continues_like_its_parent(board: Board, tmp_path: Path) -> None:
    board.raw("import time\nx=17\nf=open('f','w')\nf.write('hello')\nf.close()")
    with board.branch(tmp_path / "child.bin") as child:
        assert child.now == board.now
        assert child.raw("x+=1\nprint(x, open('f').read(), time.ticks_us())") == board.raw(
            "x+=1\nprint(x, open('f').read(), time.ticks_us())"
        )
        child.raw("f=open('f','w')\nf.write('child')\nf.close()\nimport machine")
        child.start("machine.reset()")
        child.run(S)
        assert child.raw("print(open('f').read())") == "child\n"
        assert board.raw("print(open('f').read())") == "hello\n"


def test_ticks_wrap_near_2_to_the_30(flash: Path) -> None:
    with Board(flash, "--ticks-offset-ms", str(2**30 - 2000)) as b:
        b.boot()
        assert 2**30 - 2000 < int(b.raw("import time\nprint(time.ticks_ms())")) < 2**30
        b.run(3 * S)
        assert int(b.raw("import time\nprint(time.ticks_ms())")) < 5000


def test_an_input_in_the_future_waits_for_its_time(board: Board) -> None:
    board.raw("from machine import Pin\nimport time\np=Pin(5,Pin.IN)")
    at = board.now + 200 * MS
    board.drive(5, 1, at)
    board.start("while not p.value(): pass\nprint('seen')")
    board.expect(b"seen")
    assert at < board.now < at + 5 * MS


def test_the_board_is_quiet(board: Board) -> None:
    # A 5 ms timer for an hour is one packet, not 720 000.
    board.start(
        "from machine import Timer\nimport time\nn=0\ndef cb(t):\n global n\n n+=1\nt=Timer(1,period=5,callback=cb)\ntime.sleep(5000)"
    )
    board.run(100 * MS)
    before = board.packets
    wall = time.monotonic()
    board.run(3600 * S)
    wall = time.monotonic() - wall
    print(f"\nvirtual seconds per wall second, 5 ms timer with an empty callback: {3600 / wall:.0f}")
    assert board.packets - before == 1
    assert abs(int(board.probe("print(n)")) - 720_020) <= 5


def test_uart_frames_and_jumper(board: Board) -> None:
    mark = len(board.records)
    board.raw("from machine import UART\nu=UART(1,9600,tx=17,rx=16,timeout=0)\nprint(u.write(b'hello'))")
    (record,) = [r for r in board.records[mark:] if r.type == link.UART_TX and r.arg == 1]
    ns, baud, bits, parity, stop, _ = link.UART_TX_HEAD.unpack_from(record.payload)
    assert (baud, bits, parity, stop) == (9600, 8, 0, 1)
    assert ns == 1_041_666
    board.uart(1, record.payload[link.UART_TX_HEAD.size :], ns)
    board.run(3 * ns + ns // 2)
    assert board.probe("print(u.any())") == "3\n"
    board.run(3 * ns)
    assert board.raw("print(u.read())") == "b'hello'\n"
