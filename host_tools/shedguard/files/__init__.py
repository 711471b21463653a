"""People's files: TOML with line numbers and problems in words, and writing whole or not at all."""
