"""Exit codes: the one map from what happened to what a shell sees.

0 ok · 1 findings (a gate, policy, SLO or contract failed) · 2 usage or configuration · 3 a
dependency cannot be reached · 4 refused by a policy or the cost guard · 70 a defect in the hub ·
130 interrupted.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress

import typer
from typer.exceptions import TyperException

from hub.domain.errors import (
    CallerError,
    ContractViolation,
    DataError,
    HubError,
    InfrastructureError,
    Refused,
)

OK = 0
FINDINGS = 1
USAGE = 2
UNREACHABLE = 3
REFUSED = 4
DEFECT = 70
INTERRUPTED = 130

# The first class that fits decides, so subclasses come first.
_CODES: tuple[tuple[type[HubError], int], ...] = (
    (Refused, REFUSED),
    (CallerError, USAGE),
    (ContractViolation, FINDINGS),
    (DataError, FINDINGS),
    (InfrastructureError, UNREACHABLE),
    (HubError, DEFECT),
)


def exit_code(error: HubError) -> int:
    """Return the exit code of a class of errors."""
    return next(code for kind, code in _CODES if isinstance(error, kind))


def run_to_exit(command: Callable[[], object]) -> int:
    """Run a command; print what it raised to stderr, and return its exit code."""
    try:
        result = command()
        if sys.stdout is not None:
            sys.stdout.flush()
    except typer.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except SystemExit as stop:
        # Typer ends the process with 1 at a broken pipe.
        if not isinstance(stop.__context__, BrokenPipeError):
            raise
        return _tell(stop.__context__)
    except Exception as error:  # noqa: BLE001 - each has its exit code, and none Python's 1
        return _tell(error)
    return result if isinstance(result, int) else OK


def _tell(error: Exception) -> int:
    if isinstance(error, HubError):
        print(f"error: {error}", file=sys.stderr)
        return exit_code(error)
    if isinstance(error, TyperException):
        if message := error.format_message():
            # Without how pydantic begins.
            print(f"error: {message.replace(': Value error, ', ': ', 1)}", file=sys.stderr)
        return USAGE
    if isinstance(error, OSError):
        _let_go_of_stdout()
        if isinstance(error, BrokenPipeError):
            return OK
        print(f"error: {error}", file=sys.stderr)
        return UNREACHABLE
    traceback.print_exception(error)
    print("error: this is a defect in the hub: please report it", file=sys.stderr)
    return DEFECT


def _let_go_of_stdout() -> None:
    """See to it that the interpreter's last flush does not fail: the reader (`head`) has gone."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
