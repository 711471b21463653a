"""`shed install` from a bare board to a charge, on emulated boards of every kind."""
