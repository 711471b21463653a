"""The driver of MicroPython's suite on two of its tests, and its tables, for `make test`. The suite itself is `long`."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil_tests.upstream import exclusions, page, suite
from hil_tests.upstream.outcome import NOT_STARTED, Outcome
from hil_tests.upstream.shard import BROKEN, FAIL, PASS, SKIP, parse, run_shard


def test_the_runner_talks_to_a_board() -> None:
    tests = ["basics/0prelim.py", "float/float_divmod.py", "extmod/machine1.py", "extmod_hardware/machine_uart_irq_rx.py"]
    result = run_shard(suite.source_tree() / "tests", tests)
    assert result.verdicts == dict(zip(tests, (PASS, SKIP, PASS, PASS), strict=True)), result.evidence


def test_a_test_that_ends_the_runner_is_marked_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "run-tests.py").write_text(
        "import sys\nfor test in sys.argv[5:]:\n    if 'bad' in test: raise SystemExit('cannot go on')\n    print('pass ', test)\n"
    )
    result = run_shard(tmp_path, ["a/one.py", "a/bad.py", "a/two.py"])
    assert result.verdicts == {"a/one.py": PASS, "a/bad.py": BROKEN, "a/two.py": PASS}
    assert "cannot go on" in result.evidence["a/bad.py"] and result.boards == 2


def test_the_runners_words() -> None:
    words = "platform=esp32\npass  basics/a.py \nskip  basics/b.py\nFAIL  basics/c.py (unittest: 3 ran)\nskip it\n3 tests performed\n"
    assert parse(words) == {"basics/a.py": PASS, "basics/b.py": SKIP, "basics/c.py": FAIL}


def test_shards_hold_every_test_once() -> None:
    tests = [f"d/{number}.py" for number in range(7)]
    assert sorted(test for shard in suite.shards(tests, 3) for test in shard) == tests
    assert suite.shards(tests[:1], 2) == [tests[:1]]


def test_complaints_name_failures_unexplained_skips_and_stale_rows() -> None:
    rows = [
        exclusions.Exclusion(("d/known_*.py",), "because"),
        exclusions.Exclusion(("t/*.py",), "no threads", run=False),
        exclusions.Exclusion(("d/slow.py",), "too slow", fails=True),
    ]
    verdicts = {"d/ok.py": PASS, "d/known_1.py": SKIP, "d/known_2.py": PASS, "d/new.py": SKIP, "d/bad.py": FAIL, "t/x.py": NOT_STARTED}
    outcome = Outcome("1.25.0", verdicts | {"d/slow.py": FAIL}, rows)
    outcome.sort_known()
    assert [complaint.rsplit(" ", 1)[-1] for complaint in outcome.complaints()] == ["d/bad.py", "d/new.py", "d/known_2.py"]
    assert "| `d` | 6 | 2 | 1 | 3 | 2 | 0 | 1 |" in page.render(outcome) and "| `t/*.py` | 1 | no threads |" in outcome.reasons()


def test_a_row_without_a_reason_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "table.toml"
    table.write_text('[[exclude]]\ntests = ["a.py"]\nwhy = " "\n')
    with pytest.raises(ValueError, match="why"):
        exclusions.load(table)


def test_every_row_of_the_table_covers_a_test_of_the_suite() -> None:
    tests = suite.tests_in(suite.source_tree() / "tests", suite.DIRECTORIES)
    patterns = [pattern for row in exclusions.load() for pattern in row.patterns]
    assert [p for p in patterns if not any(exclusions.Exclusion((p,), "").covers(test) for test in tests)] == []
