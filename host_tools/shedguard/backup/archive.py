"""The backup file: a zip of the partitions with a manifest that says what they are, and their hashes.

Hazard: a backup that turns out to be damaged on the day it is needed. It is read back and compared before it counts as made.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from .. import __version__
from ..errors import INVALID, PROTOCOL, ShedError, reason
from ..files.whole_file import whole_file
from .contents import CONFIG, KEPT, Contents
from .secrets import redact

FORMAT: Final = 1
_MANIFEST: Final = "manifest.json"


def save(contents: Contents, path: Path, secrets: bool, made: datetime) -> dict[str, Any]:
    """Write the file, readable by its owner only; returns its manifest. ShedError when it cannot be written or reads back differently."""
    stored = {label: contents.raw[label] for label in KEPT}
    if not secrets:
        stored[CONFIG] = redact(stored[CONFIG])
    manifest = {
        "format": FORMAT,
        "made": made.isoformat(timespec="seconds"),
        "tool": __version__,
        "board": {"kind": contents.board, "chip": contents.chip, "mac": contents.mac, "place": Path(contents.place).name},
        "firmware": contents.firmware,
        "site": contents.site,
        "configuration_crc": contents.configuration_crc,
        "secrets": secrets,
        "counters": contents.counters(),
        "files": {f"{label}.bin": {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for label, data in stored.items()},
    }
    with whole_file(path, private=True) as file:
        with zipfile.ZipFile(file, "w") as out:
            out.writestr(_MANIFEST, json.dumps(manifest, indent=2), zipfile.ZIP_DEFLATED)
            for label, data in stored.items():
                out.writestr(f"{label}.bin", data, zipfile.ZIP_DEFLATED)
        file.flush()
        load(Path(file.name))
    return manifest


def load(path: Path) -> tuple[Contents, dict[str, Any]]:
    """The contents of a backup file and its manifest. ShedError: exit code 2 when it is no backup or damaged, 4 for one of a later tool."""
    try:
        with zipfile.ZipFile(path) as file:
            manifest = json.loads(file.read(_MANIFEST))
            if manifest["format"] != FORMAT:
                what = f"{path} is a backup of format {manifest['format']}, this tool reads {FORMAT}"
                raise ShedError(what, "a later shedguard made it", "pip install -U shedguard", PROTOCOL)
            raw = {label: file.read(f"{label}.bin") for label in KEPT}
            about = manifest["files"]
            for label, data in raw.items():
                if about[f"{label}.bin"]["sha256"] != hashlib.sha256(data).hexdigest():
                    raise ShedError(
                        f"{path}: {label}.bin is damaged", "its hash is not the one in the manifest", "use another copy", INVALID
                    )
            board = manifest["board"]
            return Contents(raw, str(path), board["chip"], board["mac"], board["kind"], manifest["firmware"]), manifest
    except OSError as error:
        raise ShedError(f"cannot read {path}", reason(error), "name a file that shed backup made", INVALID) from error
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, NotImplementedError) as error:
        raise ShedError(f"{path} is no backup, or a damaged one", str(error), "use a file that shed backup made", INVALID) from error
