"""Run pyright over the host code and, with MicroPython's stubs, over the firmware. Exit code 1 when either complains."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECTS = ("pyproject.toml", "host_tools/pyright-firmware.json")


def main() -> int:
    """Both runs happen at the same time, each prints under its own heading."""
    environment = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    pyright = str(Path(sys.executable).parent / "pyright")
    runs = [
        subprocess.Popen(
            [pyright, "--project", project], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for project in PROJECTS
    ]
    failed = False
    for project, process in zip(PROJECTS, runs, strict=True):
        output, _ = process.communicate()
        print(f"pyright ({project}):\n{output.rstrip()}", flush=True)
        failed = failed or process.returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
