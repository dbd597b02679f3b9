"""What Marquez's REST surface lists, in its own order and by offset, as its clients ask for it."""
