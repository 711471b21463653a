"""Cards: from a spreadsheet to a board's card table and back."""
