"""What the doctor finds: computers of every kind, simulated by facts, and boards of every kind, simulated on a wire."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from shedbench.bench.bench import Bench
from shedguard.doctor import board, host
from shedguard.doctor.finding import Finding, is_bad
from shedguard.doctor.host_facts import HostFacts, PortAccess, gather
from shedguard.errors import PORT, ShedError
from shedguard.flash import loader_channel
from shedguard.flash.file_channel import FileChannel
from shedguard.flash.image import write_partition
from shedguard.flash.ladder import translated
from shedguard.flash.open_channel import open_channel
from shedguard.link import who
from shedguard.link.console import Answer
from shedguard.link.port_list import PortInfo, listed
from shedguard.link.port_users import users
from shedguard.link.ports import open_quietly

from ..flash.boards_in_states import SITE, bare, in_service, stock, wanted

CH340 = PortInfo("/dev/ttyUSB0", "1a86:7523", "CH340")
CORRUPT = "The filesystem appears to be corrupted. If you had important data there, you\r\nmay want to make a flash snapshot\r\n"


def find(findings: list[Finding], check: str) -> Finding:
    return next(finding for finding in findings if finding.check == check)


def test_a_port_of_another_group() -> None:
    found = host.examine(HostFacts("Linux", "anna", ports=(PortAccess(CH340, allowed=False, group="uucp"),)))
    bad = find(found, "permission")
    assert bad.level == "bad" and "anna" in bad.cause and bad.clear.startswith("sudo usermod -aG uucp")
    member = HostFacts("Linux", "anna", groups=("uucp",), ports=(PortAccess(CH340, allowed=False, group="uucp"),))
    assert "udev" in find(host.examine(member), "permission").cause


def test_programs_that_hold_or_probe_ports() -> None:
    held = PortAccess(CH340, held_by=((812, "ModemManager"), (4711, "picocom")))
    found = host.examine(HostFacts("Linux", ports=(held,), programs=("ModemManager",)))
    holders = [finding for finding in found if finding.check == "port in use"]
    assert [finding.clear for finding in holders] == ["sudo systemctl stop ModemManager", "end it: kill 4711"]
    assert find(found, "ModemManager").level == "warn"


def test_brltty_that_took_the_adapter_and_a_missing_driver() -> None:
    taken = host.examine(HostFacts("Linux", is_root=True, programs=("brltty",), usb=("1a86:7523",)))
    assert find(taken, "brltty").level == "bad" and not [finding for finding in taken if finding.check == "driver"]
    found = host.examine(HostFacts("Linux", is_root=True, usb=("10c4:ea60", "1d6b:0002")))
    assert find(found, "driver").clear == "sudo modprobe cp210x" and is_bad(found)
    fine = host.examine(HostFacts("Linux", is_root=True, ports=(PortAccess(CH340),), usb=("1a86:7523",)))
    assert not is_bad(fine)


@pytest.mark.parametrize(("system", "device"), [("Windows", "COM5"), ("Darwin", "/dev/cu.usbserial-0001")])
def test_other_systems_say_that_they_are_untested(system: str, device: str) -> None:
    raw = SimpleNamespace(device=device, vid=0x10C4, pid=0xEA60, serial_number="0001", product="CP2102N", description="")
    old = SimpleNamespace(device="COM1", vid=None, pid=None, serial_number=None, product=None, description="n/a")
    ports = listed([old, raw])
    assert [port.device for port in ports] == [device] and ports[0].bridge == "CP210x"
    found = host.examine(HostFacts(system, ports=tuple(PortAccess(port) for port in ports)))
    assert "untested on this system" in find(found, "system").what and device in find(found, "ports").what
    assert "drivers" in find(host.examine(HostFacts(system)), "ports").clear


def test_the_call_in_device_of_a_mac() -> None:
    found = host.examine(HostFacts("Darwin", ports=(PortAccess(PortInfo("/dev/tty.usbserial-1", "10c4:ea60")),)))
    assert find(found, "ports").clear == "use /dev/cu.usbserial-1"


class Board:
    """A wire with a board that prints ``text`` after any input, and then nothing."""

    def __init__(self, text: str) -> None:
        self._text = text.encode()

    def read(self, timeout_s: float) -> bytes:
        said, self._text = self._text, b""
        return said

    def write(self, data: bytes) -> None:
        pass


class Clock:
    """A clock that advances each time it is read."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.05
        return self.now


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("\r\n>>> ", "repl"),
        (CORRUPT, "corrupt"),
        ("rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT)\r\nwaiting for download\r\n", "rom"),
        ("rst:0x10 (RTCWDT_RTC_RESET)\r\ninvalid header: 0xffffffff\r\n", "no-image"),
        ("Guru Meditation Error: Core  0 panic'ed (LoadProhibited).", "crashed"),
    ],
)
def test_what_runs_is_known_by_what_it_prints(text: str, kind: str) -> None:
    running = who.ask(Board(text), clock=Clock())
    assert running.kind == kind and running.words


def test_a_crash_loop_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "ask", lambda wire, listen_s=0.0: who.Running("crashed", {}, "rst:0xc (SW_CPU_RESET)\r\n" * 3))
    _running, found = board.examine_console(Board(""))
    assert "3 times" in find(found, "crash loop").what and is_bad(found)


@pytest.mark.parametrize(
    ("fault", "breaker"), [((9, 2), True), ((28, 2), True), ((8, 2), True), ((11, 2), True), ((16, 0), False), ((27, 0), False)]
)
def test_the_breaker_comes_first_where_a_socket_may_be_live(fault: tuple[int, int], breaker: bool) -> None:
    outlets = [{"o": number, "on": 2 if breaker and number == 7 else 0} for number in (4, 1, 7)]
    asked = {"status": [{"hb": 1, "t": 1}, *outlets], "faults": [{}, {"f": fault[0], "a": fault[1], "live": 1}]}
    console = SimpleNamespace(request=lambda verb: Answer(asked[verb]))
    found = board._status(console)  # type: ignore[arg-type]
    told = find(found, "fault")
    assert told.clear.startswith("switch the breaker off") == breaker == (told.level == "bad")
    assert found[0].clear.startswith("switch the breaker off") == breaker
    assert not breaker or "outlet 7 may be live" in found[0].what
    assert fault[0] != 8 or ("its address" in told.clear and "shed clear" in told.clear)
    assert fault[0] != 16 or "supply and cable" in told.clear
    assert not breaker or fault[0] == 11 or "outlet 7: " in told.what, "index 2 is the socket with the number 7"


def test_a_corrupt_file_system_is_found_on_the_board_itself(tmp_path: Path) -> None:
    """The text is the board's own: MicroPython's frozen module, on a file system that is neither blank nor valid."""
    flash = in_service(tmp_path / "flash")
    write_partition(flash, "vfs", b"\x00" * 8192)
    with Bench(SITE, flash=flash) as bench:
        bench.run("4 s")
        said = bench.serial.text()
        assert all(bench.outlet(number).contact_is_open for number in (1, 2, 3, 4))
    assert who.ask(Board(said), clock=Clock()).kind == "corrupt"


@pytest.mark.parametrize(
    ("make", "bad"),
    [(bare, {"partition table", "image", "program"}), (stock, {"partition table", "program"}), (in_service, set())],
)
def test_what_stands_in_flash(make: object, bad: set[str], tmp_path: Path) -> None:
    channel = FileChannel(make(tmp_path / "flash"))  # type: ignore[operator]
    for plan in (None, wanted()):
        found = board.examine_flash(channel, plan)
        assert {finding.check for finding in found if finding.level == "bad"} == bad
        assert all(finding.clear for finding in found if finding.level != "ok")
    assert not [what for what, _offset, _size in channel.log if what in ("write", "erase")]


def test_a_port_that_is_not_there_is_no_matter_of_permissions() -> None:
    assert all(port.info.device != "/dev/ttyNOT" for port in gather("/dev/ttyNOT").ports)
    assert [port.allowed for port in gather("rfc2217://127.0.0.1:1").ports if "://" in port.info.device] == [True]


def test_a_file_system_that_micropython_made_is_no_program(tmp_path: Path) -> None:
    """The doctor's finding on a board started in the middle of an installation."""
    flash = in_service(tmp_path / "flash")
    write_partition(flash, "vfs", b"")
    with Bench(SITE, flash=flash) as bench:
        bench.run("4 s")
        assert bench.serial.text().endswith(">>> ")
        found = board.examine_flash(FileChannel(bench.process.flash), None)
    assert find(found, "program").level == "bad" and "without ShedGuard" in find(found, "program").what


def test_a_busy_port_names_who_holds_it() -> None:
    master, slave = os.openpty()
    name = os.ttyname(slave)
    code = f"import fcntl,sys; f=open({name!r}); fcntl.flock(f, fcntl.LOCK_EX); print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline()
        assert holder.pid in [number for number, _program in users(name)]
        with pytest.raises(ShedError, match="is in use") as caught:
            open_quietly(name)
        assert f"(process {holder.pid})" in caught.value.cause and caught.value.code == PORT
        holder.communicate("")
    os.close(master)
    os.close(slave)


def test_no_loader_is_the_ladder_of_causes() -> None:
    from esptool import FatalError

    with pytest.raises(ShedError) as caught, translated("/dev/ttyUSB0", "connecting", is_connected=False):
        raise FatalError("Failed to connect to ESP32: No serial data received.")
    words = str(caught.value)
    places = [words.index(rung) for rung in ("cable", "BOOT", "strapping pin", "baud", "shed ports")]
    assert places == sorted(places) and caught.value.code == PORT and "shed doctor" in caught.value.hint


def test_a_port_without_a_board_ends_in_the_ladder_and_prints_nothing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loader_channel, "_ATTEMPTS", 1)
    master, slave = os.openpty()
    with pytest.raises(ShedError, match="no loader answers") as caught, open_channel(os.ttyname(slave), live_check=False):
        pass
    assert caught.value.code == PORT
    os.close(master)
    os.close(slave)
    assert capfd.readouterr() == ("", "")


def test_the_program_behind_a_pseudo_terminal_is_the_device_and_no_user_of_it() -> None:
    """`shed emulate` keeps both ends of its terminal open; ending it is no advice."""
    serve = "import os, sys; m, s = os.openpty(); print(os.ttyname(s), flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", serve], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as device:
        assert device.stdout is not None
        name = device.stdout.readline().strip()
        assert users(name) == []
        hold = f"import os, sys; os.open({name!r}, os.O_RDWR | os.O_NOCTTY); print(flush=True); sys.stdin.read()"
        with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout is not None and other.stdout.readline()
            assert [number for number, _ in users(name)] == [other.pid]
            other.communicate("")
        device.communicate("")
