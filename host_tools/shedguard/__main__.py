"""`python -m shedguard` is `shed`."""

from .cli import main

main()
