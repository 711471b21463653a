"""The meter bus as seen on the wire: one sweep compared with the wire's own limit, and the delay that a dead meter causes to the others."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import Any, Final, NamedTuple

from shedbench.bench.bench import Bench
from shedbench.plant.units import MS, S

from .rig import MODEL, SERVICE, SITE, charge_all

_SWEEPS: Final = 50
_FIRST_NS: Final = 60 * S
_SILENCE_CHARACTERS: Final = 3.5


class Frame(NamedTuple):
    """One frame on the wire: when its first start bit came, its sender, its meter, and when its last character ended."""

    at_ns: int
    is_request: bool
    address: int
    end_ns: int


class Wiretap:
    """Collects the frames of a bench's first bus from now on."""

    def __init__(self, bench: Bench) -> None:
        self.frames: list[Frame] = []
        self.char_ns = 10 * S // bench.plant.wiring.buses[0].baud
        uart = bench.plant.wiring.buses[0].uart
        bench.port.on_uart(uart, lambda at, char, _form, data: self.frames.append(Frame(at, True, data[0], at + len(data) * char)))
        deliver = bench.port.uart_rx

        def tapped(to: int, at_ns: int, char_ns: int, data: bytes, framing_error: bool = False) -> None:
            if to == uart and data:
                self.frames.append(Frame(at_ns, False, data[0], at_ns + len(data) * char_ns))
            deliver(to, at_ns, char_ns, data, framing_error)

        bench.port.uart_rx = tapped  # type: ignore[method-assign]


def sweep(seed: int, n: int) -> dict[str, Any]:
    """All meters requested at once: from the first request until the bus is free after the last answer."""
    with Bench(site=SITE, seed=seed) as bench:
        charge_all(bench)
        meters = len(bench.plant.meters)
        rows: list[tuple[float, float]] = []
        for _ in range(_SWEEPS):
            bench.run("1700 ms")
            rows.append(bench.branch(lambda fork: _sweep(fork, meters)))
    took, limit = median(row[0] for row in rows), median(row[1] for row in rows)
    return {
        "ms": round(took, 1),
        "wire_limit_ms": round(limit, 1),
        "ratio": round(median(row[0] / row[1] for row in rows), 3),
        "n": len(rows),
        "conditions": f"{MODEL}; {meters} PZEM-016 at 9600 baud 8N1 (the goal is for 40), all energised and asked for a reading at"
        " once through the probe;"
        " first request to 3.5 characters behind the last answer; the limit is the same frames' characters, 3.5 characters of silence"
        " each, and the meters'"
        " own turn-around as it was (36 ms +- 12 ms); medians",
    }


def _sweep(bench: Bench, meters: int) -> tuple[float, float]:
    tap = Wiretap(bench)
    bench.board.probe(SERVICE + f"for i in range({meters}): s.poller.request_now(i)")

    def whole() -> bool:
        return len({frame.address for frame in tap.frames if not frame.is_request}) == meters

    assert bench.wait(whole, 2 * S), f"only {tap.frames}"
    frames = [frame for frame in tap.frames if frame.at_ns >= min(f.at_ns for f in tap.frames if f.is_request)]
    silence_ns = int(_SILENCE_CHARACTERS * tap.char_ns)
    took_ns = max(frame.end_ns for frame in frames) + silence_ns - min(frame.at_ns for frame in frames)
    limit_ns, asked_ns = 0, 0
    for frame in sorted(frames):
        if frame.is_request:
            asked_ns = frame.at_ns
        else:
            limit_ns += frame.end_ns - asked_ns + silence_ns
    return took_ns / MS, limit_ns / MS


def dead(seed: int, n: int) -> dict[str, Any]:
    """Ten minutes with one of four energised meters silent, compared with ten without."""
    with Bench(site=SITE, seed=seed) as bench:
        charge_all(bench)
        whole = bench.branch(lambda fork: _gaps(fork, None))
        silent = bench.branch(lambda fork: _gaps(fork, 2))
    return {
        "ms": round(silent["later_ms"] - whole["later_ms"], 1),
        "ms_while_its_session_stops": round(silent["first_ms"] - whole["first_ms"], 1),
        "longest_interval_ms": {"all_alive": round(whole["later_ms"], 1), "one_dead": round(silent["later_ms"], 1)},
        "mean_interval_ms": {"all_alive": round(whole["mean_ms"], 1), "one_dead": round(silent["mean_ms"], 1)},
        "asked_of_the_dead_one": round(silent["asked"]),
        "worst_scan_gap_us": round(silent["gap_us"]),
        "conditions": f"{MODEL}; 4 meters at 9600 baud, 4 outlets charging; 10 virtual minutes with the meter of outlet 2 off beside"
        " 10 with all alive;"
        " ms: by how much the longest interval between two answers of any other meter grows, from the second minute on; the first"
        " minute, in which the"
        " dead meter's session is stopped and settled, is ms_while_its_session_stops; worst_scan_gap_us: between the starts of two scans",
    }


def _gaps(bench: Bench, dead_outlet: int | None) -> dict[str, float]:
    tap = Wiretap(bench)
    address = 0
    if dead_outlet is not None:
        meter = bench.meter(dead_outlet)
        meter.fault("off")
        address = meter.address
    begun_ns = bench.now_ns
    bench.run("10 min")
    first: list[int] = []
    later: list[int] = []
    for other in {frame.address for frame in tap.frames} - {address}:
        answers = [frame.at_ns for frame in tap.frames if not frame.is_request and frame.address == other]
        for before, after in pairwise(answers):
            (first if after < begun_ns + _FIRST_NS else later).append(after - before)
    asked = sum(frame.is_request and frame.address == address for frame in tap.frames)
    gap_us = int(bench.board.probe(SERVICE + "print(s.scan.worst_gap_us)"))
    return {
        "first_ms": max(first) / MS,
        "later_ms": max(later) / MS,
        "mean_ms": sum(later) / len(later) / MS,
        "asked": asked,
        "gap_us": gap_us,
    }
