"""Committed files keep the repository's rules, and the rules fire."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest
from shedbench.places import REPOSITORY

from hil_tests.lint import repository


def test_no_code_file_is_too_long() -> None:
    files = repository.committed(REPOSITORY)
    assert any(path.suffix == ".py" for path in files)
    counts = ((path.relative_to(REPOSITORY), repository.lines_over(path, repository.TOO_LONG)) for path in files)
    too_long = [f"{path}: {count} lines" for path, count in counts if count]
    assert not too_long, too_long
    for path in files:
        if count := repository.lines_over(path, repository.LONG):
            warnings.warn(f"{path.relative_to(REPOSITORY)}: {count} lines: look for a second concept", stacklevel=1)


def test_no_committed_file_names_a_mirror_or_this_machine() -> None:
    found: list[str] = []
    for path in repository.committed(REPOSITORY):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(REPOSITORY)}:{name}" for name in repository.machine_names(text)]
    assert not found, "\n".join(found)


def test_no_file_cites_the_design_paper_which_a_reader_does_not_have() -> None:
    paper = "DES" + "IGN"
    citing = [path.name for path in repository.committed(REPOSITORY) if paper.encode() in path.read_bytes()]
    assert not citing, f"laws and figures stand in docs/laws.md, docs/domain.md and docs/decisions: {citing}"


def test_a_session_has_one_name() -> None:
    """docs/glossary.md names the other word, to say that it is not used."""
    other = re.compile(rb"(?<![A-Za-z])" + b"sa" + b"les?(?![A-Za-z])", re.IGNORECASE)
    assert other.search(b"its Sa" + b"le_s end") and not other.search(b"a salesman, wholesale")
    files = [path for path in repository.committed(REPOSITORY) if path.name != "glossary.md"]
    naming = [f"{path.relative_to(REPOSITORY)}: {found.group()}" for path in files if (found := other.search(path.read_bytes()))]
    assert not naming, "\n".join(naming)


def test_a_source_tarball_has_the_same_files_to_look_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git, or unpacked from a tarball: no test needs a clone."""
    tree = tmp_path / "shedguard"
    for name in ("README.md", "firmware/main.py", "build/x.c", "hil_tests/.pytest_cache/README.md", ".venv/lib/y.py", "a/__pycache__/z.py"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("", encoding="utf-8")
    (tree / ".gitignore").write_text((REPOSITORY / ".gitignore").read_text(encoding="utf-8"), encoding="utf-8")
    wanted = [".gitignore", "README.md", "firmware/main.py"]
    assert sorted(str(path.relative_to(tree)) for path in repository.committed(tree)) == wanted
    (tree / ".git").mkdir()
    monkeypatch.setenv("PATH", "")
    assert sorted(str(path.relative_to(tree)) for path in repository.committed(tree)) == wanted


def test_the_length_rule_fires(tmp_path: Path) -> None:
    long = tmp_path / "long.py"
    long.write_text("x = 1\n" * 401)
    assert repository.lines_over(long, repository.TOO_LONG) == 401
    assert repository.lines_over(long.rename(tmp_path / "long.md"), repository.TOO_LONG) is None


def test_the_names_rule_fires() -> None:
    bad = ["http://" + "deb.debian" + ".org/debian", "https://" + "pypi" + ".org/simple", "cd /" + "root/x", "/work/" + "main/build"]
    assert all(list(repository.machine_names(text)) for text in bad)
    assert not list(repository.machine_names("https://docs.micropython.org and /usr/share/keyrings/debian-archive-keyring.gpg"))
