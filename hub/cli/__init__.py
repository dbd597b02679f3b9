"""The hub command. It parses, calls the floors below and prints; nothing is decided here."""
