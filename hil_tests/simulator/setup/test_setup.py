"""The set-up's decisions, without touching the machine: which mirror, which source tree, which message when it fails."""

from __future__ import annotations

import dataclasses
import hashlib
import lzma
import sys
import tarfile
from pathlib import Path

import pytest
from shedbench.setup import apt_source, micropython, report, system_packages

DEB822 = """\
# comment
Types: deb
URIs: https://vendor.example/apt
Suites: nodistro
Components: main

Types: deb
URIs: https://security.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
# another comment
URIs: https://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
"""


def apt_folder(tmp_path: Path, **files: str) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    for name, text in files.items():
        target = tmp_path / "sources.list" if name == "main" else tmp_path / "sources.list.d" / name.replace("_", ".")
        target.write_text(text)
    return tmp_path


def test_the_mirror_is_debians_own_archive_not_a_vendors(tmp_path: Path) -> None:
    mirror = apt_source.debian_mirror(apt_folder(tmp_path, a_sources=DEB822))
    assert mirror is not None and mirror.uri == "https://mirror.example/debian"


def test_one_line_entries_with_options(tmp_path: Path) -> None:
    text = (
        "# deb http://old.example/debian trixie main\ndeb [arch=amd64 signed-by=/no/such.gpg] http://m.example/debian trixie main contrib\n"
    )
    mirror = apt_source.debian_mirror(apt_folder(tmp_path, main=text))
    assert mirror is not None and mirror.uri == "http://m.example/debian" and mirror.keyring == apt_source._DEFAULT_KEYRING


@pytest.mark.parametrize(
    "text",
    [
        "deb http://archive.example/ubuntu noble main universe\n",
        "deb https://vendor.example/apt cloud-sdk-bookworm main\n",
        "deb http://security.example/debian-security bookworm-security main\n",
        "deb http://m.example/debian bookworm contrib\n",
        "",
    ],
)
def test_another_distribution_has_no_debian_mirror(tmp_path: Path, text: str) -> None:
    assert apt_source.debian_mirror(apt_folder(tmp_path, main=text)) is None


def test_disabled_entries_do_not_count(tmp_path: Path) -> None:
    assert apt_source.debian_mirror(apt_folder(tmp_path, a_sources=DEB822.replace("# another comment", "Enabled: no"))) is None


def source_tree(path: Path, minor: int) -> Path:
    (path / "py").mkdir(parents=True)
    (path / "py" / "mpconfig.h").write_text(f"#define MICROPY_VERSION_MAJOR 1\n#define MICROPY_VERSION_MINOR {minor}\n")
    return path


def test_micropython_src_is_honoured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICROPYTHON_SRC", str(source_tree(tmp_path / "mpy", 26)))
    assert micropython.ensure(tmp_path / "build", tmp_path / "log") == tmp_path / "mpy"


@pytest.mark.parametrize("given", ["old", "nothing"])
def test_a_wrong_micropython_src_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    source_tree(tmp_path / "old", 24)
    monkeypatch.setenv("MICROPYTHON_SRC", str(tmp_path / given))
    with pytest.raises(report.SetupError, match="MICROPYTHON_SRC"):
        micropython.ensure(tmp_path / "build", tmp_path / "log")


def test_without_a_mirror_the_message_names_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MICROPYTHON_SRC", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(apt_source, "debian_mirror", lambda: None)
    with pytest.raises(report.SetupError) as caught:
        micropython.ensure(tmp_path, tmp_path / "log")
    assert "MICROPYTHON_SRC=" in str(caught.value) and "trixie" in str(caught.value)


def test_a_cached_tarball_needs_no_network_and_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = micropython.PINNED.tree
    source_tree(tmp_path / name, 25)
    tarball = tmp_path / "source.tar.xz"
    with lzma.open(tarball, "wb") as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(tmp_path / name, name)
    digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
    cache = tmp_path / "cache" / "shedguard"
    cache.mkdir(parents=True)
    tarball.rename(cache / f"{digest}.tar.xz")
    monkeypatch.delenv("MICROPYTHON_SRC", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    release = dataclasses.replace(micropython.PINNED, sha256=digest)
    monkeypatch.setattr(apt_source, "debian_mirror", lambda: None)
    build = tmp_path / "build"
    build.mkdir()
    tree = micropython.ensure(build, tmp_path / "log", release)
    assert (tree / "py" / "mpconfig.h").is_file()
    (cache / f"{digest}.tar.xz").write_bytes(b"damaged")
    assert micropython.ensure(build, tmp_path / "log", release) == tree  # already unpacked: the cache is not looked at
    (build / f".{name}.sha256").unlink()
    with pytest.raises(report.SetupError, match="cannot fetch"):
        micropython.ensure(build, tmp_path / "log", release)


def test_without_root_the_one_line_to_run_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_packages, "missing", lambda: ["gcc-multilib", "libc6-dev-i386"])
    monkeypatch.setattr(system_packages.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(system_packages.platform, "machine", lambda: "x86_64")
    with pytest.raises(report.SetupError) as caught:
        system_packages.ensure(tmp_path / "log")
    assert caught.value.fix == "sudo apt-get install -y --no-install-recommends gcc-multilib libc6-dev-i386"


def test_a_failing_program_shows_its_last_lines(tmp_path: Path) -> None:
    with pytest.raises(report.SetupError, match="the reason"):
        report.run([sys.executable, "-c", "print('the reason'); raise SystemExit(3)"], tmp_path / "log")
