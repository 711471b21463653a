"""``python -m shedbench.demo [--script] [--seed N] [--meter-scale F] [--picture FILE]``: the same as ``shed demo``."""

from __future__ import annotations

import argparse
import sys

from . import main

parser = argparse.ArgumentParser(prog="python -m shedbench.demo", description=main.__doc__)
parser.add_argument("--script", action="store_true")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--meter-scale", "--scale-meter", type=float, default=1.0)
parser.add_argument("--picture", default=None)
given = parser.parse_args()
on_terminal = sys.stdin.isatty() and sys.stdout.isatty() and not given.script
sys.exit(main(interactive=on_terminal, seed=given.seed, meter_scale=given.meter_scale, picture=given.picture))
