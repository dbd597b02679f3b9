"""Examples: each one runs, and a test runs it."""
