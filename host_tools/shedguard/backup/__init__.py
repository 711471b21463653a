"""Backup and restore: everything a board keeps, item by item, and what may go back onto which board."""
