"""Rules of docs/laws.md and CONTRIBUTING that a reader of the source can check, on the syntax tree."""
