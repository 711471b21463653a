"""Ctrl-C while a tool works at a board's flash: one sentence says that the board may stay out of service, and the exit code is 130."""

from __future__ import annotations

from pathlib import Path

import pytest
from shedbench.places import SMALL_SITE as SITE
from shedguard.commands.cli import run
from shedguard.errors import INTERRUPTED, ShedError
from shedguard.flash import board_flash, open_channel
from shedguard.flash.file_channel import FileChannel
from shedguard.flash.image import build_blank
from shedguard.formats.partition_table import SHEDGUARD
from shedguard.link.who import Running

SAID = "error: interrupted: outlets are off and the board may stay out of service; the same command goes on\n"


class Loader(FileChannel):
    """A board in its loader. ``restarts``: how often it was sent back to its program."""

    restarts = 0

    def try_reset(self) -> None:
        Loader.restarts += 1

    def close(self) -> None:
        pass

    def read(self, offset: int, size: int, progress: object = None) -> bytes:
        raise KeyboardInterrupt


@pytest.fixture
def loader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "board.bin"
    build_blank(path, SHEDGUARD)
    Loader.restarts = 0
    monkeypatch.setattr(open_channel, "refuse_live", lambda _port: Running("silent"))
    monkeypatch.setattr(open_channel.LoaderChannel, "connect", lambda *_: Loader(path))
    monkeypatch.setattr(board_flash, "prepare", lambda _request: object())
    monkeypatch.setattr("shedguard.flash.writer.check", lambda *_: None)


VERBS = {
    "flash": ["flash", "--board", "devkitc-shed4", "--image", "stand-in"],
    "config push": ["config", "push", str(SITE)],
    "cards add": ["cards", "add", "04A1B2C3"],
    "backup": ["backup", "--out", "{folder}/b.zip"],
}


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize("verb", VERBS)
def test_ctrl_c_in_the_loader_is_told_in_one_line(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("shedguard.deploy.push.open_quietly", lambda _port: pytest.MonkeyPatch.context())
    monkeypatch.setattr("shedguard.deploy.push.ask", lambda _wire: Running("silent"))
    assert run([*(word.format(folder=tmp_path) for word in VERBS[verb]), "--port", "COM7", "--yes"]) == INTERRUPTED
    err = capsys.readouterr().err
    assert err.endswith(SAID) and "Traceback" not in err and Loader.restarts == 1


def test_ctrl_c_while_the_loader_is_entered_is_told_too(monkeypatch: pytest.MonkeyPatch):
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(open_channel.LoaderChannel, "connect", stopped)
    with pytest.raises(ShedError) as caught, open_channel.open_channel("COM7", live_check=False):
        pass
    assert caught.value.code == INTERRUPTED and f"{caught.value}\n" == SAID
