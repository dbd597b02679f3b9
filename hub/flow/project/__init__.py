"""Folds the journal into lineage. It never reads a clock and never decides anything."""
