"""UART0 of the emulated board seen from outside: the reset circuit, the ROM and its serial loader, RFC 2217.

Each module is one concept and knows nothing of the bench, of sockets or of wall clocks: bytes and times go in, bytes and events come out.
`host_tools/shedbench/bench/serial_port.py` ties them to a pseudo-terminal, a TCP socket and a bench.
"""
