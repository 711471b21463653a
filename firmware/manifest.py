# ruff: noqa: F821  (package is makemanifest's)
# Freezes the program into a MicroPython image: its bytecode then runs from flash and takes no RAM. boot.py and main.py stay files.
package("shed")
