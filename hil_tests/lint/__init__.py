"""Rules of DESIGN sections 3 to 5 that a reader of the source can check, on the syntax tree."""
