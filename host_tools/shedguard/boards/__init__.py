"""Board data: what a product has on which pin, and the boot file made from it."""
