"""A pytest plugin: what a test may touch on this machine, and what it may expect to find there.

Network: tests/unit and tests/arch open no socket; every other test may talk to this machine only.

Components: a test says what it needs, ``@pytest.mark.needs("odbc")``, or a fixture finds out and
says ``missing("postgresql", "no server binary")``. Where the component lacks, the test is skipped
with that name, and the end of the run lists what was skipped and why. With HUB_REQUIRE_ALL=1, as
in CI, it fails instead.
"""

import ctypes
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parent.parent
OFFLINE = (ROOT / "tests" / "unit", ROOT / "tests" / "arch")
THIS_MACHINE = ["127.0.0.1", "::1", "localhost"]
SKIPPED_FOR = re.compile(r"needs (?P<component>[\w.+-]+): (?P<reason>.*)", re.DOTALL)


def require_all() -> bool:
    """Tell whether a missing component is a failure here."""
    return os.environ.get("HUB_REQUIRE_ALL", "") not in {"", "0"}


def missing(component: str, reason: str) -> NoReturn:
    """Skip the running test because ``component`` lacks, or fail it where all are required."""
    said = f"needs {component}: {reason}"
    if require_all():
        pytest.fail(f"{said} (HUB_REQUIRE_ALL is set)", pytrace=False)
    pytest.skip(said)


def needs(component: str) -> None:
    """Go on only where ``component`` is there; for fixtures and for what no marker can say."""
    if (reason := PROBES[component]()) is not None:
        missing(component, reason)


def _odbc() -> str | None:
    try:
        ctypes.CDLL("libodbc.so.2")
    except OSError:
        return "no libodbc.so.2; make setup says how to install it"
    drivers = Path("/etc/odbcinst.ini")
    if not drivers.is_file() or "[SQLite3]" not in drivers.read_text():
        return "no SQLite driver in /etc/odbcinst.ini; make setup says how to install it"
    return None


def _odbc_postgresql() -> str | None:
    drivers = Path("/etc/odbcinst.ini")
    if (lacks := _odbc()) is not None or "[PostgreSQL Unicode]" not in drivers.read_text():
        return lacks or "no PostgreSQL driver in /etc/odbcinst.ini: apt-get install odbc-postgresql"
    return None


def _command(name: str) -> Callable[[], str | None]:
    return lambda: None if shutil.which(name) else f"no {name} on PATH"


def _own_environment() -> str | None:
    return None if require_all() else "builds an environment of its own; set HUB_REQUIRE_ALL=1"


# A probe says why its component can't be used, or None. `missing` takes any other name.
PROBES: dict[str, Callable[[], str | None]] = {
    "airflow": _own_environment,
    "dbt": _own_environment,
    "git": _command("git"),
    "java": _command("java"),
    "odbc": _odbc,
    "odbc-postgresql": _odbc_postgresql,
    "singer": _own_environment,
}


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "needs(component): skip, or fail in CI, without it")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Open this machine's own addresses to all tests but those that need no network."""
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in OFFLINE):
            continue
        if item.get_closest_marker("allow_hosts") is None:
            item.add_marker(pytest.mark.allow_hosts(THIS_MACHINE))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Hold every needs() mark of a test against this machine."""
    for mark in item.iter_markers("needs"):
        for component in mark.args:
            needs(component)


def summary(reasons: Iterable[str]) -> list[str]:
    """List the components that tests were skipped for, each with its reason and a count."""
    found = (SKIPPED_FOR.search(reason) for reason in reasons)
    counted = Counter((match["component"], match["reason"]) for match in found if match)
    return [
        f"{component}: {reason} ({count} test{'s' * (count > 1)} skipped)"
        for (component, reason), count in sorted(counted.items())
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Close the run with the components that this machine lacks."""
    skipped = terminalreporter.stats.get("skipped", [])
    lines = summary(str(report.longrepr[2]) for report in skipped if report.longrepr)
    if lines:
        terminalreporter.section("components that this machine lacks")
        for line in lines:
            terminalreporter.write_line(line)
