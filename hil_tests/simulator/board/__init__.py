"""Tests of the emulated board itself, over the bare link: no plant, no firmware."""
