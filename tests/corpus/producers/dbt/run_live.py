"""Runs the corpus' dbt project against a hub that is up, for tests that want a real producer.

Only the standard library is used: the caller's environment needs no dbt.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from venv import EnvBuilder

PROJECT = Path(__file__).resolve().parent / "shop"
LOCK = Path(__file__).resolve().parents[4] / "requirements" / "dbt.txt"
DAYS = ("green", "broken")
INSTALL_SECONDS = 900
BUILD_SECONDS = 300


def create_environment(path: Path) -> Path:
    """Installs the locked dbt packages into a virtual environment and returns its folder.

    A folder that already holds the same lock for the same Python is taken as it is.
    """
    path = Path(path).resolve()
    marker = path / "corpus-dbt.installed"
    lock = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    wanted = f"{sys.version_info[0]}.{sys.version_info[1]} {lock}\n"
    if marker.is_file() and marker.read_text() == wanted:
        return path
    EnvBuilder(with_pip=True, clear=True).create(path)
    subprocess.run(
        [
            _executable(path, "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "--requirement",
            str(LOCK),
        ],
        check=True,
        timeout=INSTALL_SECONDS,
    )
    # Written last: an installation that was cut short is done again.
    marker.write_text(wanted)
    return path


def run_build(
    venv: Path,
    workdir: Path,
    url: str,
    *,
    structured: bool = False,
    api_key: str | None = None,
    day: str = "broken",
) -> subprocess.CompletedProcess[str]:
    """Runs `dbt-ol build` in workdir and lets it send its events to the hub at url.

    The project and its warehouse are put into workdir by the first call and reused by later
    ones, so a green day followed by a broken one is the history of one and the same project.
    The build of the broken day ends with exit code 1, the one of the green day with 0.
    """
    if day not in DAYS:
        raise ValueError(f"day must be one of {', '.join(DAYS)}, not {day!r}")
    workdir = Path(workdir).resolve()
    shutil.copytree(PROJECT, workdir, dirs_exist_ok=True)
    for folder in ("seeds", "landing"):
        (workdir / folder).mkdir(exist_ok=True)
    for table in (PROJECT / "days" / day).glob("*.csv"):
        shutil.copy(table, workdir / ("seeds" if table.name.startswith("raw_") else "landing"))

    # What the caller's shell says about OpenLineage or dbt must not decide where events go.
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENLINEAGE", "DBT_"))
    }
    environment["PATH"] = os.pathsep.join(
        (str(_scripts(venv)), environment.get("PATH", os.defpath))
    )
    environment["SHOP_HOME"] = str(workdir)
    environment["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    environment["OPENLINEAGE_URL"] = url
    if api_key is not None:
        environment["OPENLINEAGE_API_KEY"] = api_key
    command = [_executable(venv, "dbt-ol")]
    if structured:
        command.append("--consume-structured-logs")
    return subprocess.run(
        [*command, "build"],
        cwd=workdir,
        env=environment,
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )


def _scripts(environment: Path) -> Path:
    return Path(environment).resolve() / ("Scripts" if os.name == "nt" else "bin")


def _executable(environment: Path, name: str) -> str:
    return str(_scripts(environment) / name)


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the corpus' dbt project against a hub.")
    parser.add_argument("url", help="base URL of the hub")
    parser.add_argument(
        "--environment", type=Path, required=True, help="where dbt is, or will be, installed"
    )
    parser.add_argument(
        "--workdir", type=Path, required=True, help="where the project and its warehouse live"
    )
    parser.add_argument("--structured", action="store_true", help="send events while dbt runs")
    parser.add_argument("--api-key")
    parser.add_argument("--day", choices=DAYS, default="broken")
    options = parser.parse_args()
    result = run_build(
        create_environment(options.environment),
        options.workdir,
        options.url,
        structured=options.structured,
        api_key=options.api_key,
        day=options.day,
    )
    sys.stdout.write(result.stdout)
    sys.stderr.write(result.stderr)
    return result.returncode


if __name__ == "__main__":
    sys.exit(main())
