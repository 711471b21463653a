"""Flash and esp32.Partition: NOR rules, times, power cuts, the file system."""

from __future__ import annotations

from pathlib import Path

import pytest
from shedbench.link import link

from hil_tests.simulator.board.driver import MS, Board, S

PART = "from esp32 import Partition\nimport time\np=Partition.find(Partition.TYPE_DATA,label='shed_journal')[0]\n"
BASE = 0x348000


def test_the_table_is_read_from_the_flash(board: Board) -> None:
    out = board.raw("from esp32 import Partition\nfor p in Partition.find(1): print(p.info())\nprint(Partition(Partition.RUNNING).info())")
    assert "(1, 66, 3440640, 524288, 'shed_journal', False)" in out
    assert "(0, 0, 65536, 2031616, 'factory', False)" in out


def test_nor_rules(board: Board, flash: Path) -> None:
    out = board.raw(
        PART + "p.ioctl(6,0)\np.writeblocks(0,b'\\x0f',16)\nb=bytearray(1)\np.readblocks(0,b,16)\nprint(b)\n"
        "p.writeblocks(0,b'\\xf1',16)\np.readblocks(0,b,16)\nprint(b)\np.writeblocks(0,b'\\xa5'*4096)\np.readblocks(0,b,4095)\nprint(b)"
    )
    assert out == "bytearray(b'\\x0f')\nbytearray(b'\\x01')\nbytearray(b'\\xa5')\n"
    violations = board.of(link.NOTE, 2)
    assert len(violations) == 1
    assert flash.read_bytes()[BASE : BASE + 4096] == b"\xa5" * 4096
    stats = board.stats()
    assert stats["nor_violations"] == 1
    assert stats["flash_max_wear"] == 2


def test_ranges_are_refused(board: Board) -> None:
    out = board.raw(
        PART
        + "try:\n p.writeblocks(200,b'x',0)\nexcept OSError as e: print(e)\n"
        + "try:\n p.readblocks(127,bytearray(5000))\nexcept OSError as e: print(e)"
    )
    assert out == "(-258, 'ESP_ERR_INVALID_ARG')\n(-260, 'ESP_ERR_INVALID_SIZE')\n"


def test_an_erase_takes_its_time_and_holds_interrupts(board: Board) -> None:
    out = board.raw(
        PART + "from machine import Timer\nn=[]\ndef cb(t): n.append(time.ticks_ms())\nt=Timer(1,period=5,callback=cb)\n"
        "time.sleep_ms(12)\ndel n[:]\na=time.ticks_us()\np.ioctl(6,3)\nb=time.ticks_us()\ntime.sleep_ms(1)\n"
        "time.sleep_ms(1)\nk=len(n)\nt.deinit()\nprint(b-a,k)"
    ).split()
    assert 45_000 <= int(out[0]) < 46_000
    assert 1 <= int(out[1]) <= 2


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_power_cut_at_a_program(board: Board, flash: Path, kind: int) -> None:
    board.raw(PART + "p.ioctl(6,1)\n")
    board.fault(link.FAULT_POWER_CUT_AT_FLASH, 2, kind)
    board.start("p.writeblocks(1,b'\\x00'*256,0)\np.writeblocks(1,b'\\x00'*256,256)\nprint('alive')")
    board.run_until(lambda: bool(board.of(link.HALT)))
    board.run(S)
    assert b"alive" not in board.console
    image = flash.read_bytes()[BASE + 4096 : BASE + 4096 + 512]
    assert image[:256] == bytes(256)
    if kind == 0:
        assert image[256:] == b"\xff" * 256
    else:
        assert image[256:] not in (b"\xff" * 256, bytes(256))
    board.boot()
    # The cut happens once.
    assert board.raw(PART + "p.ioctl(6,1)\np.writeblocks(1,b'123',0)\nprint(1)") == "1\n"


def test_power_cut_in_mid_erase(board: Board, flash: Path) -> None:
    board.raw(PART + "p.writeblocks(2,b'\\x00'*4096)\n")
    board.fault(link.FAULT_POWER_CUT_AT_FLASH, 1, 2)
    board.start("p.ioctl(6,2)")
    board.run_until(lambda: bool(board.of(link.HALT)))
    image = flash.read_bytes()[BASE + 8192 : BASE + 12288]
    assert image not in (bytes(4096), b"\xff" * 4096)


def test_files_survive_a_kill(flash: Path) -> None:
    with Board(flash) as b:
        b.boot()
        b.raw("f=open('main.py','w')\nf.write('print(\"from main\", 6*7)')\nf.close()")
    with Board(flash) as b:
        b.power()
        b.expect(b"from main 42")


def test_a_corrupt_file_system_prints_for_ever(flash: Path) -> None:
    image = bytearray(flash.read_bytes())
    image[0x200000:0x202000] = bytes(range(256)) * 32
    flash.write_bytes(image)
    with Board(flash) as b:
        b.power()
        for _ in range(3):
            b.expect(b"The filesystem appears to be corrupted.")
        assert 6 * S < b.now < 8 * S


def test_operations_are_traced_on_request(board: Board) -> None:
    board.put(link.TRACE, 1)
    board.run(MS)
    board.raw(PART + "p.writeblocks(4,b'12',8)")
    (record,) = board.of(link.FLASH)
    assert (record.arg, int.from_bytes(record.payload[:4], "little")) == (1, BASE + 4 * 4096 + 8)


def flags(kinds: int, done: bool = False, times: int = 1) -> int:
    return kinds | 8 * done | times << 8


@pytest.mark.parametrize(("done", "stands"), [(False, b"\xff"), (True, b"\x00")])
def test_a_program_that_returns_an_error_may_have_done_its_work(board: Board, flash: Path, done: bool, stands: bytes) -> None:
    board.raw(PART + "p.ioctl(6,5)\n")
    board.fault(link.FAULT_FLASH_FAILS, 2, flags(1, done))
    out = board.raw(
        "p.writeblocks(5,b'\\x00'*256,0)\np.readblocks(5,bytearray(9))\np.ioctl(6,6)\n"
        "try:\n p.writeblocks(5,b'\\x00'*256,256)\nexcept OSError as e: print(e)\np.writeblocks(5,b'\\x00'*256,512)\nprint('on')"
    )
    assert out == "(-24577, 'ESP_ERR_FLASH_OP_FAIL')\non\n"
    image = flash.read_bytes()[BASE + 5 * 4096 :][:768]
    assert image == bytes(256) + stands * 256 + bytes(256)
    assert board.stats()["flash_failures"] == 1


def test_erases_and_reads_fail_too_and_several_in_a_row(board: Board, flash: Path) -> None:
    board.raw(PART + "p.writeblocks(7,b'\\x00'*4096)\n")
    board.fault(link.FAULT_FLASH_FAILS, 1, flags(2))
    assert "OP_FAIL" in board.raw("try: p.ioctl(6,7)\nexcept OSError as e: print(e)")
    assert flash.read_bytes()[BASE + 7 * 4096 :][:4096] == bytes(4096)
    board.fault(link.FAULT_FLASH_FAILS, 1, flags(4, times=2))
    source = "b=bytearray(b'??')\nfor i in range(3):\n try:\n  p.readblocks(7,b)\n  print(b)\n except OSError: print('failed',b)\n"
    assert board.raw(source) == "failed bytearray(b'??')\n" * 2 + "bytearray(b'\\x00\\x00')\n"
    board.fault(link.FAULT_FLASH_FAILS, 1, flags(7, times=0))
    assert board.raw(source.replace("range(3)", "range(40)")).count("failed") == 40
    board.fault(link.FAULT_FLASH_FAILS, 0, 0)
    assert "failed" not in board.raw(source)


def test_a_worn_sector_fails_until_it_is_mended_and_its_neighbours_do_not(board: Board) -> None:
    board.fault(link.FAULT_FLASH_SECTOR, (BASE >> 12) + 3, flags(1, done=True))
    source = "for n in (2,3,4):\n try:\n  p.writeblocks(n,b'x',0)\n  print(n)\n except OSError: print('failed',n)\n"
    assert board.raw(PART + "for n in (2,3,4): p.ioctl(6,n)\n" + source) == "2\nfailed 3\n4\n"
    board.power(0)
    board.boot()
    assert board.raw(PART + source) == "2\nfailed 3\n4\n"
    board.fault(link.FAULT_FLASH_SECTOR, (BASE >> 12) + 3, 0)
    assert board.raw(source) == "2\n3\n4\n"


def test_errors_in_the_store_of_the_idf_leave_the_old_value(board: Board) -> None:
    board.raw("import esp32\nn=esp32.NVS('a')\nn.set_i32('k',1)\nn.commit()")
    for operation in range(1, 5):
        board.fault(link.FAULT_FLASH_FAILS, operation, flags(3))
        change = f"n.set_i32('k',{operation + 1})"
        out = board.raw(f"try:\n {change}\n print('set')\nexcept OSError: print('failed')\nprint(n.get_i32('k'))").split()
        assert out[1] in (str(operation), str(operation + 1)) and (out[0] == "failed" or out[1] == str(operation + 1))
        board.fault(link.FAULT_FLASH_FAILS, 0, 0)
        board.raw(change)
        assert board.raw("print(n.get_i32('k'))") == f"{operation + 1}\n"
