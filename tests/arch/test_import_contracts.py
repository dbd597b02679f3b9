"""Each import contract breaks the build when it is broken: planted in a copy, and seen to fail."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.arch.sources import ROOT

# contract -> files to plant in the copy
PLANTED: dict[str, list[dict[str, str]]] = {
    "floors": [
        {"domain/planted.py": "import hub.store"},
        {"graph/planted.py": "def late():\n    from hub import queries\n    return queries"},
        {"host/planted.py": "import hub.store"},
        {"runtime/planted.py": "import hub.flow"},
        {"stray.py": ""},
    ],
    "stages": [{"flow/project/planted.py": "import hub.flow.ingest"}],
    "edges": [{"api/rest/planted.py": "import hub.api.web"}],
    "tables": [{"flow/planted.py": "import hub.store.tables"}],
    "pure-domain": [
        {"domain/planted.py": "import sqlalchemy"},
        {"domain/planted.py": "import asyncio"},
    ],
    "plain-spi": [{"spi/planted.py": "import hub.host"}],
    "runners-report": [
        {"runtime/planted.py": "import hub.store"},
        {"runtime/planted.py": "import hub.graph"},
    ],
    "acyclic": [
        {
            "domain/planted_here.py": "import hub.domain.planted_there",
            "domain/planted_there.py": "import hub.domain.planted_here",
        }
    ],
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the package and the contracts, so that a plant never touches the work tree."""
    folder = tmp_path_factory.mktemp("contracts")
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(ROOT / "hub", folder / "hub", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def lint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the copy."""
    script = "import sys; sys.path.insert(0, ''); from importlinter.cli import lint_imports_command"
    return subprocess.run(
        [sys.executable, "-c", f"{script}; lint_imports_command()", "--no-cache", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def declared() -> list[str]:
    """Return the ids of the contracts in pyproject.toml."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [contract["id"] for contract in settings["tool"]["importlinter"]["contracts"]]


def test_every_contract_is_tried() -> None:
    assert sorted(PLANTED) == sorted(declared())


def test_the_copy_keeps_its_contracts(copy: Path) -> None:
    done = lint(copy)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("contract", "plant"),
    [
        pytest.param(contract, plant, id=f"{contract}-{number}")
        for contract, plants in PLANTED.items()
        for number, plant in enumerate(plants, start=1)
    ],
)
def test_a_planted_violation_breaks_its_contract(
    copy: Path, contract: str, plant: dict[str, str]
) -> None:
    for name, text in plant.items():
        (copy / "hub" / name).write_text(f"{text}\n")
    try:
        done = lint(copy, "--contract", contract)
    finally:
        for name in plant:
            (copy / "hub" / name).unlink()

    assert done.returncode == 1, done.stdout + done.stderr
    assert any(mark in done.stdout for mark in ("BROKEN", "stray")), done.stdout
