"""Flashing: images, the order of writing, power cuts, the real esptool on the emulated board, and the doctor."""
