"""The settings tree: read once, from files, then the environment; the only reader of os.environ."""
