"""esp32.NVS: values, namespaces, refusals, the IDF's format on the flash, and power cuts at every operation."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from shedbench.link import link

from hil_tests.simulator.board.driver import Board, S

OPEN = "from esp32 import NVS\nn=NVS('shed')\n"
BASE, SIZE, PAGE = 0x9000, 0x6000, 4096


def items(flash: Path) -> list[tuple[int, int, str, bytes]]:
    """Live entries as an independent reader of the format sees them: namespace, type, key, data. Checksums must hold."""
    image = flash.read_bytes()[BASE : BASE + SIZE]
    found = []
    for start in range(0, SIZE, PAGE):
        page = image[start : start + PAGE]
        state, _, version = struct.unpack_from("<IIB", page)
        if state == 0xFFFFFFFF:
            continue
        assert state in (0xFFFFFFFE, 0xFFFFFFFC, 0xFFFFFFF8)
        assert version == 0xFE
        assert struct.unpack_from("<I", page, 28)[0] == zlib.crc32(page[4:28], 0xFFFFFFFF)
        slot = 0
        while slot < 126:
            if page[32 + slot // 4] >> (slot % 4 * 2) & 3 != 2:
                slot += 1
                continue
            entry = page[64 + 32 * slot : 96 + 32 * slot]
            namespace, type_, span, _ = entry[:4]
            assert struct.unpack_from("<I", entry, 4)[0] == zlib.crc32(entry[:4] + entry[8:], 0xFFFFFFFF)
            data = entry[24:]
            if type_ == 0x42:
                length, _, crc = struct.unpack("<HHI", data)
                data = page[96 + 32 * slot :][:length]
                assert crc == zlib.crc32(data, 0xFFFFFFFF)
            found.append((namespace, type_, entry[8:24].rstrip(b"\0").decode(), data))
            slot += span
    return found


def test_numbers_and_blobs_come_back_after_a_reset_and_a_kill(board: Board, flash: Path) -> None:
    out = board.raw(
        OPEN + "n.set_i32('a',-5)\nn.set_i32('a',7)\nn.set_blob('b',b'hello')\nn.commit()\nm=NVS('other')\nm.set_i32('a',9)\n"
        "b=bytearray(9)\nprint(n, n.get_i32('a'), m.get_i32('a'), n.get_blob('b',b), b)"
    )
    assert out == "<NVS namespace> 7 9 5 bytearray(b'hello\\x00\\x00\\x00\\x00')\n"
    board.close()
    with Board(flash) as again:
        again.boot()
        assert again.raw(OPEN + "b=bytearray(5)\nn.get_blob('b',b)\nprint(n.get_i32('a'), NVS('other').get_i32('a'), b)") == (
            "7 9 bytearray(b'hello')\n"
        )


def test_refusals(board: Board) -> None:
    out = board.raw(
        OPEN + "n.set_blob('b',b'12345')\ndef t(f,*a):\n try:\n  print(f(*a))\n except OSError as e: print(e)\n"
        "t(n.get_i32,'none')\nt(n.get_blob,'none',bytearray(4))\nt(n.get_blob,'b',bytearray(4))\nt(n.erase_key,'none')\n"
        "t(n.set_i32,'a'*16,1)\nt(NVS,'a'*16)\nt(n.set_blob,'big',bytes(30000))\nt(n.get_i32,'b')"
    ).split("\n")
    assert out[:-1] == [
        "(-4354, 'ESP_ERR_NVS_NOT_FOUND')",
        "(-4354, 'ESP_ERR_NVS_NOT_FOUND')",
        "(-4364, 'ESP_ERR_NVS_INVALID_LENGTH')",
        "(-4354, 'ESP_ERR_NVS_NOT_FOUND')",
        "(-4361, 'ESP_ERR_NVS_KEY_TOO_LONG')",
        "(-4361, 'ESP_ERR_NVS_KEY_TOO_LONG')",
        "(-4366, 'ESP_ERR_NVS_VALUE_TOO_LONG')",
        "(-4354, 'ESP_ERR_NVS_NOT_FOUND')",
    ]


def test_the_flash_holds_the_idf_format(board: Board, flash: Path) -> None:
    board.raw(
        OPEN + "n.set_i32('num',-2)\nn.set_blob('bin',bytes(range(100)))\nn.set_i32('num',3)\nn.set_i32('gone',1)\nn.erase_key('gone')"
    )
    found = items(flash)
    assert (0, 0x01, "shed", b"\x01" + b"\xff" * 7) in found
    assert (1, 0x14, "num", struct.pack("<i", 3) + b"\xff" * 4) in found
    assert (1, 0x42, "bin", bytes(range(100))) in found
    assert [key for _, _, key, _ in found] == ["shed", "bin", "bin", "num"]
    assert board.stats()["nor_violations"] == 0


def test_the_same_value_again_wears_nothing(board: Board) -> None:
    board.raw(OPEN + "n.set_i32('a',1)")
    before = board.stats()["flash_programs"]
    board.raw(OPEN + "n.set_i32('a',1)\nn.commit()")
    assert board.stats()["flash_programs"] == before


def test_pages_are_freed_as_they_fill(board: Board, flash: Path) -> None:
    out = board.raw(
        OPEN + "n.set_blob('keep',bytes(range(200)))\nn.set_i32('k',77)\nfor i in range(1500): n.set_i32('c',i)\n"
        "for i in range(20): n.set_blob('big',bytes([i])*3500)\nb=bytearray(200)\nc=bytearray(3500)\n"
        "n.get_blob('keep',b)\nn.get_blob('big',c)\n"
        "print(n.get_i32('c'), n.get_i32('k'), bytes(b)==bytes(range(200)), bytes(c)==b'\\x13'*3500)",
        limit_ns=600 * S,
    )
    assert out == "1499 77 True True\n"
    stats = board.stats()
    assert stats["nor_violations"] == 0
    assert stats["flash_erases"] >= 10
    assert sum(key == "c" for _, _, key, _ in items(flash)) == 1


def test_it_can_be_full(board: Board) -> None:
    out = board.raw(
        OPEN + "i=0\ntry:\n while 1:\n  n.set_i32('k%d'%i,i)\n  i+=1\nexcept OSError as e: print(e)\n"
        "print(i>500, n.get_i32('k0'), n.get_i32('k%d'%(i-1))==i-1)\nn.erase_key('k3')\nprint(n.get_i32('k4'))",
        limit_ns=600 * S,
    )
    assert out == "(-4357, 'ESP_ERR_NVS_NOT_ENOUGH_SPACE')\nTrue 0 True\n4\n"


def cut_everywhere(board: Board, tmp_path: Path, write: str, read: str, allowed: set[str]) -> None:
    with board.branch(tmp_path / "count.bin") as trial:
        before = trial.stats()
        trial.raw(write)
        after = trial.stats()
    operations = sum(after[k] - before[k] for k in ("flash_programs", "flash_erases"))
    assert operations >= 2
    seen = set()
    for n in range(1, operations + 1):
        for kind in range(3):
            path = tmp_path / f"cut{n}-{kind}.bin"
            with board.branch(path) as cut:
                cut.fault(link.FAULT_POWER_CUT_AT_FLASH, n, kind)
                cut.start(write)
                cut.run_until(lambda cut=cut: bool(cut.of(link.HALT)), 10 * S)
                cut.boot()
                seen.add(cut.raw(OPEN + read).strip())
                # It is still usable.
                assert cut.raw("n.set_i32('after',5)\nprint(n.get_i32('after'))") == "5\n"
                items(path)
            path.unlink()
    assert seen == allowed


def test_a_power_cut_leaves_the_old_number_or_the_new(board: Board, tmp_path: Path) -> None:
    board.raw(OPEN + "n.set_i32('x',1)\nn.set_i32('a',10)")
    cut_everywhere(board, tmp_path, "n.set_i32('a',20)", "print(n.get_i32('x'),n.get_i32('a'))", {"1 10", "1 20"})


def test_a_power_cut_leaves_the_old_blob_or_the_new(board: Board, tmp_path: Path) -> None:
    board.raw(OPEN + "n.set_blob('b',b'o'*300)")
    read = "b=bytearray(400)\nk=n.get_blob('b',b)\nprint(k,set(b[:k]))"
    cut_everywhere(board, tmp_path, "n.set_blob('b',b'n'*400)", read, {"300 {111}", "400 {110}"})


def test_a_power_cut_while_a_page_is_freed_loses_nothing(board: Board, tmp_path: Path) -> None:
    board.raw(
        OPEN + "n.set_i32('x',1)\nn.set_i32('y',2)\ni=0\nimport esp32\np=esp32.Partition.find(1,label='nvs')[0]\nb=bytearray(4)\n"
        "def blanks():\n k=0\n for i in range(6):\n  p.readblocks(i,b,0)\n  k+=b==b'\\xff\\xff\\xff\\xff'\n return k\n"
        "while blanks()>1:\n n.set_i32('a',i)\n i+=1\nfor j in range(125):\n n.set_i32('a',i)\n i+=1",
        limit_ns=600 * S,
    )
    # The next write does not fit: a page is freed, which copies, erases and switches.
    last = int(board.raw("print(n.get_i32('a'))"))
    read = "print(n.get_i32('x'),n.get_i32('y'),n.get_i32('a'))"
    cut_everywhere(board, tmp_path, "n.set_i32('a',-7)", read, {f"1 2 {last}", "1 2 -7"})
