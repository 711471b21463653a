"""What two sides must agree on: firmware, tools, documents."""
