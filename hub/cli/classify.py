"""``hub classify``: failures in, one JSON object a line; their classes out, likewise."""

from __future__ import annotations

import sys
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import msgspec
import typer
from msgspec import Struct

from hub.cli.asking import read
from hub.cli.options import Config, DatabaseUrl, HubUrl, settings_of
from hub.domain.errors import InvalidInput
from hub.domain.failures.failure import Failure, FailureClass, Verdict
from hub.settings.documents import unreadable
from hub.settings.rule_files import load_rules

app = typer.Typer(help="Classify failures, one JSON object a line.", add_completion=False)

# What a line may call the fields of a failure.
_MESSAGE = ("message", "error_message", "error")
_EXCEPTION = ("exception", "error_class_or_exception", "error_class", "exception_class")
_TRACE = ("trace", "stack_trace", "stackTrace", "traceback")
# What it may have besides, and how that is written behind an exception's name.
_CODES: Final = {
    "code": "[{}]",
    "sqlstate": "[SQLSTATE {}]",
    "http_status": "HTTP {}",
    "exit_code": "exit code {}",
}


class Classified(Struct, frozen=True):
    """What is written for each line."""

    failure_class: str = msgspec.field(name="class")
    owner: str
    rule: str
    confidence: float
    evidence: str


# Of one line, in bytes. A trace of a million frames fits.
_LONGEST: Final = 16 * 2**20
_CORRECTIONS: Final = """
query ($after: String) {
  corrections(first: 100, after: $after) {
    nodes { message exception producer class incident ruledClass rule actor correctedAt }
    pageInfo { hasNextPage endCursor }
  }
}
"""
_FIX: Final = 'write {"message": "…"} on a line'


@app.command()
def classify(
    path: Annotated[str, typer.Argument(metavar="[-|PATH]", help="Where lines come from.")] = "-",
    *,
    fixtures: Annotated[
        bool,
        typer.Option("--fixtures", help="Write what people have corrected, as lines to test with."),
    ] = False,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
) -> None:
    """Read {"message", "exception", "producer", …} and write class, owner, rule, evidence.

    Codes may stand apart, as code, sqlstate, http_status and exit_code, and the stack as trace.
    Each line is answered by one, in order; one that cannot be read is UNKNOWN, and says why.
    Rules are the built-in ones, those of plugins, and those in rules/ of --config. With --fixtures
    nothing is read: each correction of a class is written as such a line, with the class.
    """
    if fixtures:
        for each in _corrected(config, database, url):
            print(msgspec.json.encode(each).decode())
        return
    from hub.flow.evaluate import Judge
    from hub.host import Host, Kind

    host = Host.load()
    rules = load_rules(settings_of(config).folder)
    classifiers = [host.classifier(name).api for name in host.names(Kind.CLASSIFIER)]
    judge = Judge(classifiers, written=lambda: rules)
    unread: list[str] = []
    with _opened(path) as stream:
        for number, line in enumerate(_lines(stream), start=1):
            try:
                given = line.removeprefix(BOM_UTF8) if number == 1 else line
                answer = _classified(judge.judge(_failure(given)))
            except ValueError as error:
                unread.append(f"line {number} {error}")
                answer = _unread(unread[-1])
            print(msgspec.json.encode(answer).decode())
    if unread:
        others = f", and {len(unread) - 1} more like it" if len(unread) > 1 else ""
        named = "stdin" if path == "-" else path
        raise InvalidInput(f"{named}: {unread[0]}{others}", fix=_FIX)


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


def _corrected(
    config: Path | None, database: str | None, url: str | None
) -> Iterator[dict[str, Any]]:
    after = None
    while True:
        asked: dict[str, object] = {"after": after}
        page = read(_CORRECTIONS, asked, config=config, database=database, url=url)["corrections"]
        yield from page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    if path == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = Path(path).open("rb")  # noqa: SIM115 - what fails later is not the opening
    except OSError as error:
        raise unreadable(Path(path), error) from error
    with stream:
        yield stream


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
        exception=", ".join(filter(None, (_text(given, _EXCEPTION), *_codes(given)))),
        trace=_text(given, _TRACE),
        producer=_text(given, ("producer",)),
    )


def _codes(given: dict[str, Any]) -> Iterator[str]:
    for name, written in _CODES.items():
        if code := _text(given, (name,)):
            yield written.format(code)


def _text(given: dict[str, Any], names: Iterable[str]) -> str:
    found = next((given[name] for name in names if given.get(name) is not None), "")
    return found if isinstance(found, str) else msgspec.json.encode(found).decode()
