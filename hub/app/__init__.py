"""The composition root: the only place that wires stages, store, plugins and API together."""
