"""Plain pages: rendered here, without scripts, readable at 3 a.m. and by a screen reader."""
