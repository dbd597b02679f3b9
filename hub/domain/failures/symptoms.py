"""Symptoms: the codes and exception names that the text of a failure carries.

Producers flatten, nest and translate one another's errors: a Python trace around a Java one
around a database's code. What is read here is independent of the wrapping; rules then speak of
codes and names instead of everybody's punctuation.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct, structs

from hub.domain.failures.failure import Failure, Origin
from hub.domain.failures.numbered import read_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class CodeKind(StrEnum):
    """The families of codes. CONDITION is any vendor's code that is a word, in UPPER_SNAKE.

    NUMBER is one that is a number, with the vendor's name: see ``hub.domain.failures.numbered``.
    STATE is what may be a SQLSTATE, written as any other code is.
    """

    SQLSTATE = "sqlstate"
    HTTP = "http"
    ERRNO = "errno"
    EXIT = "exit"
    SIGNAL = "signal"
    CONDITION = "condition"
    NUMBER = "number"
    STATE = "state"


class Symptoms(Struct, frozen=True, kw_only=True):
    """What rules look at.

    ``text`` is all text, the message first; ``names`` are class names of exceptions, with what
    their producers put before them, innermost first; ``codes`` are in the order of their
    appearance. ``named`` are the CONDITIONs that stand where producers put their codes; ``leading``
    are those that the message begins with, in brackets or before a colon.
    ``is_source``: the failing side is a system that data comes from; ``is_platform``: it is one of
    the platform's own engines or stores. Both are false where the producer does not tell.
    """

    text: str
    names: tuple[str, ...]
    codes: dict[CodeKind, tuple[str, ...]]
    named: tuple[str, ...]
    leading: tuple[str, ...]
    is_source: bool
    is_platform: bool

    def code(self, kind: CodeKind) -> tuple[str, ...]:
        """Return the codes of one family."""
        return self.codes.get(kind, ())


_NAME: Final = re.compile(
    r"(?<![\w.$/-])(?P<name>(?:[A-Za-z_][\w$]*[./])*"
    r"[A-Z][A-Za-z0-9_$]*?"
    r"(?:Error|Exception|Failure|Violation|Interrupt|Timeout|Exit|Fault|NotFound|Unauthorized|"
    r"Forbidden|BadRequest|Unavailable|Evicted|OOMKilled|Conflict))"
    r"(?=[\s:;,.()\[\]'\"<>|]|$)"
)
# A Python chain is written from the inside out; everybody else's from the outside in.
_INSIDE_OUT: Final = re.compile(
    r"The above exception was the direct cause|During handling of the above exception"
)
_FRAME: Final = re.compile(r"\bat [\w.$/]+\([^)]*\)|\bFile \"[^\"]*\", line \d+(?:, in \S+)?")

_SQLSTATE: Final = re.compile(
    r"SQL[ _]?STATE\W{0,4}(?P<a>[0-9A-Z]{5})\b"
    r"|\bState: (?P<b>[0-9A-Z]{5})\b"
    r"|\[(?P<c>[0-9A-Z]{5})\]"
    r"|\(['\"]?(?P<d>[0-9A-Z]{5})['\"]?[,)]"
    r"|^ERROR: +(?P<e>[0-9A-Z]{5}):"
)
_STATE: Final = re.compile(
    r"\b(?:FATAL|PANIC|ERROR|pq|[Cc]ode|pgcode|sqlState|SqlState)\b['\"]?\s*[:=]\s*['\"]?"
    r"(?P<a>(?=[0-9A-Z]*\d)[0-9A-Z]{5})\b"
)
# The code that a message begins with, after the names of exceptions that it is wrapped in.
_LEADING: Final = re.compile(
    r"(?:[\w.$]+(?:Exception|Error|Warning)?: ){0,3}"
    r"(?:\[(?P<a>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:\.(?P<b>[A-Z_]+))?\]"
    r"|(?P<c>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+):)"
)
_HTTP: Final = re.compile(
    r"\bHTTP(?:[ /]?[12](?:\.\d)?)?[ :=-]*+(?:status|response|error)?[ :=]*+(?:code)?[ :=]*+"
    r"(?P<a>[1-5]\d\d)\b"
    r"|\bstatus[ _]?code[ :='\"]*(?P<b>[1-5]\d\d)\b"
    r"|\b(?P<c>[45]\d\d) (?:Client|Server) Error\b"
    r"|(?:^|[\s(:'\"\[])(?P<d>[45]\d\d) (?:[A-Z]{3,}\b|Not [Ff]ound|Forbidden|Unauthorized|"
    r"Bad Request|"
    r"Exceeded|Access Denied|Too Many Requests|Service Unavailable|Bad Gateway|Gateway Time-?out|"
    r"Internal Server Error|Conflict|Gone|Request Time-?out|Unprocessable)"
    r"|\bServer returned HTTP response code: (?P<e>[45]\d\d)\b"
    r"|\bresponse(?: code)?(?: of)? (?P<f>[45]\d\d)\b"
    r"|\b(?:returned|got|received)(?: an?)?(?: HTTP)? (?P<g>[45]\d\d)\b"
    r"|\bHTTP Error (?P<h>[45]\d\d)\b",
    re.IGNORECASE,
)
_ERRNO: Final = re.compile(
    r"\[Errno (?P<a>-?\d+)\]|\bos error (?P<b>\d+)\b|\berrno\W{1,3}(?P<c>\d+)\b"
    r"|\b(?P<d>E(?:ACCES|PERM|CONNREFUSED|CONNRESET|TIMEDOUT|HOSTUNREACH|NETUNREACH|PIPE|NOENT|"
    r"NOSPC|MFILE|NFILE|NOMEM|ROFS|DQUOT|FBIG|IO|AGAIN|BUSY|EXIST|ADDRINUSE|AI_AGAIN|NOTFOUND))\b",
)
_EXIT: Final = re.compile(
    r"\bexit(?:ed)?(?: with| from)?(?: a)?(?: non-?zero)?(?: exit)?"
    r"(?:[ _]?(?:code|status))?(?: of)?[ :=]*(?P<a>-?\d{1,3})\b(?! (?:retries|caused))"
    r"|\breturn(?:ed)?(?: a)?(?: non-?zero)? (?:exit )?(?:code|status)[ :=]*(?P<b>-?\d{1,3})\b"
    r"|\bnon-?zero exit (?:code|status)[ :=]*(?P<c>-?\d{1,3})\b",
    re.IGNORECASE,
)
_SIGNAL: Final = re.compile(
    r"\bSIG(?P<a>KILL|TERM|SEGV|BUS|ABRT|INT|ILL|FPE|HUP)\b"
    r"|\bsignal[ :=]+(?:SIG)?(?P<b>\d{1,2}|[A-Z]{3,4})\b"
)
_CONDITION: Final = re.compile(r"(?<![\w/`'$-])_?(?P<a>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b")
# Where a vendor's code is named as one, in any case.
_NAMED_CODE: Final = re.compile(
    r"(?:error[ _]?code|errorcode|error_type|\breason|\bcode|AWS Error Code)['\"]?\s*"
    r"[:=.]\s*['\"]?(?P<a>[A-Za-z][A-Za-z0-9_]{3,})"
    r"|An error occurred \((?P<b>[A-Za-z]\w+)\)"
    r"|<Code>(?P<c>\w+)</Code>"
    r"|\bStatusCode\.(?P<d>[A-Z_]+)"
    r"|^(?P<e>[A-Z][A-Z_]{4,}):"
    r"|\bKafkaError\._?(?P<f>[A-Z_]+)"
    r"|\[(?P<g>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:\.[A-Z_]+)?\]",
)
_ONE_CODE_WORD: Final = re.compile(r"\b_?(?P<a>[A-Za-z]+(?:_[A-Za-z]+)*)\b")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_SOURCE_WORDS: Final = re.compile(
    r"\b(source|tap|airbyte|fivetran|singer|stitch|meltano|dlt|cdc|debezium|rest api|sftp|ftp|"
    r"landing|salesforce|hubspot|stripe|zendesk|shopify|jira|github|google ads|facebook|"
    r"requests|httpx|urllib3?|aiohttp|webhook)\b",
    re.IGNORECASE,
)
_PLATFORM_WORDS: Final = re.compile(
    r"\b(bigquery|s3|gcs|adls|azure|databricks|snowflake|redshift|kubernetes|k8s|emr|dataproc|glue|"
    r"athena|iceberg|delta|delta-rs|hudi|metastore|unity catalog|schema registry|trino|presto|"
    r"clickhouse|kafka|flink|spark|airflow|dagster|prefect)\b",
    re.IGNORECASE,
)

_MAX_END: Final = 4_000
_MAX_CAUSE: Final = 1_000
_MAX_CAUSES: Final = 10


def read_symptoms(failure: Failure) -> Symptoms:
    """Collect the codes and exception names of a failure."""
    failure = _bounded(failure)
    chain = tuple(reversed(failure.causes))
    trace = _FRAME.sub(" ", failure.trace)
    parts = (
        failure.message,
        *(f"{cause.type}: {cause.message}" for cause in chain[:_MAX_CAUSES]),
        failure.exception,
        trace,
    )
    text = "\n".join(part for part in parts if part)
    named = _unique(_named(failure, text))
    codes: dict[CodeKind, tuple[str, ...]] = {
        CodeKind.SQLSTATE: _unique(
            [*(c.sqlstate for c in chain if c.sqlstate), *_sqlstates(failure, text)]
        ),
        CodeKind.HTTP: _unique([*_groups(_HTTP, text), *_trailing_status(failure.exception)]),
        CodeKind.ERRNO: _unique(
            [*(str(c.errno) for c in chain if c.errno is not None), *_groups(_ERRNO, text)]
        ),
        CodeKind.EXIT: _unique(_groups(_EXIT, text)),
        CodeKind.SIGNAL: _unique(_groups(_SIGNAL, text)),
        CodeKind.CONDITION: _unique([*named, *_groups(_CONDITION, text)]),
        CodeKind.NUMBER: _unique(read_numbers(text, failure.producer)),
        CodeKind.STATE: _unique(_groups(_STATE, text)),
    }
    return Symptoms(
        text=text,
        names=_names(failure, trace),
        codes={kind: found for kind, found in codes.items() if found},
        named=named,
        leading=_leading(failure.message),
        is_source=_is_source(failure),
        is_platform=failure.origin in _PLATFORM_ORIGINS
        or (not _is_source(failure) and bool(_PLATFORM_WORDS.search(failure.producer))),
    )


def _bounded(failure: Failure) -> Failure:
    """Return a failure of which no text takes long to look through."""
    return structs.replace(
        failure,
        message=_ends(failure.message),
        exception=_ends(failure.exception, _MAX_CAUSE),
        trace=_ends(failure.trace),
        producer=failure.producer[:_MAX_CAUSE],
        causes=tuple(
            structs.replace(
                cause, type=cause.type[:_MAX_CAUSE], message=_ends(cause.message, _MAX_CAUSE)
            )
            for cause in failure.causes
        ),
    )


def _ends(text: str, most: int = _MAX_END) -> str:
    """Return both ends of a long text: one has the first exception, the other the last."""
    return text if len(text) <= 2 * most else f"{text[:most]}\n…\n{text[-most:]}"


def _is_source(failure: Failure) -> bool:
    if failure.origin is not None:
        return failure.origin is Origin.SOURCE
    return bool(_SOURCE_WORDS.search(failure.producer))


_PLATFORM_ORIGINS: Final = (Origin.LAKE, Origin.ENGINE)


def upper_snake(word: str) -> str:
    """Return a CamelCase or lower_snake word as UPPER_SNAKE, without ``Exception`` or ``Error``."""
    bare = re.sub(r"(?<=.)(?:Exception|Error)$", "", word).strip("_")
    return _CAMEL.sub("_", bare).upper()


def _names(failure: Failure, trace: str) -> tuple[str, ...]:
    """Return the names of exceptions, innermost first, however deep they are nested."""
    chain = [cause.type for cause in reversed(failure.causes) if cause.type]
    traced = _found_names(trace)
    if not _INSIDE_OUT.search(trace):
        traced.reverse()
    said = _found_names(failure.message)
    if not _INSIDE_OUT.search(failure.message):
        said.reverse()
    given = [failure.exception.split()[0]] if failure.exception.split() else []
    every = [*chain, *traced, *said, *_found_names(failure.exception), *given]
    return _unique(re.sub(r"[/$]", ".", name) for name in every)


def _found_names(text: str) -> list[str]:
    return [found["name"] for found in _NAME.finditer(text)]


def _leading(message: str) -> tuple[str, ...]:
    """Return the code that a message begins with, the more special part of it first."""
    found = _LEADING.match(message.lstrip())
    return tuple(filter(None, (found["b"], found["a"], found["c"]))) if found else ()


def _sqlstates(failure: Failure, text: str) -> Iterator[str]:
    for state in _groups(_SQLSTATE, text):
        # Five capitals in brackets are more often a word than a state without any digit.
        if any(character.isdigit() for character in state):
            yield state
    for cause in failure.causes:
        if cause.code and re.fullmatch(r"[0-9A-Z]{5}", cause.code):
            yield cause.code


def _trailing_status(exception: str) -> list[str]:
    return re.findall(r"\b([45]\d\d)\b", exception)


def _named(failure: Failure, text: str) -> Iterator[str]:
    for cause in reversed(failure.causes):
        if cause.code:
            yield upper_snake(cause.code)
    for found in _groups(_NAMED_CODE, text):
        yield upper_snake(found)
    for found in _groups(_ONE_CODE_WORD, failure.exception):
        word = upper_snake(found)
        # A lone word, such as the SSL of SSLError, is a code only where it is written as one.
        if "_" in word or word == found:
            yield word


def _groups(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    for found in pattern.finditer(text):
        value = next((group for group in found.groups() if group), None)
        if value is not None:
            yield value


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
