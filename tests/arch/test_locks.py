"""The locks: hashed, in agreement, bound to no registry, and enough for every project here."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.arch.sources import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PROJECTS = [ROOT / "pyproject.toml", *sorted(ROOT.glob("plugins/*/pyproject.toml"))]
ENTRY = re.compile(r"^[a-z0-9][^\n]*(?:(?<=\\)\n[^\n]*)*", re.IGNORECASE | re.MULTILINE)


def entries(lock: Path) -> list[str]:
    """Return the lock's requirements, each with its continuation lines."""
    return ENTRY.findall(lock.read_text(encoding="utf-8"))


def pins(lock: Path) -> dict[str, set[tuple[str, str]]]:
    """Return each package's locked versions with their markers."""
    found: dict[str, set[tuple[str, str]]] = {}
    for entry in entries(lock):
        requirement = Requirement(entry.partition("\\")[0].strip())
        version = str(requirement.specifier).removeprefix("==")
        found.setdefault(canonicalize_name(requirement.name), set()).add(
            (version, str(requirement.marker or ""))
        )
    return found


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")

    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|--(extra-)?index-url|--find-links)\b", text, re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_locked_version_is_exact_and_hashed(lock: Path) -> None:
    loose = [entry for entry in entries(lock) if "==" not in entry or "--hash=sha256:" not in entry]

    assert entries(lock)
    assert not loose


def test_the_two_locks_agree() -> None:
    runtime, dev = (pins(ROOT / "requirements" / name) for name in ("runtime.txt", "dev.txt"))
    versions = {
        name: ({version for version, _ in runtime[name]}, {version for version, _ in dev[name]})
        for name in runtime.keys() & dev.keys()
    }

    assert {name: both for name, both in versions.items() if not both[1] <= both[0]} == {}


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.parent.name)
def test_the_runtime_lock_meets_what_a_project_declares(project: Path) -> None:
    declared = tomllib.loads(project.read_text(encoding="utf-8"))
    locked = pins(ROOT / "requirements" / "runtime.txt")
    extras = declared["project"].get("optional-dependencies", {}).values()
    wanted = [
        *declared["project"].get("dependencies", []),
        *(requirement for extra in extras for requirement in extra),
        *declared["build-system"]["requires"],
    ]

    for requirement in map(Requirement, wanted):
        name = canonicalize_name(requirement.name)
        if name != "hub":
            assert name in locked, f"add {name} to requirements/runtime.in and run make lock"
            for version, _ in locked[name]:
                assert requirement.specifier.contains(version), f"{requirement}, locked {version}"
