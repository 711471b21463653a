"""The report of an installation: JSON for the property office's files, and a page to print, sign and hang into the cabinet.

Hazard: a paper that claims more than was tested. Steps that did not run are listed as not run; what only hands and eyes can check stands as
empty boxes. The JSON is signed with the site's maintenance key, so that a later change of a figure is detected.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any, Final, Literal

from .self_test import Check

Outcome = Literal["done", "unchanged", "failed", "not run"]

# Checks that the console cannot make (docs/installer): done by hand, ticked on paper.
BY_HAND: Final = (
    "Test button of the residual-current device: everything goes dark.",
    "Smoke at each detector: outlets off at once, gate free, and it stays so until it is reset.",
    "Each manual call point: the same.",
    "Wire of each detector loop pulled off: a fault is shown (10 point_fault), no new session begins.",
    "Wire of each call point and other contact pulled off: it trips as if it were pressed, and no fault is shown.",
    "Heartbeat wire pulled off: the group contactors drop within a second, and the gate can be pushed open.",
    "Controller's supply switched off: contactors drop, the gate can be pushed open.",
    "Green break-glass unit and exit button: the gate opens without the controller.",
    "One charge at each outlet: it starts, its meter counts, it stops with card and button.",
)
_STYLE: Final = (
    "body{font:11pt/1.4 sans-serif;margin:2cm;max-width:17cm}h1{font-size:17pt;margin:0 0 4mm}h2{font-size:13pt;margin:6mm 0 2mm}"
    "table{border-collapse:collapse;width:100%}td,th{border:1px solid #999;padding:1mm 2mm;text-align:left;vertical-align:top}"
    ".bad,.failed{background:#f6c9c9;font-weight:bold}.warn{background:#f9eebd}.box{width:8mm}.sign td{height:14mm}"
    "@media print{body{margin:0}h2{page-break-after:avoid}tr{page-break-inside:avoid}}"
)


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step. ``facts`` is what it found or wrote; ``said`` is one sentence."""

    name: str
    outcome: Outcome
    said: str
    seconds: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Report:
    """``begun`` is local time, ISO 8601. ``contacts``: (name, role, phone)."""

    begun: str
    tool: str
    site_id: int
    site_name: str
    board: str
    steps: Sequence[StepResult]
    checks: Sequence[Check]
    contacts: Sequence[tuple[str, str, str]] = ()

    @property
    def passed(self) -> bool:
        """Every step done or unchanged, and no check bad."""
        return (
            bool(self.checks)
            and all(step.outcome in ("done", "unchanged") for step in self.steps)
            and all(check.state != "bad" for check in self.checks)
        )

    @property
    def partial(self) -> bool:
        """Nothing failed, but not every step was requested: the result says nothing about the others."""
        return (
            not self.passed and all(step.outcome != "failed" for step in self.steps) and all(check.state != "bad" for check in self.checks)
        )

    def as_json(self, key: bytes | None = None) -> dict[str, Any]:
        """The report; with ``key`` it ends with ``hmac_sha256`` over the rest (keys sorted, no spaces, UTF-8)."""
        body: dict[str, Any] = {**asdict(self), "passed": self.passed, "partial": self.partial, "by_hand": list(BY_HAND)}
        body = json.loads(json.dumps(body, ensure_ascii=False))
        return body if key is None else {**body, "hmac_sha256": signature(body, key)}

    def as_page(self) -> str:
        """One HTML page without references to anything else."""
        title = f"{self.site_name}: installation report"
        rows = "".join(_row(step.outcome, step.name, step.outcome, step.said) for step in self.steps)
        checks = "".join(
            _row(check.state, check.name, check.state, check.said + (f" To clear it: {check.clears}" if check.clears else ""))
            for check in self.checks
        )
        checks = checks or "<tr><td>not run</td></tr>"
        boxes = "".join(f'<tr><td class="box">&nbsp;</td><td>{escape(text)}</td></tr>' for text in BY_HAND)
        people = "".join(_row("", *person) for person in self.contacts)
        verdict = "The shed is ready for the checks by hand." if self.passed else "The shed is NOT ready for service."
        if self.partial:
            ran = ", ".join(step.name for step in self.steps if step.outcome != "not run")
            verdict = f"A part of an installation, without a failure: {ran}. Only a whole installation shows whether the shed is ready."
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style></head><body>'
            f"<h1>{escape(title)}</h1><p>Site {self.site_id}, board {escape(self.board)}, {escape(self.begun)}, {escape(self.tool)}</p>"
            f"<p><b>{verdict}</b></p><h2>Steps</h2><table>{rows}</table><h2>Self-test</h2><table>{checks}</table>"
            f"<h2>To be checked by hand</h2><table>{boxes}</table>"
            + (f"<h2>Who is called</h2><table>{people}</table>" if people else "")
            + '<h2>Signatures</h2><table class="sign"><tr><td>Installer, date</td><td>Property, date</td></tr></table></body></html>\n'
        )


def _row(kind: str, *cells: str) -> str:
    inside = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr class="{escape(kind)}">{inside}</tr>'


def signature(body: Mapping[str, Any], key: bytes) -> str:
    """HMAC-SHA-256 of a report without its signature, as 64 hex digits."""
    unsigned = {name: value for name, value in body.items() if name != "hmac_sha256"}
    text = json.dumps(unsigned, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
