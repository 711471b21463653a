"""``python -m shedguard``."""

from .entry import main

main()
