"""The firmware's use of the heap: free in service, code once imported, room by room."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from shedguard.flash import image, program
from shedguard.formats import file_system
from shedguard.formats.partition_table import SHEDGUARD, find
from shedguard.site.load import load

from shedbench.bench.bench import Bench

from .rig import MODEL, SERVICE, SITE, charge_all

# In an order in which each room finds its imports loaded already.
ON_DEMAND: Final = "on_demand"
ROOMS: Final = ("board", "safety", "storage", "metering", "charging", "access", "console", "service", "main")
_LARGEST: Final = """
import gc
gc.collect()
_n = gc.mem_free()
while _n > 0:
    try:
        bytearray(_n)
        break
    except MemoryError:
        _n -= 512
print(_n)
"""
_FREE: Final = "import gc\ngc.collect()\nprint(gc.mem_free(), gc.mem_alloc())"


def heap_free(seed: int, n: int) -> dict[str, Any]:
    """Free heap after a collection, in service with all outlets charging, and the largest contiguous piece; with the program frozen into
    the image, and with it in the file system of a stock one."""
    return {
        **_free(seed, "frozen"),
        "stock": _free(seed, "stock"),
        "conditions": f"{MODEL}; heap of 56 KB that grows to 160 KB; after gc.collect(); 4 outlets charging (the goal is for 40), 3"
        " points, 1 reader; the program frozen into the image, `stock`: as files of a stock image;"
        " largest_piece: the largest bytearray that could be made then, tried in a fork; after_30_days not run",
    }


def _free(seed: int, program: str) -> dict[str, int]:
    with Bench(site=SITE, seed=seed, program=program) as bench:
        bench.run("20 s")
        idle = int(bench.board.probe(_FREE).split()[0])
        charge_all(bench)
        free, used = (int(word) for word in bench.board.probe(_FREE).split())
        largest = int(bench.branch(lambda fork: fork.board.probe(_LARGEST)))
    return {"service": free, "service_idle": idle, "used": used, "largest_piece": largest}


def code_ram(seed: int, n: int) -> dict[str, Any]:
    """The code that service imports, without its objects; and the code that is loaded only during a boot or a trial, or while somebody
    types at the console."""
    rooms = _rooms(seed)
    on_demand = rooms.pop(ON_DEMAND)
    return {"bytes": sum(rooms.values()), "on_demand": on_demand, "lines": _lines(), "conditions": _conditions()}


def heap_by_room(seed: int, n: int) -> dict[str, Any]:
    """Bytes by room once imported, and the bytes that the built service adds."""
    rooms = _rooms(seed)
    with Bench(site=SITE, seed=seed, program="stock") as bench:
        bench.run("20 s")
        used = int(bench.board.probe(SERVICE + _FREE).split()[1])
    objects = used - sum(bytes_ for room, bytes_ in rooms.items() if room != ON_DEMAND)
    return {**rooms, "objects": objects, "conditions": _conditions() + "; objects: all that service has allocated beyond code"}


def _conditions() -> str:
    return (
        f"{MODEL}, 32-bit objects; differences of gc.mem_alloc() after gc.collect() from room to room, each imported after the last, in"
        " this order:"
        f" {', '.join(ROOMS)}; bytecode from the file system, so code is in RAM, as on a stock image; a name interned by one room is"
        " free for the next; on_demand: what the configuration alone needs (expanders), a boot or a trial, a person who types"
    )


def _rooms(seed: int) -> dict[str, int]:
    """Import the program room by room on a board that has it in its file system and does not start it."""
    loaded = load(SITE)
    files = program.files(loaded.board)
    files = {path: content for path, content in files.items() if path not in ("/boot.py", "/main.py")}
    modules = {_module(path): _room(path) for path in files}
    loaded_in_service = _in_service(seed)
    with Bench(site=SITE, seed=seed, power=False, program="stock") as bench:
        flash = bench.process.flash
        image.build_blank(flash, SHEDGUARD)
        image.write_partition(flash, "vfs", file_system.build(files, find(SHEDGUARD, "vfs").size))
        bench.spawn_board()
        bench.plant.psu.start()
        bench.run("2 s")
        found: dict[str, int] = {}
        before = int(bench.board.probe(_MEASURE.format(imports="")))
        for room in (*ROOMS, ON_DEMAND):
            names = sorted(name for name, its_room in modules.items() if (its_room if name in loaded_in_service else ON_DEMAND) == room)
            lines = "".join(f"import {name}\n" for name in names)
            after = int(bench.board.probe(_MEASURE.format(imports=lines), within="20 s"))
            found[room] = after - before
            before = after
    return found


def _in_service(seed: int) -> set[str]:
    """The firmware modules that a board in service has imported while nobody types."""
    with Bench(site=SITE, seed=seed, program="stock") as bench:
        bench.run("20 s")
        return set(bench.board.probe("import sys\nprint(' '.join(name for name in sys.modules if name.startswith('shed')))").split())


# From one room's end to the next: names that the measurement itself interns (of modules) count for the room, and so does a growing table.
_MEASURE: Final = "import gc\n{imports}gc.collect()\nprint(gc.mem_alloc())"


def _room(path: str) -> str:
    parts = path.strip("/").split("/")
    return parts[1] if len(parts) > 2 else "main"


def _module(path: str) -> str:
    return path.strip("/").removesuffix(".mpy").removesuffix("/__init__").replace("/", ".")


def _lines() -> int:
    root = Path(program.firmware_dir())
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in (root / "shed").rglob("*.py"))
