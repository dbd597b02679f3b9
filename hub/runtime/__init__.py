"""Runs lanes and transforms on the data plane. It reports through the spi, never to the store.

``hub.runtime.runner`` is the way in. Importing it loads pyarrow: import it where a run starts.
"""
