"""`shed bundle`: one file that brings ShedGuard to a shed without internet."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ..deploy import bundle as bundles
from .common import JsonOption, say, show_json
from .out_file import ForceOption, check_new


def bundle(
    out: Annotated[Path, typer.Option("--out", "-o", help="The tar to write.")],
    image: Annotated[list[Path] | None, typer.Option("--image", help="A MicroPython image to put in; may be repeated.")] = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Pack this tool, what it needs, the firmware and MicroPython images for a computer without internet.

    At the shed: tar xf FILE; shedguard-bundle/install.sh

    Example: shed bundle --out shedguard.tar --image ESP32_GENERIC-20250415-v1.25.0.bin
    """
    check_new(out, force)
    report = bundles.make(out, image or [], say)
    if as_json:
        show_json(asdict(report))
        return
    print(f"{report.path}: {report.bytes / 1e6:.1f} MB, {len(report.wheels)} wheels, images: {', '.join(report.images) or 'none'}")
    print(f"for Python {report.python} on {report.system} {report.machine}; SHA-256 {report.sha256}")
    print(f"at the shed: tar xf {out.name} && {bundles.FOLDER}/install.sh")
