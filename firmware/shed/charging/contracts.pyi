"""What charging expects of others. For the type checker only: no board has this file.

`service.books.Books` is the sink. Where a bool is returned: True when the record is in flash; False when not, and charging acts on it.
`i`: outlet index.
"""

from typing import Protocol

class Sink(Protocol):
    def new_session_id(self) -> int:
        """(boot count mod 65536) << 16 | n."""

    def stamp_s(self) -> int:
        """Epoch seconds, or uptime seconds while the clock is not set."""

    def session_start(self, session, i, card, wh, first_fen, /) -> bool:
        """False: the session does not begin, nothing is recorded."""

    def live(self, *row) -> bool:
        """Checkpoint, storage/live.py FORMAT: id, i, card, start_s, wh_start, energised_s, energy_mwh, peak_mw, cause, ...

        Comes before session_start (False: the session does not begin); cause 0 while it goes on."""

    def forget(self, session, /) -> object:
        """Of a session that did not begin after all."""

    def session_energised(self, session, i, /) -> bool:
        """Before the relay closes for the first time; False as for live."""

    def session_resumed(self, session, i, energised_s, /) -> object: ...
    def session_end(self, session, i, card, start_s, energised_s, energy_mwh, wh_start, wh_end, price_fen, cause, /) -> bool:
        """Journal record, then `done` in the live ring.

        False: asked again every second, so it must answer True without a second record when the record is there already."""

    def fault(self, code, arg, /) -> object:
        """Once per change. 8 meter_stale and 35 meter_jump with the meter index, 21 dead_contact with the outlet; and the codes of
        off_watch.py and supply.py."""

    def fault_over(self, code, arg, /) -> object: ...
    def hold(self, holder, i, /) -> object:
        """Once per change. 7 meter_stale; and the holders of off_watch.py and supply.py."""

    def release(self, holder, i, /) -> object: ...
    def press_refused(self, i, reason, card, /) -> object:
        """Reasons: grants.py. i 255: of no outlet."""

    def watch(self, watched: bytes, /) -> bool:
        """Kept for a boot: outlets that may be live, as OffWatch.told. False: asked again."""
