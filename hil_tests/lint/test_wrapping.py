"""No sentence is broken off in the middle of a line, and the rule fires."""

from shedbench.places import REPOSITORY

from hil_tests.lint import repository
from hil_tests.lint.wrapping import broken_lines


def test_no_docstring_and_no_comment_breaks_off_in_mid_sentence() -> None:
    files = [path for path in repository.committed(REPOSITORY) if path.suffix == ".py"]
    assert files
    found = [f"{path.relative_to(REPOSITORY)}:{line}" for path in files for line in broken_lines(path.read_text(encoding="utf-8"))]
    assert not found, "\n".join(found)


def test_the_rule_fires() -> None:
    docstring = '"""A reader that dies.\n\nIt is asked, shown when it does\nnot, waked again.\n"""\n'
    comment = "# The scan has no\n# time for that.\nX = 1\n"
    assert list(broken_lines(docstring)) == [3] and list(broken_lines(comment)) == [1]


def test_what_is_laid_out_or_ends_a_sentence_is_left_alone() -> None:
    table = '"""States.\n\n    IDLE --press--> ON\n    ON\n    back\n"""\n'
    sentences = '"""One thing.\nAnother: this\n"""\n'
    two_comments = "# first\nX = 1  # second\n# third\n"
    assert not [line for text in (table, sentences, two_comments) for line in broken_lines(text)]
