"""UART0 of the emulated board from outside: reset circuit, ROM loader, pseudo-terminal and RFC 2217, stock tools."""
