"""The result of a run of the suite: verdicts, exclusions and counts per directory, as text and as a Markdown page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from .exclusions import Exclusion, find
from .shard import BROKEN, FAIL, PASS, SKIP

NOT_STARTED = "not started"
KNOWN = "fails as listed"


@dataclass
class Outcome:
    """``verdicts`` of every test file, also of those that were not started; ``evidence`` for those that did not pass at once."""

    version: str
    verdicts: dict[str, str]
    exclusions: list[Exclusion]
    evidence: dict[str, str] = field(default_factory=dict)
    second: list[str] = field(default_factory=list)  # passed when tried again

    @property
    def failures(self) -> list[str]:
        """Tests that failed or ended the runner, except those that fail as the table says."""
        return sorted(test for test, verdict in self.verdicts.items() if verdict in (FAIL, BROKEN))

    @property
    def unexplained(self) -> list[str]:
        """Skips without a row in the table."""
        return sorted(test for test, verdict in self.verdicts.items() if verdict == SKIP and find(self.exclusions, test) is None)

    @property
    def stale(self) -> list[str]:
        """Tests that have a row in the table and nevertheless pass."""
        return sorted(test for test, verdict in self.verdicts.items() if verdict == PASS and find(self.exclusions, test) is not None)

    def passes(self) -> set[str]:
        """The tests that passed."""
        return {test for test, verdict in self.verdicts.items() if verdict == PASS}

    def sort_known(self) -> None:
        """Separate the failures that the table lists."""
        for test in self.failures:
            row = find(self.exclusions, test)
            if row is not None and row.fails and self.verdicts[test] == FAIL:
                self.verdicts[test] = KNOWN

    def counts(self) -> dict[str, Counter[str]]:
        """Per directory: pass, fail (a test that ended the runner is one), skip, not started, fails as listed."""
        table: dict[str, Counter[str]] = {}
        for test, verdict in sorted(self.verdicts.items()):
            row = table.setdefault(str(PurePosixPath(test).parent), Counter())
            row[FAIL if verdict == BROKEN else verdict] += 1
        return table

    def table(self) -> str:
        """The counts as Markdown. A skip is an exclusion; so is a test that was not started, and one that fails as the table says."""
        heads = ("directory", "tests", PASS, FAIL, "excluded", "of these skipped", NOT_STARTED, KNOWN)
        lines = [f"| {' | '.join(heads)} |", "|---|" + "---:|" * (len(heads) - 1)]
        total: Counter[str] = Counter()
        for directory, row in self.counts().items():
            total += row
            lines.append(_line(f"`{directory}`", row))
        lines.append(_line("**all**", total))
        return "\n".join(lines)

    def reasons(self) -> str:
        """The table of exclusions as Markdown, with the number of tests of each row."""
        lines = ["| tests | n | why |", "|---|---:|---|"]
        for row in self.exclusions:
            count = sum(
                verdict in (SKIP, NOT_STARTED, KNOWN) and find(self.exclusions, test) is row for test, verdict in self.verdicts.items()
            )
            if count:
                lines.append(f"| {', '.join(f'`{pattern}`' for pattern in row.patterns)} | {count} | {row.why} |")
        return "\n".join(lines)

    def complaints(self) -> list[str]:
        """One line for each thing that is not as it should be."""
        return [
            *(f"failed: {test}" for test in self.failures),
            *(f"skipped without a reason in exclusions.toml: {test}" for test in self.unexplained),
            *(f"passes, so its row in exclusions.toml is stale: {test}" for test in self.stale),
        ]


def _line(name: str, row: Counter[str]) -> str:
    excluded = row[SKIP] + row[NOT_STARTED] + row[KNOWN]
    cells = (name, sum(row.values()), row[PASS], row[FAIL], excluded, row[SKIP], row[NOT_STARTED], row[KNOWN])
    return f"| {' | '.join(str(cell) for cell in cells)} |"
