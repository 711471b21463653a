"""Records once a second which sockets deliver power: the reference for the auditor's rule about unreported live outlets."""

from __future__ import annotations

from typing import Final

from shedbench.audit.truth import Span
from shedbench.bench.bench import Bench
from shedbench.plant.units import S

DRAWS_W: Final = 5.0  # more than any charger at rest


class Drawn:
    """``spans``: by outlet number."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._since: dict[int, int] = {}
        self._spans: dict[int, list[Span]] = {number: [] for number in bench.plant.outlets}
        self._timer = bench.world.timer(self._look)
        self._timer.start(S)

    def _look(self) -> None:
        now = self._bench.world.now_ns
        for number, outlet in self._bench.plant.outlets.items():
            if outlet.power_w() > DRAWS_W:
                self._since.setdefault(number, now)
            elif number in self._since:
                self._spans[number].append(Span(self._since.pop(number), now))
        self._timer.start(S)

    def spans(self) -> dict[int, list[Span]]:
        """The spans so far; one that lasts is open."""
        return {number: [*spans, *([Span(self._since[number])] if number in self._since else [])] for number, spans in self._spans.items()}
