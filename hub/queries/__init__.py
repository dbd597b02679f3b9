"""The read side: plain SQL read models with keyset pages. Nothing here writes."""
