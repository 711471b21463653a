"""The rules for firmware sources. Each takes a parsed file and yields findings; test_firmware.py applies them, test_rules.py tries them.

Paths are relative to the repository, with forward slashes. The generated boot.py is checked under the name ``boot.py``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

BOOT: Final = "boot.py"
BOARD: Final = "firmware/shed/board/"
# The only places that may catch everything: the supervisor, which opens all and resets, and the scan's guard, which opens all.
MAIN: Final = "firmware/main.py"
CATCH_ALL: Final = {MAIN, "firmware/shed/app.py", "firmware/shed/safety/scan.py"}

_HARDWARE = {"machine", "esp32", "esp", "network", "bluetooth", "espnow", "neopixel"}
_CONCURRENCY = {"asyncio", "uasyncio", "_thread"}
_BROAD = {"Exception", "BaseException"}


@dataclass(frozen=True, slots=True)
class Source:
    """One source file."""

    path: str
    tree: ast.Module


@dataclass(frozen=True, slots=True)
class Finding:
    """Where and how a rule is broken."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


Rule = Callable[[Source], Iterator[Finding]]


def parse(path: str, text: str) -> Source:
    """A source from its text; SyntaxError as ast raises it."""
    return Source(path, ast.parse(text, path))


def hardware_only_in_board(source: Source) -> Iterator[Finding]:
    """`machine` and `esp32` are imported in board/ and in boot.py, and `machine` by main.py, whose reset must not depend on a module of the
    shed; everything else gets its hardware passed in."""
    if source.path.startswith(BOARD) or source.path == BOOT:
        return
    for line, name in _imports(source.tree):
        if name in _HARDWARE and (source.path, name) != (MAIN, "machine"):
            yield Finding(source.path, line, f"imports {name} outside firmware/shed/board/")


def boot_imports_nothing_else(source: Source) -> Iterator[Finding]:
    """boot.py imports only machine and micropython: anything else could be missing or broken."""
    if source.path == BOOT:
        for line, name in _imports(source.tree):
            if name not in ("machine", "micropython"):
                yield Finding(source.path, line, f"boot.py imports {name}")


def timers_are_timer_1(source: Source) -> Iterator[Finding]:
    """Timer 0 belongs to UART idle detection up to 1.28; how many there are is counted over all files."""
    for call in calls(source.tree, "Timer"):
        if len(call.args) != 1 or call.keywords or not (isinstance(call.args[0], ast.Constant) and call.args[0].value == 1):
            yield Finding(source.path, call.lineno, "a Timer that is not Timer(1)")


def timer_constructions(source: Source) -> Iterator[Finding]:
    """Every place that constructs a Timer; one in the whole program."""
    for call in calls(source.tree, "Timer"):
        yield Finding(source.path, call.lineno, "constructs a Timer")


def watchdog_only_in_boot(source: Source) -> Iterator[Finding]:
    """A second constructor reconfigures the watchdog."""
    if source.path != BOOT:
        for call in calls(source.tree, "WDT"):
            yield Finding(source.path, call.lineno, "constructs a WDT; only the generated boot.py does")


def no_uart_idle_interrupt(source: Source) -> Iterator[Finding]:
    """IRQ_RXIDLE takes Timer 0 and its queue of 8."""
    for node in ast.walk(source.tree):
        if (isinstance(node, ast.Attribute) and node.attr == "IRQ_RXIDLE") or (isinstance(node, ast.Name) and node.id == "IRQ_RXIDLE"):
            yield Finding(source.path, node.lineno, "IRQ_RXIDLE")


def integers_only(source: Source) -> Iterator[Finding]:
    """No float literal, no true division, no float(): law 9 (docs/laws.md)."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield Finding(source.path, node.lineno, f"float literal {node.value}")
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield Finding(source.path, node.lineno, "true division; use //")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
            yield Finding(source.path, node.lineno, "float()")


def no_concurrency(source: Source) -> Iterator[Finding]:
    """The executive is the only scheduler: no asyncio, no threads."""
    for line, name in _imports(source.tree):
        if name in _CONCURRENCY:
            yield Finding(source.path, line, f"imports {name}")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith | ast.Await):
            yield Finding(source.path, node.lineno, "async code")


# Where functions may import: at boot, with every outlet locked; and the texts of typed lines, which wait for a shed with every outlet off.
IMPORTS_LATE: Final = {f"firmware/shed/{name}.py" for name in ("app", "boot/start", "boot/wiring", "console/talk")}


def no_late_import(source: Source) -> Iterator[Finding]:
    """Importing takes 30 to 60 ms without a scan: in service no function imports anything except the texts of the typed console."""
    if source.path in IMPORTS_LATE or not source.path.startswith("firmware/shed/"):
        return
    for function in ast.walk(source.tree):
        if isinstance(function, ast.FunctionDef | ast.Lambda):
            for node in ast.walk(function):
                called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("__import__", "exec", "eval")
                if called or isinstance(node, ast.Import | ast.ImportFrom):
                    yield Finding(source.path, getattr(node, "lineno", 1), "imports in a function")


def no_broad_except(source: Source) -> Iterator[Finding]:
    """An unexpected exception must reach the supervisor."""
    if source.path in CATCH_ALL:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or (isinstance(kind, ast.Name) and kind.id in _BROAD) for kind in kinds):
                yield Finding(source.path, node.lineno, "bare or broad except")


def no_hold(source: Source) -> Iterator[Finding]:
    """`Pin(..., hold=True)` keeps a pad driven through a reset: a relay would stay closed without software."""
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.keyword)
            and node.arg == "hold"
            and not (isinstance(node.value, ast.Constant) and node.value.value is False)
        ):
            yield Finding(source.path, node.value.lineno, "hold= on a pin")


def no_emulator_branch(source: Source) -> Iterator[Finding]:
    """The firmware does not know what it runs on: no name, attribute or text of it is about emulation."""
    documentation = _docstrings(source.tree)
    for node in ast.walk(source.tree):
        words = {ast.Name: "id", ast.Attribute: "attr", ast.arg: "arg", ast.FunctionDef: "name", ast.alias: "name"}.get(type(node))
        text = getattr(node, words) if words else node.value if isinstance(node, ast.Constant) and node not in documentation else ""
        if isinstance(text, str) and any(word in text.lower() for word in ("emulat", "simulat")):
            yield Finding(source.path, getattr(node, "lineno", 1), f"speaks of emulation: {text}")


def one_value_a_constant(source: Source) -> Iterator[Finding]:
    """A constant is bound once: a second binding silently changes the value for the first one's readers."""
    bound: set[str] = set()
    for node in source.tree.body:
        for target in node.targets if isinstance(node, ast.Assign) else ():
            if isinstance(target, ast.Name) and target.id.isupper():
                if target.id in bound:
                    yield Finding(source.path, node.lineno, f"{target.id} is bound before")
                bound.add(target.id)


RULES: Final[tuple[Rule, ...]] = (
    hardware_only_in_board,
    boot_imports_nothing_else,
    timers_are_timer_1,
    watchdog_only_in_boot,
    no_uart_idle_interrupt,
    integers_only,
    no_concurrency,
    no_late_import,
    no_broad_except,
    no_hold,
    no_emulator_branch,
    one_value_a_constant,
)


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and top-level name of every import, also inside functions and by `__import__`. MicroPython's `umachine` is `machine`."""
    for node in ast.walk(tree):
        names: list[object] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "__import__":
            names = [argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant)]
        for name in names:
            top = str(name).split(".")[0]
            yield getattr(node, "lineno", 1), top[1:] if top[1:] in _HARDWARE and top[0] == "u" else top


def calls(tree: ast.Module, name: str) -> Iterator[ast.Call]:
    """Calls of ``name`` and ``anything.name``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if (isinstance(called, ast.Name) and called.id == name) or (isinstance(called, ast.Attribute) and called.attr == name):
                yield node


def _docstrings(tree: ast.Module) -> set[ast.AST]:
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
                found.add(first.value)
    return found
