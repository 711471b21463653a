"""One pinned Debian source package, fetched without root through a private apt state directory.

The mirror is whatever this machine is configured to use for Debian itself; only the suite differs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .report import SetupError, run

_DEBIAN_SUITES = {"bullseye", "bookworm", "trixie", "forky", "duke", "sid", "oldoldstable", "oldstable", "stable", "testing", "unstable"}
_DEFAULT_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


@dataclass(frozen=True)
class Mirror:
    """A Debian archive as this machine names it, and the keyring that its entry trusts."""

    uri: str
    keyring: Path


def debian_mirror(etc_apt: Path = Path("/etc/apt")) -> Mirror | None:
    """The first configured archive that carries a suite of Debian's with component main; None on another distribution."""
    files = [etc_apt / "sources.list", *sorted((etc_apt / "sources.list.d").glob("*"))]
    for file in files:
        if not file.is_file():
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        found = _from_deb822(text) if file.suffix == ".sources" else _from_one_line(text) if file.suffix == ".list" else None
        if found:
            return found
    return None


def download(package: str, version: str, suite: str, wanted: str, work: Path, log: Path) -> Path:
    """The file ``wanted`` of source ``package`` at ``version`` out of ``suite``, in ``work``; SetupError without a mirror or a network."""
    mirror = debian_mirror()
    if mirror is None:
        raise SetupError("no Debian archive among this machine's apt sources", "another distribution, or apt is not configured")
    if not mirror.keyring.is_file():
        raise SetupError(
            f"the keyring {mirror.keyring} of the Debian archive is missing", "another distribution", "install debian-archive-keyring"
        )
    for folder in ("lists/partial", "cache/archives/partial", "src"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    sources = work / "sources.list"
    sources.write_text(f"deb-src [signed-by={mirror.keyring}] {mirror.uri} {suite} main\n", encoding="utf-8")
    apt = [
        "apt-get", "-q",
        "-o", f"Dir::Etc::sourcelist={sources}",
        "-o", "Dir::Etc::sourceparts=-",
        "-o", f"Dir::State::lists={work / 'lists'}",
        "-o", f"Dir::Cache={work / 'cache'}",
        "-o", "Dir::State::status=/var/lib/dpkg/status",
        "-o", "APT::Sandbox::User=root",
        "-o", "Acquire::Languages=none",
        "-o", "Acquire::Retries=2",
        "-o", "APT::Update::Error-Mode=any",
    ]  # fmt: skip
    run([*apt, "update"], log)
    # `source` writes into the current directory, so it is started in another one through env --chdir.
    run(["env", f"--chdir={work / 'src'}", *apt, "source", "--download-only", f"{package}={version}"], log)
    path = work / "src" / wanted
    if not path.is_file():
        raise SetupError(f"apt fetched {package} {version} but not {wanted}", f"see {log}")
    return path


def _from_deb822(text: str) -> Mirror | None:
    for stanza in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        for line in stanza.splitlines():
            if line.startswith("#") or line[:1].isspace() or ":" not in line:
                continue
            key, _, value = line.partition(":")
            fields[key.strip().lower()] = value.strip()
        if fields.get("enabled", "yes").lower() in ("no", "false") or not fields.get("uris"):
            continue
        if _is_debian(fields.get("suites", "").split(), fields.get("components", "").split()):
            return Mirror(fields["uris"].split()[0], _keyring(fields.get("signed-by", "")))
    return None


def _from_one_line(text: str) -> Mirror | None:
    for line in text.splitlines():
        match = re.match(
            r"deb(?:-src)?\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>[^#]+)", line.strip()
        )
        if match and _is_debian([match["suite"]], match["components"].split()):
            options = dict(option.split("=", 1) for option in (match["options"] or "").split() if "=" in option)
            return Mirror(match["uri"], _keyring(options.get("signed-by", "")))
    return None


def _is_debian(suites: list[str], components: list[str]) -> bool:
    return "main" in components and any(suite in _DEBIAN_SUITES for suite in suites)


def _keyring(signed_by: str) -> Path:
    path = Path(signed_by)
    return path if signed_by.startswith("/") and path.is_file() else _DEFAULT_KEYRING
