"""Data engines load inside a runner when it starts, never because the hub or a plugin is there.

Nor does a hub load what it needs rarely: it is to be ready soon.
"""

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

ENGINES = {"arrow_odbc", "deltalake", "duckdb", "fastavro", "pandas", "polars", "pyarrow", "ray"}
RARELY_NEEDED = {"alembic", "mako"}
WALK = """
import importlib, pkgutil, sys
def walk(name):
    module = importlib.import_module(name)
    for child in pkgutil.iter_modules(getattr(module, "__path__", ())):
        if child.name != "__main__":
            walk(f"{name}.{child.name}")
walk(sys.argv[1])
print(*{name.partition(".")[0] for name in sys.modules})
"""
LOAD = """
import sys
from importlib.metadata import entry_points
(plugin,) = entry_points(group="hub.plugins", name=sys.argv[1])
plugin.load()
print(*{name.partition(".")[0] for name in sys.modules})
"""


def loaded(program: str, argument: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter holds after running a program."""
    done = subprocess.run(
        [sys.executable, "-c", program, argument], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("package", ["hub.app", "hub.api"])
def test_serving_loads_no_data_engine(package: str) -> None:
    assert not loaded(WALK, package) & (ENGINES | RARELY_NEEDED)


@pytest.mark.parametrize("name", sorted(entry_points(group="hub.plugins").names))
def test_a_plugin_loads_no_data_engine(name: str) -> None:
    assert not loaded(LOAD, name) & ENGINES
