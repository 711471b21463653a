# ruff: noqa: F821  (include is makemanifest's)
# The second binary: what is always frozen, and the program (firmware/manifest.py).
include("$(PORT_DIR)/manifest.py")
include("$(SHED_FIRMWARE)/manifest.py")
