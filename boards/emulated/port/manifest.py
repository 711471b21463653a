# ruff: noqa: F821  (freeze and include are makemanifest's)
# What is frozen into the emulated board: the boot path of the ESP32 port, and MicroPython's own asyncio (for others' tests).
freeze("$(PORT_DIR)/modules")
include("$(MPY_DIR)/extmod/asyncio")
