"""``python -m shedbench.benchmark [--json] [--only KEY,...] [--seed N] [--n SAMPLES]``: the same as ``shed benchmark``."""

from __future__ import annotations

import argparse
import sys

from . import main

parser = argparse.ArgumentParser(prog="python -m shedbench.benchmark")
parser.add_argument("--json", action="store_true")
parser.add_argument("--only", default=None, metavar="KEY,...")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--n", type=int, default=None, help="samples of the latency figures (10 000)")
given = parser.parse_args()
keys = [key.strip() for key in given.only.split(",") if key.strip()] if given.only else None
sys.exit(main(as_json=given.json, only=keys, seed=given.seed, n=given.n))
