"""``python -m shedguard``."""

from .commands.entry import main

main()
