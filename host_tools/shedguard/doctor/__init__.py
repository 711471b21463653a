"""`shed doctor`: what is wrong between this computer, the cable and the board, each with its cause and the command that clears it."""
