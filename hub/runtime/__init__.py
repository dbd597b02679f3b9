"""Runs lanes and transforms on the data plane. It reports through the spi, never to the store."""
