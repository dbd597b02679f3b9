"""Builds an environment with openlineage-python and lets it write the client part of the corpus."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
EVENTS = HERE.parents[1] / "events"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        venv.create(home / "env", with_pip=True)
        python = home / "env" / "bin" / "python"
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"],
            check=True,
        )
        # The client adds a sourceCodeLocation facet of its own when it runs inside a git
        # repository, so it runs outside of one.
        return subprocess.run(
            [python, HERE / "scenarios.py", EVENTS],
            cwd=home,
            env={"PATH": "/usr/bin:/bin"},
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
