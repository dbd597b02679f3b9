"""The lineage index in memory: closures over compact arrays. It holds no facts of its own."""
