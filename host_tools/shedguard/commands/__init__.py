"""The verbs of `shed`, one module for each family. They parse, call the library and print."""
