"""When people are to be told, and when not."""
