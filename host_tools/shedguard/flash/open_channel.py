"""Opens a channel to a board's flash through its ROM loader.

Hazard: that resets the board, and every outlet of a shed in service goes off. So the board is asked first, quietly, and a live session is
a refusal (exit code 7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from ..errors import INTERRUPTED, ShedError
from ..link.who import refuse_other_site
from .channel import Before, Channel, Leave
from .live_check import refuse_live
from .loader_channel import LoaderChannel

_STOPPED: Final = "interrupted: outlets are off and the board may stay out of service; the same command goes on"


@contextmanager
def open_channel(
    port: str,
    *,
    baud: int = 460800,
    live_check: bool = True,
    leave: Leave = "reset",
    before: Before = "default-reset",
    hands: Callable[[], None] | None = None,
    site: int | None = None,
) -> Iterator[Channel]:
    """The board on ``port`` (a device, or rfc2217://HOST:PORT) in its loader. ``leave`` says what happens at the end, even after an error.

    With ``before`` no-reset, ``hands`` is called when a person has to enter the loader (BOOT held, EN pressed); None when the board is in
    it.

    ShedError: 3 port missing, busy, or no loader answers; 4 unusable chip; 7 a session is live and ``live_check`` is on, or the board in
    service belongs to another site than ``site``; 130 for Ctrl-C from here on, which may leave the board in its loader or half written.
    """
    running = refuse_live(port) if live_check else None
    if running is not None:
        refuse_other_site(running.hello, site, port)
    answers = running is not None and running.kind in ("shedguard", "repl")  # then port, cable and supply are good
    try:
        if before == "no-reset" and hands is not None:
            hands()
        channel = LoaderChannel.connect(port, baud, before, answers)
        try:
            yield channel
            if leave == "reset":
                channel.reset()
        except BaseException:
            if leave == "reset":
                channel.try_reset()
            raise
        finally:
            channel.close()
    except KeyboardInterrupt:
        raise ShedError(_STOPPED, code=INTERRUPTED) from None
