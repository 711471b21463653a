"""An emulated board for people: in real time, with a terminal and a network port."""
