"""Loads the project's pytest plugin for tests/ and for every plugin's own tests."""

pytest_plugins = ["tests.machine", "tests.stores"]
