"""`shed install`: from a bare board to a shed in service, with a report.

Hazard: it takes the board out of service; a live session refuses it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ..boards import known as boards
from ..deploy import report_files
from ..deploy.install import STEPS, Job
from ..deploy.push import Way, configure
from ..errors import INVALID, ShedError
from ..files.whole_file import write_whole
from ..flash.board_flash import Request, prepare
from ..flash.whose import ReplaceSiteOption
from ..site import memory
from ..site.load import LoadedSite
from .common import JsonOption, load_site, port_of, say, show_json
from .flash import BaudOption, BeforeOption, HashOption, ImageOption, before_of, hands
from .out_file import begins, check_new
from .place import YesOption, ask
from .progress import Bar

# An earlier report of this verb, which is written anew or set aside.
_OURS = {
    ".json": begins(rb'\{\n  "begun"'),
    ".html": begins(rb'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>[^<]*: installation report</title>'),
}


def install(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Site file (TOML); it names the board.")],
    image: ImageOption = None,
    port: str | None = typer.Option(None, "--port", "-p", help="Serial port of the board; may be left out when there is only one."),
    sha256: HashOption = None,
    baud: BaudOption = 460800,
    before: BeforeOption = None,
    only: Annotated[
        str | None, typer.Option("--only", help=f"Only these steps, with commas: {','.join(STEPS)}. Detect is always done.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Where the report goes: FILE.json and FILE.html. Otherwise install-SITE in this folder.")
    ] = None,
    as_json: JsonOption = False,
    replace_site: ReplaceSiteOption = None,
    yes: YesOption = False,
) -> None:
    """Detect, flash, verify, configure, self-test, report: each step does what is missing and reports what it did.

    After an interruption or a failed step the board is safe (outputs off), and the same command continues. A second run changes nothing.
    The report of an installation that passed is never overwritten.
    Exit codes: 2 the site file or image is wrong, 3 no board, 4 it does not start, 6 the self-test failed, 7 a session is live.

    Example: shed install shed2.toml --image ESP32_GENERIC-20250415-v1.25.0.bin --port /dev/ttyUSB0
    """
    site = load_site(file)
    memory.refuse(site.site, site.board)
    steps = STEPS if only is None else ("detect", *[name.strip() for name in only.split(",") if name.strip() != "detect"])
    base = report_files.base_of(report or Path(f"install-{site.site.site.id}"))
    for name in report_files.places(base):
        for suffix in report_files.SUFFIXES:
            check_new(report_files.file_of(name, suffix), again=_OURS[suffix])
    unknown = [name for name in steps if name not in STEPS]
    if unknown:
        raise ShedError(f"no step is called {unknown[0]!r}", f"the steps are {', '.join(STEPS)}", "shed install --help", INVALID)
    board = boards.reference(site.site.site.board, file.parent)
    request = Request(port_of(port), board, image, sha256, baud, before_of(before), site=site.site.site.id, replace_site=replace_site)
    if "flash" in steps or "verify" in steps:
        prepare(request)  # a wrong image or program is reported before anything is touched
    instead = "" if replace_site is None else f" INSTEAD OF site {replace_site}"
    ask(f"{request.port}: install {request.board} as site {site.site.site.id}{instead} (out of service meanwhile).", yes)
    bar: list[Bar] = []

    def progress(done: int, total: int) -> None:
        if not bar:
            bar.append(Bar("writing"))
        bar[0](done, total)

    job = Job(request, site, _configure, steps, progress, hands(), say)
    failure = job.run()
    done = job.report()
    body = done.as_json(bytes.fromhex(site.site.safety.maintenance_key))
    base, earlier = report_files.make_room(base, passed=done.passed, partial=done.partial)
    for words in earlier:
        say(words)
    paper, page = (report_files.file_of(base, suffix) for suffix in report_files.SUFFIXES)
    write_whole(paper, (json.dumps(body, ensure_ascii=False, indent=2) + "\n").encode())
    write_whole(page, done.as_page().encode())
    if as_json:
        show_json(body)
    else:
        for check in done.checks:
            print(f"{check.state:5}{check.name}: {check.said}" + (f"\n     to clear it: {check.clears}" if check.state == "bad" else ""))
        if failure is None:
            print("nothing had to be changed" if job.unchanged else "installed", end="")
            print(f"; report{' of a part' if done.partial else ''}: {paper}, {page}")
    if failure is not None:
        say(f"report so far: {paper}; the same command continues from here")
        raise failure


def _configure(request: Request, site: LoadedSite) -> bool:
    way = Way(request.baud, request.before, hands(), request.replace_site)
    return configure(request.port, site, way, lambda text: say(f"      {text}"))
