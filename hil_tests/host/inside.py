"""`shed` without a process of its own: what it prints, and its exit code. As in a script: no terminal anywhere.

Starting the command takes half a second of computing, and longer if it builds a program. A test shows that the command itself prints the
same.
"""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from subprocess import CompletedProcess

from shedguard.commands import cli


def shed(*arguments: str) -> CompletedProcess[str]:
    terminal = sys.stdin
    with open(os.devnull, encoding="ascii") as nothing, redirect_stdout(StringIO()) as said, redirect_stderr(StringIO()) as complained:
        sys.stdin = nothing
        try:
            code = cli.run(list(arguments))
        finally:
            sys.stdin = terminal
    return CompletedProcess(arguments, code, said.getvalue(), complained.getvalue())
