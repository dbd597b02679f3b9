"""What went wrong in a run: where, and the whole chain of exceptions with their codes.

The runtime names no failure class, unless an exception does: the hub classifies, from this.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec
from msgspec import Struct

from hub.domain.errors import ContractViolation, GateFailed, HubError, InfrastructureError
from hub.domain.failures.failure import Cause, FailureClass, Origin
from hub.domain.failures.redaction import redact
from hub.domain.scrub import scrub

# How engines written in Rust quote the operating system.
_OS_ERROR = re.compile(r"\(os error (\d+)\)")
_MAX_MESSAGE = 4_000
_MAX_TRACE = 32_000


class Blamed(Exception):
    """Carries where an exception (its cause) came from."""

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin.value)
        self.origin = origin


class HeldBack(Exception):
    """A step cannot run, because what it reads was not made."""


class RunnerDied(Exception):
    """The process of a run ended without a report: it was killed, or its machine went down."""


class Failure(Struct, frozen=True, kw_only=True):
    """A failed run, as the ``hub_failure`` and ``errorMessage`` facets say it."""

    origin: Origin
    message: str
    causes: tuple[Cause, ...]
    is_retryable: bool
    trace: str
    failure_class: FailureClass | None


_OWN: Final[tuple[tuple[type[Exception], Origin], ...]] = (
    (ContractViolation, Origin.CONTRACT),
    (GateFailed, Origin.GATE),
    (HeldBack, Origin.UPSTREAM),
)


@contextmanager
def blame(origin: Origin) -> Iterator[None]:
    """Mark what is raised inside as coming from ``origin``; the innermost mark stays."""
    try:
        yield
    except (Blamed, HeldBack):
        raise
    except Exception as error:
        raise Blamed(_own_origin(error) or origin) from error


def without_blame(error: BaseException) -> BaseException:
    """Return what was raised, without the mark that says where."""
    return error.__cause__ if isinstance(error, Blamed) and error.__cause__ else error


def described(error: BaseException) -> Failure:
    """Return what is known of a failure, without secrets."""
    chain = list(_chain(error))
    causes = tuple(_cause(each) for each in chain)
    outermost, innermost = chain[0], chain[-1]
    return Failure(
        origin=_origin(error),
        message=causes[0].message or causes[0].type,
        causes=causes,
        is_retryable=isinstance(innermost, OSError | InfrastructureError)
        or causes[-1].errno is not None,
        trace=_masked("".join(traceback.format_exception(outermost)))[-_MAX_TRACE:],
        failure_class=next(filter(None, map(_declared, reversed(chain))), None),
    )


def _origin(error: BaseException) -> Origin:
    if isinstance(error, Blamed):
        return error.origin
    return _own_origin(error) or Origin.CODE


def _own_origin(error: BaseException) -> Origin | None:
    """Return the origin that a class of errors has wherever it is raised."""
    return next((origin for kind, origin in _OWN if isinstance(error, kind)), None)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what it was raised from, outermost first."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        if not isinstance(current, Blamed):
            yield current
        implicit = None if current.__suppress_context__ else current.__context__
        current = current.__cause__ or implicit


def _cause(error: BaseException) -> Cause:
    kind = type(error)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    message = error.message if isinstance(error, HubError) else str(error)
    return Cause(
        type=f"{module}{kind.__qualname__}",
        message=_masked(message)[:_MAX_MESSAGE],
        code=_code(error),
        sqlstate=_text(getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)),
        errno=_errno(error, message),
    )


def _masked(text: str) -> str:
    """Return a message without row values and secrets, as text that every store can hold."""
    readable = redact(text).encode("utf-8", "replace").decode()
    return msgspec.json.decode(scrub(msgspec.json.encode(readable)), type=str)


def _code(error: BaseException) -> str | None:
    """Return a library's own code: SQLite's error name, an HTTP status."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return f"HTTP {status}"
    return _text(getattr(error, "sqlite_errorname", None))


def _errno(error: BaseException, message: str) -> int | None:
    number = getattr(error, "errno", None)
    if isinstance(number, int):
        return number
    found = _OS_ERROR.search(message)
    return int(found[1]) if found else None


def _declared(error: BaseException) -> FailureClass | None:
    """Return the class that an exception says it is of, as plugins may have it say."""
    said = getattr(error, "failure_class", None)
    return next((known for known in FailureClass if known == said), None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
