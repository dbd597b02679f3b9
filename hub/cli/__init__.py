"""The hub command. It parses, calls the floors below and prints; nothing is decided here.

stdout is data, stderr is progress and logs. Each command is a module that is imported when it is
called, so that ``hub --help`` stays quick; ``commands`` lists them all.
"""

from __future__ import annotations

import sys

from hub.cli.commands import root
from hub.cli.exits import run_to_exit


def main() -> None:
    """Run the command line of this process, and exit with the code that its outcome has."""
    sys.exit(run_to_exit(root))
