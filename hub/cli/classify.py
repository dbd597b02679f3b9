"""``hub classify``: failures in, one JSON object a line; their classes out, likewise."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from msgspec import Struct

from hub.domain.errors import InvalidInput
from hub.domain.failures import Failure

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


@app.command()
def classify(
    path: Annotated[str, typer.Argument(metavar="[-|PATH]", help="Where lines come from.")] = "-",
) -> None:
    """Read {"message", "exception", "producer", …} and write class, owner, rule, evidence."""
    from hub.flow.evaluate import Judge
    from hub.host import Host, Kind

    host = Host.load()
    judge = Judge([host.classifier(name).api for name in host.names(Kind.CLASSIFIER)])
    for failure in _failures(_lines(path)):
        verdict = judge.judge(failure)
        line = Classified(
            failure_class=verdict.failure_class.value,
            owner=verdict.owner_kind.value,
            rule=verdict.rule,
            confidence=verdict.confidence,
            evidence=verdict.evidence,
        )
        sys.stdout.write(msgspec.json.encode(line).decode() + "\n")


def _lines(path: str) -> Iterator[str]:
    if path == "-":
        yield from sys.stdin
        return
    try:
        yield from Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error


def _failures(lines: Iterable[str]) -> Iterator[Failure]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            given = msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.DecodeError as error:
            message = f"line {number} is no JSON object: {error}"
            raise InvalidInput(message, fix='write {"message": "…"} on a line') from error
        yield Failure(
            message=_text(given, _MESSAGE),
            exception=_text(given, _EXCEPTION),
            trace=_text(given, _TRACE),
            producer=_text(given, ("producer",)),
        )


def _text(given: dict[str, Any], names: Iterable[str]) -> str:
    found = next((given[name] for name in names if given.get(name) is not None), "")
    return found if isinstance(found, str) else msgspec.json.encode(found).decode()
