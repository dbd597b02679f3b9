"""``hub classify``: failures in, one JSON object a line; their classes out, likewise."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import msgspec
import typer
from msgspec import Struct

from hub.domain.errors import InvalidInput
from hub.domain.failures import Failure, FailureClass, Verdict

app = typer.Typer(help="Classify failures, one JSON object a line.")

# What a line may call the fields of a failure.
_MESSAGE = ("message", "error_message", "error")
_EXCEPTION = ("exception", "error_class_or_exception", "error_class", "exception_class", "code")
_TRACE = ("trace", "stack_trace", "stackTrace", "traceback")


class Classified(Struct, frozen=True):
    """What is written for each line."""

    failure_class: str = msgspec.field(name="class")
    owner: str
    rule: str
    confidence: float
    evidence: str


# Of one line, in bytes. A trace of a million frames fits.
_LONGEST: Final = 16 * 2**20
_FIX: Final = 'write {"message": "…"} on a line'


@app.command()
def classify(
    path: Annotated[str, typer.Argument(metavar="[-|PATH]", help="Where lines come from.")] = "-",
) -> None:
    """Read {"message", "exception", "producer", …} and write class, owner, rule, evidence.

    Each line is answered by one, in order; one that cannot be read is UNKNOWN, and says why.
    """
    from hub.flow.evaluate import Judge
    from hub.host import Host, Kind

    host = Host.load()
    judge = Judge([host.classifier(name).api for name in host.names(Kind.CLASSIFIER)])
    unreadable: list[str] = []
    with _opened(path) as stream:
        for number, line in enumerate(_lines(stream), start=1):
            try:
                answer = _classified(judge.judge(_failure(line)))
            except ValueError as error:
                unreadable.append(f"line {number} {error}")
                answer = _unread(unreadable[-1])
            sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    if unreadable:
        others = f", and {len(unreadable) - 1} more like it" if len(unreadable) > 1 else ""
        raise InvalidInput(f"{unreadable[0]}{others}", fix=_FIX)


def _classified(verdict: Verdict) -> Classified:
    return Classified(
        failure_class=verdict.failure_class.value,
        owner=verdict.owner_kind.value,
        rule=verdict.rule,
        confidence=verdict.confidence,
        evidence=verdict.evidence,
    )


def _unread(why: str) -> Classified:
    unknown = FailureClass.UNKNOWN
    return Classified(unknown.value, unknown.owner_kind.value, "unreadable", 0.0, why)


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    if path == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(path).open("rb") as stream:
            yield stream
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield lines; of one that is too long, only so much that it shows."""
    while line := stream.readline(_LONGEST + 1):
        yield line
        while len(line) > _LONGEST and not line.endswith(b"\n"):
            line = stream.readline(_LONGEST)
            if len(line) < _LONGEST:
                break


def _failure(line: bytes) -> Failure:
    """Read a line; raises ValueError with the end of a sentence that begins with its number."""
    if len(line) > _LONGEST:
        raise ValueError(f"is longer than {_LONGEST >> 20} MiB")
    if not line.strip():
        raise ValueError("is empty")
    try:
        given = msgspec.json.decode(line.decode(errors="replace"), type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"is no JSON object: {error}") from error
    return Failure(
        message=_text(given, _MESSAGE),
        exception=_text(given, _EXCEPTION),
        trace=_text(given, _TRACE),
        producer=_text(given, ("producer",)),
    )


def _text(given: dict[str, Any], names: Iterable[str]) -> str:
    found = next((given[name] for name in names if given.get(name) is not None), "")
    return found if isinstance(found, str) else msgspec.json.encode(found).decode()
