"""What one root cause is to people: signals, causes, who is told, and what came of it."""
