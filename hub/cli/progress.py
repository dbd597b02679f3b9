"""How far a command has come: bars on a terminal's stderr, else nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import Progress, TaskID


class Show(Protocol):
    """Shows how much of something is done, of how much where that is known."""

    def __call__(self, what: str, done: int, total: int | None = None, /) -> None:
        """Show it."""


@contextmanager
def progress_shown() -> Iterator[Show]:
    """Yield what shows how far things have come. Data is printed after it, not meanwhile."""
    console = Console(stderr=True)
    tasks: dict[str, TaskID] = {}
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as bars:

        def show(what: str, done: int, total: int | None = None, /) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield show
