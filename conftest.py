"""Loads the project's pytest plugin for tests/ and for every plugin's own tests."""

import pytest
from hypothesis import HealthCheck, settings

# How fast a machine draws examples says nothing about the code.
settings.register_profile("hub", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hub")

# Laws that fail show their values, as tests of our own do.
pytest.register_assert_rewrite("hub.testing.conformance")

pytest_plugins = ["tests.machine", "tests.stores"]
