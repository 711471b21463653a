"""What MicroPython code sees of the chip: numbers, memory, interrupts, pins. Resets: test_resets.py."""

from __future__ import annotations

import pytest
from shedbench.link import link

from hil_tests.simulator.board.driver import MS, Board, S


def test_repl_answers_and_is_an_esp32(board: Board) -> None:
    board.type(b"import sys; print(sys.platform, sys.implementation.name, sys.maxsize, '%.7f' % (1 / 3))\r")
    board.expect(b"esp32 micropython 2147483647 0.3333333\r\n>>> ")


def test_single_floats_are_not_x87(board: Board) -> None:
    assert board.raw("print(16777216.0 + 1.0 == 16777216.0, 0.1 + 0.2)") == "True 0.3\n"


def test_heap_and_depth_are_the_chips(board: Board) -> None:
    free, depth = board.raw(
        "import gc\ngc.collect()\nn=0\ndef f():\n global n\n n+=1\n f()\ntry:\n f()\nexcept RuntimeError:\n pass\nprint(gc.mem_free(), n)"
    ).split()
    assert 155_000 < int(free) < 170_000
    assert 40 <= int(depth) <= 60


def test_heap_grows_and_ends(board: Board) -> None:
    out = board.raw(
        "a=[]\ntry:\n while 1: a.append(bytearray(1000))\nexcept MemoryError:\n n=len(a); a=None; print(n)\n"
        "import gc\ngc.collect()\nb=bytearray(90000)\nprint(len(b))"
    ).split()
    assert 140 < int(out[0]) < 165
    assert out[1] == "90000"


def test_a_scheduler_queue_of_8_drops_what_does_not_fit(board: Board) -> None:
    out = board.raw(
        "import micropython\nn=0\ndef cb(x):\n global n\n n+=1\n"
        "def go():\n k=0\n try:\n"
        + "  micropython.schedule(cb,0);k+=1\n" * 10
        + " except RuntimeError as e:\n  print(k, e)\ngo()\nimport time\ntime.sleep_ms(1)\nprint(n)"
    )
    assert out == "8 schedule queue full\n8\n"


def test_a_timer_fires_every_5_ms_of_virtual_time(board: Board) -> None:
    out = board.raw(
        "import time\nfrom machine import Timer\nn=0\nfirst=last=0\ndef cb(t):\n global n,first,last\n n+=1\n last=time.ticks_us()\n"
        " if n==1: first=last\n"
        "t=Timer(1,period=5,callback=cb)\ntime.sleep_ms(1002)\nt.deinit()\nprint(n, last-first)"
    ).split()
    assert out[0] == "200"
    assert abs(int(out[1]) - 995_000) < 300


def test_timers_refuse_what_the_esp32_refuses(board: Board) -> None:
    out = board.raw(
        "from machine import Timer\ntry:\n Timer(1,hard=True,period=5)\nexcept TypeError as e: print(e)\n"
        "try:\n Timer(4)\nexcept ValueError as e: print(e)"
    )
    assert out == "extra keyword arguments given\ninvalid Timer number\n"


def test_sleep_jumps(board: Board) -> None:
    before = board.packets
    start = board.now
    board.raw("import time\ntime.sleep(3000)", limit_ns=4000 * S)
    assert board.now - start > 3000 * S
    assert board.packets - before < 60


def test_a_blocking_c_call_queues_8_callbacks_and_drops_the_rest(board: Board) -> None:
    # The FIFO of UART0 takes 128 characters: a long line blocks in C.
    out = board.raw(
        "import time\nfrom machine import Timer\nseen=[]\ndef cb(t): seen.append(time.ticks_ms())\nline='x'*2000\n"
        "t=Timer(1,period=5,callback=cb)\ntime.sleep_ms(12)\ndel seen[:]\nprint(line)\n"
        "time.sleep_ms(0)\ntime.sleep_ms(0)\ntime.sleep_ms(0)\ntime.sleep_ms(0)\ntime.sleep_ms(0)\ntime.sleep_ms(0)\n"
        "time.sleep_ms(0)\ntime.sleep_ms(0)\n"
        "t.deinit()\nprint(len(seen), seen[-1]-seen[0])"
    ).split("\n")
    n, spread = out[1].split()
    assert 8 <= int(n) <= 9
    assert int(spread) <= 6
    assert any("queue of 8 full" in note for note in board.notes())
    assert board.stats()["timer_drops"] > 20


def test_an_input_edge_interrupts_and_the_level_reads(board: Board) -> None:
    board.drive(34, 0)
    board.start(
        "import time\nfrom machine import Pin\np=Pin(34,Pin.IN)\ndef cb(p): print('edge', p.value(), time.ticks_us())\n"
        "p.irq(cb, Pin.IRQ_RISING)\ntime.sleep(1)\n"
    )
    board.run(100 * MS)
    at = board.now + 3 * MS
    board.drive(34, 1, at)
    board.drive(34, 0, at + MS)
    board.expect(b"edge 1 ")
    assert board.now - at < 10 * MS


def test_pin_refusals(board: Board) -> None:
    out = board.raw(
        "from machine import Pin\n"
        "def t(*a,**k):\n try:\n  print(Pin(*a,**k))\n except ValueError as e: print(e)\n"
        "t(6)\nt(20)\nt(24)\nt(28)\nt(40)\nt(34,Pin.OUT)\nt(35,Pin.IN,Pin.PULL_UP)\nprint(Pin(35).value())\n"
        "t(4,Pin.IN,Pin.PULL_UP)\nprint(Pin(4).value())\n"
    )
    assert out.split("\n")[:-1] == (["Pin(6)", "Pin(20)"] + ["invalid pin"] * 3 + ["pin can only be input", "Pin(35)", "0", "Pin(4)", "1"])


def test_an_output_starts_at_the_level_it_is_given(board: Board) -> None:
    mark = len(board.records)
    board.raw("from machine import Pin\nPin(25,Pin.OUT,value=1)\nPin(26,Pin.OUT,value=0)\nPin(27,Pin.OPEN_DRAIN,Pin.PULL_UP,value=1)")
    seen = [(r.arg, r.payload[0]) for r in board.records[mark:] if r.type == link.PIN]
    assert seen == [(25, 2), (26, 1), (27, 3)]


def test_a_strobe_is_reported_when_it_starts_and_when_it_lapses(board: Board) -> None:
    board.watch(4, 20 * MS)
    board.start(
        "import time\nfrom machine import Pin\np=Pin(4,Pin.OUT)\n"
        "for i in range(100):\n p.toggle()\n time.sleep_ms(5)\nprint('stopped')\ntime.sleep(1)\n"
    )
    board.expect(b"stopped")
    board.run(100 * MS)
    strobes = board.of(link.STROBE, 4)
    assert [r.payload[0] for r in strobes] == [1, 0]
    assert strobes[1].at_ns == int.from_bytes(strobes[1].payload[1:9], "little") + 20 * MS
    assert len(board.of(link.PIN, 4)) <= 2


def test_keyboard_interrupt_and_its_absence(board: Board) -> None:
    board.start("while True: pass")
    board.run(50 * MS)
    board.type(b"\x03")
    board.expect(b"KeyboardInterrupt")
    board.raw("1")
    board.start("import micropython,time\nmicropython.kbd_intr(-1)\nfor i in range(20): time.sleep_ms(50)\nprint('end')")
    board.run(100 * MS)
    board.type(b"\x03")
    assert b"Interrupt" not in board.expect(b"end\r\n")


def test_adc_reads_microvolts(board: Board) -> None:
    board.adc(32, 1_650_000)
    out = board.raw(
        "from machine import ADC\nimport time\na=ADC(32,atten=ADC.ATTN_11DB)\nt=time.ticks_us()\nv=a.read_uv()\n"
        "print(v, time.ticks_us()-t, a.read_u16())"
    ).split()
    assert abs(int(out[0]) - 1_650_000) <= 1000
    assert 31 <= int(out[1]) <= 120
    assert board.raw("try:\n ADC(5)\nexcept ValueError as e: print(e)") == "invalid pin\n"


def test_poll_on_stdin(board: Board) -> None:
    board.start(
        "import select,sys\np=select.poll()\np.register(sys.stdin,select.POLLIN)\nprint(p.poll(100))\n"
        "print(len(p.poll(1000)), sys.stdin.buffer.read(3))\n"
    )
    board.expect(b"[]\r\n")
    board.type(b"abc")
    board.expect(b"1 b'abc'")


def test_faults(board: Board) -> None:
    board.raw("import time\nfrom machine import Timer\nn=0\ndef cb(t):\n global n\n n+=1\nt=Timer(1,period=5,callback=cb)")
    board.fault(link.FAULT_TIMER_DEAD, 1)
    board.run(MS)
    n = int(board.probe("print(n)"))
    board.run(S)
    assert int(board.probe("print(n)")) == n
    board.fault(link.FAULT_CLOCK_STOPPED, 1)
    board.run(MS)
    ticks = board.probe("print(time.ticks_us())")
    board.run(S)
    assert board.probe("print(time.ticks_us())") == ticks
    board.fault(link.FAULT_CLOCK_STOPPED, 0)
    board.run(MS)
    board.fault(link.FAULT_ALLOCATION, 1)
    board.start("try:\n bytearray(50)\nexcept MemoryError: print('no memory')")
    board.run(100 * MS)


def test_a_probe_sees_main_and_reports_a_traceback(board: Board) -> None:
    board.raw("x=41")
    at = board.now
    assert board.probe("print(x+1)") == "42\n"
    assert board.now - at < MS
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        board.probe("1/0")
