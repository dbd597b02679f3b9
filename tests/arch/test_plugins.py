"""A plugin stands on the spi and the domain alone, as anyone's plugin must be able to."""

import tomllib
from pathlib import Path

import pytest

from tests.arch.sources import ROOT, imported_modules, plugin_sources

PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))


def test_plugins_import_only_the_spi_and_the_domain() -> None:
    found = [
        f"{source}:{line} {name}"
        for source in plugin_sources()
        for name, line in imported_modules(source)
        if f"{name}.".startswith("hub.") and not f"{name}.".startswith(("hub.spi.", "hub.domain."))
    ]

    assert not found, "\n".join(found)


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_is_a_small_distribution_of_its_own(plugin: Path) -> None:
    declared = tomllib.loads((plugin / "pyproject.toml").read_text(encoding="utf-8"))

    assert declared["build-system"]["build-backend"] == "hatchling.build"
    assert declared["project"]["entry-points"]["hub.plugins"]
    assert (plugin / "src").is_dir()
    tests = list((plugin / "tests").glob("test_*.py"))
    assert tests, "a plugin brings its conformance test"
    prefix = f"test_{plugin.name.replace('-', '_')}"
    assert all(test.name.startswith(prefix) for test in tests), "test files' names are unique"
