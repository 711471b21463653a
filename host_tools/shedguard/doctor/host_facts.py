"""What `doctor` needs to know of this computer, gathered once, so that checks are pure and tests can simulate other systems."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..link.port_list import PortInfo, listed
from ..link.port_users import users


@dataclass(frozen=True, slots=True)
class PortAccess:
    """One port: whether we may use it, the group it belongs to, and who holds it."""

    info: PortInfo
    allowed: bool = True
    group: str = ""
    held_by: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class HostFacts:
    """``system`` is Linux, Darwin or Windows. ``groups``: the user's present groups; ``programs``: those that run; ``usb``: the ids of
    every device."""

    system: str
    user: str = ""
    is_root: bool = False
    groups: tuple[str, ...] = ()
    ports: tuple[PortAccess, ...] = ()
    programs: tuple[str, ...] = ()
    usb: tuple[str, ...] = ()
    is_wsl: bool = False


def gather(port: str | None = None) -> HostFacts:
    """The facts of this computer; ``port`` is examined too when it is not a USB port. Nothing is opened."""
    system = platform.system()
    infos = listed()
    if port is not None and ("://" in port or os.path.exists(port)) and all(info.device != port for info in infos):
        infos.append(PortInfo(port))
    if system != "Linux":
        return HostFacts(system, ports=tuple(PortAccess(info) for info in infos))
    release = platform.release().lower()
    return HostFacts(
        system,
        os.environ.get("USER", ""),
        os.geteuid() == 0,
        _groups(),
        tuple(_access(info) for info in infos),
        _programs(),
        _usb_ids(),
        "microsoft" in release,
    )


def _access(info: PortInfo) -> PortAccess:
    import grp

    if "://" in info.device:
        return PortAccess(info)
    try:
        group = grp.getgrgid(Path(info.device).stat().st_gid).gr_name
    except (OSError, KeyError):
        group = ""
    return PortAccess(info, os.access(info.device, os.R_OK | os.W_OK), group, tuple(users(info.device)))


def _groups() -> tuple[str, ...]:
    import grp

    names: list[str] = []
    for number in os.getgroups():
        with suppress(KeyError):
            names.append(grp.getgrgid(number).gr_name)
    return tuple(names)


def _programs() -> tuple[str, ...]:
    names: set[str] = set()
    for path in Path("/proc").glob("[0-9]*/comm"):
        with suppress(OSError):
            names.add(path.read_text(encoding="utf-8").strip())
    return tuple(sorted(names))


def _usb_ids() -> tuple[str, ...]:
    ids: list[str] = []
    for folder in Path("/sys/bus/usb/devices").glob("*"):
        with suppress(OSError):
            vendor, product = (folder / "idVendor").read_text().strip(), (folder / "idProduct").read_text().strip()
            ids.append(f"{vendor}:{product}")
    return tuple(ids)
