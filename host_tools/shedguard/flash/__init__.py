"""Flash images: partition table, file system, program, and the whole of a board's flash."""
