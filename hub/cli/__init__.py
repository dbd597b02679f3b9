"""The hub command. It parses, calls the floors below and prints; nothing is decided here.

stdout is data, stderr is progress and logs. Each command is a module that is imported when it is
called, so that ``hub --help`` stays quick; ``commands`` lists them all.
"""

from __future__ import annotations

import io
import sys

from hub.cli.commands import root
from hub.cli.exits import run_to_exit


def main() -> None:
    """Run the command line of this process, and exit with the code that its outcome has."""
    _speak_utf_8()
    sys.exit(run_to_exit(root))


def _speak_utf_8() -> None:
    """Let output be UTF-8, as JSON has to be (RFC 8259, 8.1), whatever the locale says."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
