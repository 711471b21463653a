"""What lies in a board's flash and on its wires, byte by byte, and the closed lists with their texts. No board is opened here."""
