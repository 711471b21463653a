"""Failures on the board: loops, stalls, resets from anywhere, power lost at any flash operation."""

from __future__ import annotations

from pathlib import Path

import pytest
from shedbench.link import link

from hil_tests.simulator.board.driver import MS, Board, S


@pytest.mark.parametrize("source", ["while True: pass", "time.sleep(100)", "print('x'*100000)", "1/0"])
def test_the_watchdog_ends_everything(board: Board, source: str) -> None:
    board.start(f"import time\nfrom machine import WDT, Pin\nPin(25,Pin.OUT,value=1)\nw=WDT(timeout=500)\nprint('armed')\n{source}")
    board.expect(b"armed")
    at = board.now
    board.run_until(lambda: board.of(link.RESET)[-1].arg == 3, 2 * S)
    (expired,) = [r for r in board.of(link.NOTE) if b"watchdog" in r.payload]
    assert abs(expired.at_ns - at - 500 * MS) < 20 * MS
    assert b"task_wdt" in board.console and board.pin(25) == 2, "pins stay until the next start sets them"


def test_a_second_watchdog_reconfigures_the_first(board: Board) -> None:
    board.start("import time\nfrom machine import WDT\na=WDT(timeout=500)\nb=WDT(timeout=3000)\nprint('armed')\ntime.sleep(10)")
    board.expect(b"armed")
    at = board.now
    board.run_until(lambda: board.of(link.RESET)[-1].arg == 3, 5 * S)
    assert board.of(link.RESET)[-1].at_ns - at > 2900 * MS


def test_a_stalled_cpu_runs_nothing_and_then_one_callback(board: Board) -> None:
    board.start(
        "import time\nfrom machine import Timer\nn=0\ndef cb(t):\n global n\n n+=1\nt=Timer(1,period=5,callback=cb)\n"
        "print('on')\ntime.sleep(20)"
    )
    board.expect(b"on")
    board.run(20 * MS)
    before = int(board.probe("print(n)"))
    at = board.now
    board.fault(link.FAULT_CPU_STALL, 200 * MS)
    board.run(250 * MS)
    after = int(board.probe("print(n)"))
    elapsed = board.now - at
    assert (elapsed - 200 * MS) // (5 * MS) - 1 <= after - before <= (elapsed - 200 * MS) // (5 * MS) + 2


def test_a_reset_from_a_callback(board: Board) -> None:
    board.start("import machine,time\nt=machine.Timer(0,mode=0,period=50,callback=lambda t: machine.reset())\ntime.sleep(9)")
    board.run_until(lambda: board.of(link.RESET)[-1].arg == 2)
    board.run(S)
    assert board.of(link.BOOT)[-1].arg == 2


def test_an_exception_in_a_callback_is_printed_and_the_timer_goes_on(board: Board) -> None:
    board.start(
        "import machine,time\nn=0\ndef cb(t):\n global n\n n+=1\n if n==2: 1/0\n"
        "t=machine.Timer(0,period=50,callback=cb)\ntime.sleep_ms(1001)\nt.deinit()\nprint('n',n)"
    )
    assert b"ZeroDivisionError" in board.expect(b"n 20\r\n")


def test_input_that_comes_while_the_board_is_off_is_lost(board: Board) -> None:
    board.power(0)
    board.uart(0, b"print('lost')\r")
    board.run(S)
    board.boot()
    assert b"lost" not in board.console
    assert board.stats()["uart_rx_lost"] == 14


def test_a_probe_of_a_board_that_is_off_answers(board: Board) -> None:
    board.power(0)
    with pytest.raises(RuntimeError, match="not running"):
        board.probe("print(1)")


def test_power_cuts_at_every_flash_operation_of_a_file_write(board: Board, tmp_path: Path) -> None:
    """littlefs keeps the old or the new content, at whichever operation the power fails, and however it tears."""
    board.raw("f=open('f','w')\nf.write('old')\nf.close()")
    before = board.stats()
    write = "f=open('f','w')\nf.write('new'*100)\nf.close()\n"
    with board.branch(tmp_path / "count.bin") as trial:
        trial.raw(write)
        after = trial.stats()
    operations = sum(after[k] - before[k] for k in ("flash_programs", "flash_erases"))
    assert operations >= 2
    seen = set()
    for n in range(1, operations + 1):
        for kind in range(3):
            with board.branch(tmp_path / f"cut{n}{kind}.bin") as cut:
                cut.fault(link.FAULT_POWER_CUT_AT_FLASH, n, kind)
                cut.start(write)
                cut.run_until(lambda cut=cut: bool(cut.of(link.HALT)), S)
                cut.boot()
                seen.add(cut.raw("print(open('f').read())").strip())
    assert seen <= {"old", "new" * 100}
    assert "old" in seen


def test_uart_receive_interrupt(board: Board) -> None:
    board.raw("from machine import UART\nu=UART(2,9600)\ngot=[]\nu.irq(lambda u: got.append(u.read()), UART.IRQ_RX)")
    board.uart(2, b"ab", 1_041_666)
    board.run(10 * MS)
    assert board.probe("print(got)") == "[b'a', b'b']\n"
    board.raw("try:\n UART(0).any()\nexcept OSError as e: print(e)")


def test_a_full_receive_buffer_loses_characters(board: Board) -> None:
    board.raw("from machine import UART\nu=UART(1,9600,rxbuf=256)")
    board.uart(1, bytes(600), 1_041_666)
    board.run(700 * MS)
    assert board.probe("print(u.any())") == "384\n"
    assert board.stats()["uart_rx_lost"] == 216


def test_end_of_file_ends_the_process(board: Board) -> None:
    board.start("while True: pass")
    board.socket.close()
    assert board.process is not None
    assert board.process.wait(timeout=5) == 0


def test_a_dead_timer_is_mended_by_a_reset_of_the_chip_only(board: Board) -> None:
    arm = "from machine import Timer\nimport time\nn=0\ndef cb(t):\n global n\n n+=1\nt=Timer(1,period=5,callback=cb)\n"
    count = "time.sleep_ms(100)\nt.deinit()\nprint(n)"
    board.fault(link.FAULT_TIMER_DEAD, 1)
    assert board.raw(arm + count) == "0\n"
    board.type(b"\x02\x04")
    board.expect(b"MPY: soft reboot")
    board.expect(b">>> ")
    assert board.raw(arm + count) == "0\n"
    board.put(link.POWER, 2)
    board.run(S)
    assert board.raw(arm + count) == "19\n"
