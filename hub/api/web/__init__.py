"""The pages that the hub renders itself, readable without a script."""
