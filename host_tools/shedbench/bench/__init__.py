"""The bench: a board and its plant, run in lock-step, with one API for tests, demo, benchmark and ``shed emulate``.

bench.py           Bench: time, branches, evidence          parts.py, handles.py   outlets, gates, meters ... by name
board.py           power, faults, probes of the board       board_process.py       the process and its flash file
lockstep.py        the loop over the link                   link.py, link_log.py   its codec and its log
console.py         typed lines and framed requests          frames.py, serial.py   the protocol, and UART0 in virtual time
pty.py             real time and a pseudo-terminal          flash_image.py         what the board starts with
journal.py         what the board recorded                  branch.py              forks
fake_board.py      a board in Python for the loop's tests   conditions.py, find.py
evidence.py        what a test run keeps of its benches
"""
