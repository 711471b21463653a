"""What two sides must say alike: firmware, tools, documents."""
