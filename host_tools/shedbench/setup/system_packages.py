"""System packages that the build needs: found by trying what they provide, installed by apt when we are root."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
from pathlib import Path

from .report import SetupError, run, step

_PROBE = b"#include <stdio.h>\n#include <math.h>\nint main(void) { return (int)sizeof(void *) - 4; }\n"


def missing() -> list[str]:
    """Names of Debian packages whose service is not there."""
    has_venv = importlib.util.find_spec("ensurepip") is not None and importlib.util.find_spec("venv") is not None
    return [*([] if has_venv else ["python3-venv"]), *missing_for_board()]


def missing_for_board() -> list[str]:
    """Of these, those that the emulated board needs."""
    needed = [package for package in ("gcc", "make") if shutil.which(package) is None]
    if importlib.util.find_spec("lzma") is None:
        needed.append("xz-utils")
    if not _compiles_for_32_bit():
        needed += ["gcc-multilib", "libc6-dev-i386"]
    return needed


def ensure(log: Path) -> None:
    """Install what is missing when root, else SetupError with the one line to run."""
    needed = missing()
    if not needed:
        return
    names = " ".join(needed)
    line = _line(names)
    _check_can_be_had(needed, names)
    if os.geteuid() != 0:
        raise SetupError(f"missing system packages: {names}", "installing them needs root", f"sudo {line}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step(f"system packages: {names}"):
        try:
            run(["apt-get", "update"], log, environment)
            run(line.split(), log, environment)
        except SetupError as error:
            raise SetupError(f"apt could not install {names}", error.what, line) from error
    left = missing()
    if left:
        raise SetupError(
            f"installed, but still not usable: {' '.join(left)}", f"see {log}", f"apt-get install --reinstall {' '.join(left)}"
        )


def check() -> None:
    """SetupError when the emulated board cannot be built here. Installs nothing, not even as root: `shed demo` is no set-up."""
    needed = missing_for_board()
    if needed:
        names = " ".join(needed)
        _check_can_be_had(needed, names)
        raise SetupError(f"missing system packages: {names}", "the emulated board is compiled on this machine", f"sudo {_line(names)}")


def _line(names: str) -> str:
    return f"apt-get install -y --no-install-recommends {names}"


def _check_can_be_had(needed: list[str], names: str) -> None:
    if platform.machine() not in ("x86_64", "amd64", "i686") and "gcc-multilib" in needed:
        raise SetupError(
            "this machine cannot build 32-bit x86 programs, and the emulated board is one",
            f"its architecture is {platform.machine()}",
            "use an x86-64 machine, virtual machine or container",
        )
    if shutil.which("apt-get") is None:
        raise SetupError(
            f"missing: {names} (Debian's names)", "this is no Debian: apt-get is not there", "install them in your system's way"
        )


def _compiles_for_32_bit() -> bool:
    if shutil.which("gcc") is None:
        return False
    command = ["gcc", "-m32", "-x", "c", "-", "-o", os.devnull, "-lm"]
    return subprocess.run(command, input=_PROBE, capture_output=True, check=False).returncode == 0
