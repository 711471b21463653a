"""The steps of the project's set-up. Standard library only: they run before the virtual environment exists."""
