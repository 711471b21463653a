"""The `shed` command. Thin: it parses, calls the library, prints."""

import typer

app = typer.Typer()


def main() -> None:
    """Entry point."""
    app()
