"""Takes events in: deduplicates, scrubs, quarantines and appends them to the journal."""
