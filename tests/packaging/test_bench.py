"""The benchmarks say which there are, to whoever asks and to whoever errs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def bench(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.bench", *args],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )


def test_help_lists_the_benchmarks_and_runs_none() -> None:
    told = bench("--help")
    assert told.returncode == 0
    assert "classification, paging, sustained" in told.stdout


def test_a_benchmark_that_there_is_none_of_is_named_before_any_runs() -> None:
    told = bench("slos", "slosz")
    assert told.returncode == 2
    assert "no benchmark is called slosz; there are start, ingest" in told.stderr
    assert told.stdout == ""
