"""The site file: model, loader with line numbers, checks, compiler to the image that the board reads."""
