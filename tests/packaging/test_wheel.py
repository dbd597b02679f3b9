"""The wheels that `make dist` builds: complete, and usable without the repository."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))


def build(project: Path, target: Path) -> Path:
    """Build a project's wheel with the locked build backend."""
    command = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    done = subprocess.run(
        [sys.executable, *command, str(target), str(project)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = target.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


def test_the_wheel_carries_the_hub_and_nothing_beside_it(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert {name.partition("/")[0] for name in names} == {"hub", "hub-0.1.0.dist-info"}
    assert "hub/py.typed" in names


@pytest.mark.parametrize("folder", ["migrations", "contracts"])
def test_the_wheel_carries_what_the_hub_reads_at_run_time(wheel: Path, folder: str) -> None:
    kept = subprocess.run(
        ["git", "ls-files", "-z", folder], cwd=ROOT, capture_output=True, text=True, check=True
    )
    wanted = {f"hub/_{name}" for name in kept.stdout.split("\0") if name}

    assert wanted <= set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_works_without_the_repository(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    done = subprocess.run(
        [sys.executable, "-c", "import hub; print(hub.__file__, hub.__version__)"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == [str(tmp_path / "installed" / "hub" / "__init__.py"), "0.1.0"]


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_builds_a_wheel_with_its_entry_point(plugin: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(build(plugin, tmp_path)) as archive:
        (entry_points,) = (it for it in archive.namelist() if it.endswith("entry_points.txt"))

        assert "[hub.plugins]" in archive.read(entry_points).decode()
