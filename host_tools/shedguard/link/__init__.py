"""A board at its console: finding and opening its port without a reset, asking what runs there, framed requests."""
