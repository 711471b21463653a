"""`shed install`: detect, flash, verify, configure, self-test, report. Each step can run alone, and all can be repeated.

Hazard: a board half installed that looks finished. Every step checks what the board has and does what is missing, so the same command
continues after a cut cable or a cut supply. The report says what each step did; a step that did not run is `not run`.

    detect --> flash --> verify --> configure --> self-test --> report (always, also after a failure)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from .. import __version__
from ..errors import INVALID, ShedError
from ..flash import board_flash
from ..flash.whose import There, refuse_other
from ..flash.writer import TotalProgress
from ..link import board_clock
from ..link.console import Console
from ..link.ports import open_quietly
from ..link.who import ask
from ..site.image import compile_site, image_crc
from ..site.load import LoadedSite
from .report import Report, StepResult
from .self_test import Check, require, self_test

STEPS: Final = ("detect", "flash", "verify", "configure", "self-test")

# Brings a configuration onto a board in service and confirms it; returns whether anything was changed.
Configure = Callable[[board_flash.Request, LoadedSite], bool]


@dataclass(slots=True)
class Job:
    """What to install. ``steps`` is a part of STEPS in its order; ``say`` gets one line a step."""

    request: board_flash.Request
    site: LoadedSite
    configure: Configure
    steps: Sequence[str] = STEPS
    progress: TotalProgress | None = None
    hands: board_flash.Hands | None = None
    say: Callable[[str], None] = print
    clock: Callable[[], float] = time.monotonic
    results: list[StepResult] = field(default_factory=list[StepResult])
    checks: list[Check] = field(default_factory=list[Check])
    flashed: board_flash.FlashReport | None = None
    begun: str = field(default_factory=lambda: datetime.now().astimezone().isoformat(timespec="seconds"))

    def run(self) -> ShedError | None:
        """Every step until one fails; returns its error. `report` has the result in either case."""
        unknown = [step for step in self.steps if step not in STEPS]
        if unknown:
            raise ShedError(f"no step is called {unknown[0]}", f"the steps are {', '.join(STEPS)}", code=INVALID)
        actions: dict[str, Callable[[], StepResult]] = {
            "detect": self._detect,
            "flash": self._flash,
            "verify": self._verify,
            "configure": self._configure,
            "self-test": self._self_test,
        }
        failure: ShedError | None = None
        for number, step in enumerate(STEPS, 1):
            if step not in self.steps or failure is not None:
                self.results.append(StepResult(step, "not run", "not asked for" if step not in self.steps else "a step before it failed"))
                continue
            self.say(f"[{number}/{len(STEPS)}] {step}")
            began, said = self.clock(), ""
            try:
                result = actions[step]()
            except ShedError as error:
                failure, said = error, error.what  # the caller shows cause and hint
                result = StepResult(step, "failed", f"{error.what}: {error.cause}" if error.cause else error.what)
            result = StepResult(result.name, result.outcome, result.said, round(self.clock() - began, 1), result.facts)
            self.results.append(result)
            self.say(f"      {result.outcome}: {said or result.said} ({result.seconds} s)")
        return failure

    def report(self) -> Report:
        """The report of what was done so far."""
        site = self.site.site
        people = tuple((person.name, person.role, person.phone) for person in getattr(site, "contact", ()))
        return Report(
            self.begun,
            f"shed {__version__}",
            site.site.id,
            site.site.name,
            site.site.board,
            tuple(self.results),
            tuple(self.checks),
            people,
        )

    @property
    def unchanged(self) -> bool:
        """Whether nothing had to be written."""
        return all(result.outcome != "done" for result in self.results if result.name in ("flash", "configure"))

    def _detect(self) -> StepResult:
        with open_quietly(self.request.port) as wire:
            running = ask(wire)
        there = There(int(running.hello.get("site", 0)) or None)  # before any reset; `flash` and `configure` look into its flash
        refuse_other(there, self.request.port, self.site.board, self.site.site.site.id, self.request.replace_site)
        facts: dict[str, Any] = {"port": self.request.port, "runs": running.kind, "hello": running.hello}
        return StepResult("detect", "done", f"{self.request.port}: {running.words}", facts=facts)

    def _flash(self) -> StepResult:
        done = self.flashed = board_flash.flash(self.request, self.progress, hands=self.hands)
        facts = done.as_json()
        board = f"{done.facts.chip}, {done.facts.flash_bytes >> 20} MB, {done.facts.mac}"
        if not done.outcome.written and not done.outcome.erased:
            return StepResult("flash", "unchanged", f"{board}: the board has everything already", facts=facts)
        return StepResult("flash", "done", f"{board}: wrote {', '.join(done.outcome.written)}", facts=facts)

    def _verify(self) -> StepResult:
        done = self.flashed  # this run has read back what it wrote: one round less with BOOT and EN
        if done is None:
            found = board_flash.verify(self.request, hands=self.hands)
            same, program = {region.name: region.same for region in found.regions}, found.program_sha256
            board_flash.wait_for_service(self.request.port)
        else:
            same, program = done.same, done.program_sha256
        if not all(same.values()):
            names = ", ".join(name for name, equal in same.items() if not equal)
            raise ShedError(f"the board differs: {names}", "another version, or an installation that was cut off", "repeat shed install")
        return StepResult(
            "verify",
            "done",
            f"{len(same)} regions equal by their hashes in flash, program {program[:12]}",
            facts={"program_sha256": program},
        )

    def _configure(self) -> StepResult:
        site = self.site.site
        changed = self.configure(self.request, self.site)
        facts = {"image_crc": f"{self._crc():08x}", "site": site.site.id}
        said = f'site {site.site.id} "{site.site.name}", {len(site.outlet)} outlets, configuration {self._crc():08x}'
        return StepResult("configure", "done" if changed else "unchanged", said, facts=facts)

    def _self_test(self) -> StepResult:
        about, key = self.site.site.site, bytes.fromhex(self.site.site.safety.maintenance_key)
        with open_quietly(self.request.port) as wire:
            board_clock.keep(Console(wire), board_clock.Hand(key, about.id, about.time_zone_min), lambda text: self.say(f"      {text}"))
            self.checks = self_test(Console(wire), self.site.site, self._crc())
        require(self.checks)
        warned = sum(check.state == "warn" for check in self.checks)
        return StepResult("self-test", "done", f"{len(self.checks)} checks, {warned} warnings")

    def _crc(self) -> int:
        return image_crc(compile_site(self.site.site, self.site.board))
