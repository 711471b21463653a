"""Checks of the computer: may this user use the port, does another program hold or probe it, is a driver missing. Pure over `HostFacts`."""

from __future__ import annotations

from typing import Final

from ..link.port_list import BRIDGES
from .finding import Finding, ok
from .host_facts import HostFacts

UNTESTED: Final = "untested on this system"
_DRIVER_PAGES: Final = "CH340 and CH9102: wch-ic.com; CP210x: silabs.com; FT232: ftdichip.com"


def examine(facts: HostFacts) -> list[Finding]:
    """Every check that this system has."""
    if facts.system == "Linux":
        return [*_ports(facts), *_permissions(facts), *_holders(facts), *_meddlers(facts), *_drivers(facts)]
    if facts.system == "Darwin":
        return [*_mac(facts), Finding("system", "warn", f"macOS: {UNTESTED}", "ShedGuard is tested on Debian", "")]
    return [*_windows(facts), Finding("system", "warn", f"{facts.system}: {UNTESTED}", "ShedGuard is tested on Debian", "")]


def _ports(facts: HostFacts) -> list[Finding]:
    if facts.ports:
        names = ", ".join(f"{port.info.device} ({port.info.bridge or port.info.usb or 'no USB'})" for port in facts.ports)
        return [ok("ports", names)]
    cause = "no board is connected, its USB cable has no data wires, or the driver is missing"
    if facts.is_wsl:
        return [
            Finding(
                "ports", "warn", "no USB serial port", "Windows keeps USB devices from WSL", "in Windows: usbipd attach --wsl --busid ID"
            )
        ]
    return [Finding("ports", "warn", "no USB serial port", cause, "another cable; then dmesg -w while you plug it in")]


def _permissions(facts: HostFacts) -> list[Finding]:
    found: list[Finding] = []
    for port in facts.ports:
        if port.allowed:
            found.append(ok("permission", port.info.device))
            continue
        group = port.group or "dialout"
        cause = f"it belongs to the group {group}, and {facts.user or 'this user'} is not in it"
        clear = f"sudo usermod -aG {group} $USER, then log in again"
        if group in facts.groups or group == "root":
            cause = f"it belongs to the group {group}, which may not write to it: a udev rule of this system"
            clear = f"sudo chmod 660 {port.info.device}; for good: a udev rule MODE=0660, GROUP=dialout"
        found.append(Finding("permission", "bad", f"{port.info.device} cannot be opened by this user", cause, clear))
    if not facts.ports and not facts.is_root and not {"dialout", "uucp"} & set(facts.groups):
        found.append(
            Finding(
                "permission",
                "warn",
                "not in the group dialout",
                "serial ports belong to it",
                "sudo usermod -aG dialout $USER, then log in again",
            )
        )
    return found


def _holders(facts: HostFacts) -> list[Finding]:
    found: list[Finding] = []
    for port in facts.ports:
        for number, program in port.held_by:
            clear = f"end it: kill {number}" if program not in ("ModemManager", "brltty") else f"sudo systemctl stop {program}"
            found.append(
                Finding("port in use", "bad", f"{program} (process {number}) holds {port.info.device}", "one program at a time", clear)
            )
    return found


def _meddlers(facts: HostFacts) -> list[Finding]:
    """Programs that take or probe serial ports unasked, which may reset a board in service."""
    found: list[Finding] = []
    if "ModemManager" in facts.programs:
        cause = "it opens every new serial port and looks for a modem: that can reset a board, and the port is busy for some seconds"
        found.append(Finding("ModemManager", "warn", "ModemManager runs", cause, "sudo systemctl disable --now ModemManager"))
    if "brltty" in facts.programs:
        taken = "1a86:7523" in facts.usb and not any(port.info.usb == "1a86:7523" for port in facts.ports)
        cause = "it takes CH340 adapters for braille displays"
        found.append(
            Finding("brltty", "bad" if taken else "warn", "brltty runs", cause, "sudo apt remove brltty, then plug the board in again")
        )
    return found


def _drivers(facts: HostFacts) -> list[Finding]:
    found: list[Finding] = []
    there = {port.info.usb for port in facts.ports}
    for (vendor, product), (name, module) in BRIDGES.items():
        usb = f"{vendor:04x}:{product:04x}"
        if usb in facts.usb and usb not in there and not (usb == "1a86:7523" and "brltty" in facts.programs):
            cause = f"the kernel module {module} is not loaded, or not part of this kernel"
            found.append(Finding("driver", "bad", f"a {name} ({usb}) is on USB but has no port", cause, f"sudo modprobe {module}"))
    return found


def _mac(facts: HostFacts) -> list[Finding]:
    found: list[Finding] = []
    for port in facts.ports:
        if port.info.device.startswith("/dev/tty."):
            call = port.info.device.replace("/dev/tty.", "/dev/cu.")
            found.append(Finding("ports", "warn", f"{port.info.device} waits for a carrier", "it is the call-in device", f"use {call}"))
        else:
            found.append(ok("ports", f"{port.info.device} ({port.info.bridge or port.info.usb})"))
    return found or [
        Finding("ports", "warn", "no USB serial port", "no board, a cable without data wires, or no driver", f"drivers: {_DRIVER_PAGES}")
    ]


def _windows(facts: HostFacts) -> list[Finding]:
    found = [ok("ports", f"{port.info.device} ({port.info.bridge or port.info.usb})") for port in facts.ports]
    cause = "no board, a cable without data wires, or no driver (Device Manager shows a device with a yellow mark)"
    return found or [Finding("ports", "warn", "no COM port of a USB adapter", cause, f"drivers: {_DRIVER_PAGES}")]
