"""UART0 of the emulated board seen from outside: the reset circuit, the ROM and its serial loader, RFC 2217.

Each module is one concept and does not depend on the bench, sockets or wall clocks: bytes and times go in, bytes and events come out.
`host_tools/shedbench/bench/serial_port.py` connects them to a pseudo-terminal, a TCP socket and a bench.
"""
