"""Loads the project's pytest plugin for tests/ and for every plugin's own tests."""

import pytest

# Laws that fail show their values, as tests of our own do.
pytest.register_assert_rewrite("hub.testing.conformance")

pytest_plugins = ["tests.machine", "tests.stores"]
