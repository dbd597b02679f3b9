"""OpenLineage events as the hub reads them: leniently, and never by raising.

``read_event`` turns the bytes of any JSON object into an event or into the reason why it cannot
be one. Producers send naive times, empty names, null facets and wrong types (see the corpus), so
only what names nothing or happens at no time is unusable. Facets stay raw, and so at first do
jobs and datasets: most of them repeat the bytes of an event before, and an ``EventParser`` reads
those only once.

Source: OpenLineage 2-0-2, RunEvent, DatasetEvent and JobEvent.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, NamedTuple, TypeVar

from msgspec import DecodeError, Raw, Struct, ValidationError
from msgspec.json import Decoder
from xxhash import xxh3_64_digest

from hub.domain.instants import format_instant
from hub.domain.names import DatasetName, JobName, RunName, plain_run_id

# PostgreSQL's indexes hold no key over 2,704 bytes; longer names are data in the wrong place.
MAX_NAME_BYTES: Final = 2_048
# Names OpenLineage's root of a file system, which producers send as an empty name.
ROOT_NAME: Final = "/"
# No character takes more than four bytes.
_SURELY_FITS: Final = MAX_NAME_BYTES // 4

# A larger facet stays in the journal and is left out of everything else: producers attach whole
# execution plans, of tens of megabytes.
MAX_FACET_BYTES: Final = 1 << 20
_T = TypeVar("_T")

DIGEST_BYTES: Final = 16
ABSENT: Final = Raw(b"")


class EventType(StrEnum):
    """What a run event reports. An absent or unknown type is OTHER: it says nothing of a state."""

    START = "START"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    ABORT = "ABORT"
    FAIL = "FAIL"
    OTHER = "OTHER"

    # Enum's own is slow, and it is asked for several times an event.
    __hash__ = str.__hash__

    # Who wins a tie in event time: terminal types do, the worst of them first.
    rank: int
    # Whether a run ends with it.
    is_terminal: bool
    # Whether it tells neither of a start nor of an end; streams send these without end.
    is_heartbeat: bool


_TERMINAL: Final = (EventType.COMPLETE, EventType.ABORT, EventType.FAIL)
_HEARTBEATS: Final = (EventType.RUNNING, EventType.OTHER)
# Plain attributes, because they are asked for many times an event.
for _type in EventType:
    _type.is_terminal = _type in _TERMINAL
    _type.is_heartbeat = _type in _HEARTBEATS
    _type.rank = _TERMINAL.index(_type) + 1 if _type.is_terminal else 0
_EVENT_TYPES: Final = {each.value: each for each in EventType}


class DatasetUse(Struct, frozen=True, gc=False):
    """A dataset as one event names it.

    ``facets`` are of the dataset itself; ``measures`` are OpenLineage's ``inputFacets`` or
    ``outputFacets``, which hold for one run only. Both are raw JSON; read them with ``facets_of``.
    """

    name: DatasetName
    facets: Raw
    measures: Raw


class RunEvent(Struct, frozen=True, gc=False):
    """Something happened to a run. ``event_time`` is microseconds since the epoch, UTC.

    ``time_is_assumed``: the producer named no time zone, so UTC was taken. ``digest`` is that
    of ``event_digest``; with ``event_time`` it names the event within its run. ``left_out`` says
    which inputs and outputs cannot be used, and why.
    """

    event_time: int
    time_is_assumed: bool
    digest: bytes
    producer: str | None
    event_type: EventType
    run: RunName
    run_facets: Raw
    job_facets: Raw
    inputs: tuple[DatasetUse, ...]
    outputs: tuple[DatasetUse, ...]
    left_out: tuple[str, ...] = ()

    @property
    def job(self) -> JobName:
        """The job that ran."""
        return self.run.job


class JobEvent(Struct, frozen=True):
    """A job as someone declared it, with the inputs and outputs it is to have."""

    event_time: int
    time_is_assumed: bool
    digest: bytes
    producer: str | None
    job: JobName
    job_facets: Raw
    inputs: tuple[DatasetUse, ...]
    outputs: tuple[DatasetUse, ...]
    left_out: tuple[str, ...] = ()


class DatasetEvent(Struct, frozen=True):
    """A dataset as someone described it, outside any run."""

    event_time: int
    time_is_assumed: bool
    digest: bytes
    producer: str | None
    dataset: DatasetUse


Event = RunEvent | JobEvent | DatasetEvent


class Unusable(Struct, frozen=True):
    """Why a JSON object is no event that the hub can use: where in it, and what is wrong there.

    ``event_time`` is set when at least that could be read.
    """

    reason: str
    event_time: int | None = None


def complaints(read: Event | Unusable) -> tuple[str, ...]:
    """Return why an event cannot be used as it is: not at all, or not all that it names."""
    if isinstance(read, RunEvent):
        return read.left_out
    if isinstance(read, Unusable):
        return (read.reason,)
    return () if isinstance(read, DatasetEvent) else read.left_out


class EventTime(Struct, frozen=True, gc=False):
    """A producer's time: microseconds since the epoch, and whether UTC had to be assumed."""

    at: int
    is_assumed: bool


class _Run(Struct, rename="camel", gc=False):
    run_id: str | None = None
    facets: Raw = ABSENT


class _Job(Struct, gc=False):
    namespace: str | None = None
    name: str | None = None
    facets: Raw = ABSENT


class _Dataset(Struct, rename="camel", gc=False):
    namespace: str | None = None
    name: str | None = None
    facets: Raw = ABSENT
    input_facets: Raw = ABSENT
    output_facets: Raw = ABSENT


class _Envelope(Struct, rename="camel", gc=False):
    event_time: Any = None
    event_type: str | None = None
    run: _Run | None = None
    job: Raw = ABSENT
    dataset: _Dataset | None = None
    inputs: Raw = ABSENT
    outputs: Raw = ABSENT
    # Hints only: of whatever type, they spoil no event.
    producer: Any = None
    schemaURL: Any = None  # noqa: N815 - OpenLineage's spelling


class _Side(Struct, frozen=True, gc=False):
    """The datasets on one side of an event, and why others on it cannot be used.

    ``is_measured``: something was measured of one of them.
    """

    uses: tuple[DatasetUse, ...]
    left_out: tuple[str, ...]
    is_measured: bool = False


class _NamedJob(NamedTuple):
    name: JobName
    facets: Raw


class _CannotUseError(Exception):
    """Carries a reason out of the depth of an event; never leaves this module."""


class _MismatchError(_CannotUseError):
    """Something is of another type than it must be."""


_LONE_SURROGATE: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
# All control characters but NUL, which spoils a name.
_CONTROL: Final = re.compile(r"[\x01-\x1f\x7f-\x9f]")
_decoder = Decoder(_Envelope)
_job_decoder = Decoder(_Job | None)
_datasets_decoder = Decoder(list[_Dataset])
_dataset_decoder = Decoder(_Dataset)
_list_decoder = Decoder(list[Raw])
_facets_decoder = Decoder(dict[str, Raw])

_MAX_REMEMBERED_BYTES: Final = 16 << 20
_NOTHING: Final = _Side((), ())
_NULL: Final = b"null"
_UNSAID: Final = (ABSENT, Raw(_NULL))


class EventParser:
    """Reads events, and remembers the jobs and lists of datasets in them by their bytes.

    What is remembered comes back as the same object. Not safe to share between threads.
    """

    def __init__(self) -> None:
        self._jobs: dict[bytes, _NamedJob] = {}
        self._sides: dict[tuple[JobName, str, int], tuple[Raw, _Side]] = {}
        self._remembered_bytes = 0

    def read(self, body: bytes) -> Event | Unusable:
        """Read one event from the bytes of a JSON object; whatever they are, never raise."""
        when = None
        try:
            envelope = _decode(_decoder, body, "")
            when = _event_time(envelope.event_time)
            return self._event(envelope, when, event_digest(body))
        except _CannotUseError as error:
            return Unusable(str(error), when.at if when else None)

    def _event(self, envelope: _Envelope, when: EventTime, digest: bytes) -> Event:
        producer = _text_or_none(envelope.producer)
        kind = _kind(envelope)
        if kind is DatasetEvent:
            if envelope.dataset is None:
                raise _CannotUseError("dataset: missing")
            dataset = _dataset(envelope.dataset, ABSENT, "dataset")
            return DatasetEvent(when.at, when.is_assumed, digest, producer, dataset)
        job = self._job(envelope.job)
        read_inputs = self._side(envelope.inputs, job.name, "inputs")
        read_outputs = self._side(envelope.outputs, job.name, "outputs")
        inputs, outputs = read_inputs.uses, read_outputs.uses
        left_out = read_inputs.left_out + read_outputs.left_out
        if kind is JobEvent:
            return JobEvent(
                when.at, when.is_assumed, digest, producer, *job, inputs, outputs, left_out
            )
        if envelope.run is None:
            raise _CannotUseError("run: missing")
        return RunEvent(
            when.at,
            when.is_assumed,
            digest,
            producer,
            _event_type(envelope.event_type),
            RunName(job.name, plain_run_id(_name(envelope.run.run_id, "run.runId"))),
            envelope.run.facets,
            job.facets,
            inputs,
            outputs,
            left_out,
        )

    def _job(self, raw: Raw) -> _NamedJob:
        key = bytes(raw)
        found = self._jobs.get(key)
        if found is None:
            found = _job(_decode(_job_decoder, key, "job") if key else None)
            self._make_room(len(key))
            self._jobs[key] = found
        return found

    def _side(self, raw: Raw, job: JobName, side: str) -> _Side:
        # A job mostly names what it did before: to compare is a fraction of hashing the whole.
        key = job, side, len(raw)
        known = self._sides.get(key)
        if known is not None and known[0] == raw:
            return known[1]
        own = raw.copy()
        found = _NOTHING if own in _UNSAID else _read_side(own, side)
        # What a run measured is unlike any other: such a list will not come again.
        if not found.is_measured:
            self._make_room(len(own))
            self._sides[key] = own, found
        return found

    def _make_room(self, size: int) -> None:
        self._remembered_bytes += size
        if self._remembered_bytes > _MAX_REMEMBERED_BYTES:
            self._jobs.clear()
            self._sides.clear()
            self._remembered_bytes = size


def read_event(body: bytes) -> Event | Unusable:
    """Read one event from the bytes of a JSON object; whatever they are, this does not raise."""
    return EventParser().read(body)


def _decode(decoder: Decoder[_T], body: bytes | Raw, where: str) -> _T:
    try:
        return decoder.decode(body)
    except ValidationError as error:
        raise _MismatchError(_explain(str(error), where)) from None
    except (DecodeError, UnicodeDecodeError) as error:
        if _LONE_SURROGATE.search(bytes(body)):
            problem = "some text in it has a lone surrogate, which is half a character"
        else:
            problem = f"the body is not JSON in valid Unicode: {error}"
        raise _CannotUseError(problem) from None
    except RecursionError:
        raise _CannotUseError("the body is nested too deeply") from None


def event_digest(body: bytes) -> bytes:
    """Return what breaks ties between events of one time, and names one within its run.

    XXH3, which who sends events of a run could make collide, and lose one of their own: ADR 49.
    """
    return xxh3_64_digest(body)


def content_digest(body: bytes) -> bytes:
    """Return the hash by which a content of a facet is known: SHA-256, cut.

    Anybody may send one of anybody's dataset, so none may be made that passes for another.
    """
    return sha256(body).digest()[:DIGEST_BYTES]


def facets_of(container: Raw) -> dict[str, Raw]:
    """Split a facet container by facet key.

    A container that is absent or no JSON object has no facets, and a null facet is none.
    """
    if container is ABSENT:
        return {}
    try:
        facets = _facets_decoder.decode(container)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return {
        key: raw
        for key, raw in facets.items()
        if usable_name(key) and (len(raw) != len(_NULL) or bytes(raw) != _NULL)
    }


def _kind(envelope: _Envelope) -> type[RunEvent | JobEvent | DatasetEvent]:
    """Tell by shape which of the three it is; where the shape fits several, by ``schemaURL``."""
    hint = _text_or_none(envelope.schemaURL) or ""
    # Marquez has an empty run in events of jobs and datasets.
    has_none = envelope.run == _Run() and hint.endswith(("/JobEvent", "/DatasetEvent"))
    if envelope.run is not None and not has_none:
        return RunEvent
    has_job = bytes(envelope.job) not in (b"", _NULL)
    if envelope.dataset is not None and not has_job:
        return DatasetEvent
    is_declared = has_job and hint.endswith("/JobEvent")
    if hint.endswith("/RunEvent") or (envelope.event_type is not None and not is_declared):
        return RunEvent  # that has lost its run
    if envelope.dataset is not None or hint.endswith("/DatasetEvent"):
        return DatasetEvent
    if not has_job:
        raise _CannotUseError("none of run, job and dataset is there")
    return JobEvent


def _event_type(text: str | None) -> EventType:
    return _EVENT_TYPES.get((text or "OTHER").upper(), EventType.OTHER)


def _job(job: _Job | None) -> _NamedJob:
    if job is None:
        raise _CannotUseError("job: missing")
    name = JobName(_name(job.namespace, "job.namespace"), _name(job.name, "job.name"))
    return _NamedJob(name, job.facets)


def _read_side(raw: Raw, side: str) -> _Side:
    """Read the inputs or outputs of an event; those that cannot be used are left out alone."""
    try:
        named: list[_Dataset | Raw] = [*_decode(_datasets_decoder, raw, side)]
    except _MismatchError:
        named = [*_decode(_list_decoder, raw, side)]
    uses: list[DatasetUse] = []
    left_out: list[str] = []
    is_measured = False
    for i, each in enumerate(named):
        where = f"{side}[{i}]"
        try:
            known = _decode(_dataset_decoder, each, where) if isinstance(each, Raw) else each
            measures = known.input_facets if side == "inputs" else known.output_facets
            uses.append(_dataset(known, measures, where))
            is_measured = is_measured or measures is not ABSENT
        except _CannotUseError as error:
            left_out.append(str(error))
    return _Side(tuple(uses), tuple(left_out), is_measured)


def _dataset(dataset: _Dataset, measures: Raw, where: str) -> DatasetUse:
    try:
        name = _dataset_name(dataset.namespace, dataset.name)
    except _CannotUseError as error:
        raise _CannotUseError(f"{where}.{error}") from None
    return DatasetUse(name, dataset.facets, measures)


@lru_cache(maxsize=4_096)  # Lists that measure something come once, the names in them often.
def _dataset_name(namespace: str | None, name: str | None) -> DatasetName:
    known = ROOT_NAME if name == "" else _name(name, "name")
    return DatasetName(_name(namespace, "namespace"), known)


def _name(said: str | None, where: str) -> str:
    text = None if said is None else repaired(said)
    if text is not None and usable_name(text):
        return text
    if text is None:
        problem = "missing"
    elif text == "":
        problem = "empty"
    elif "\0" in text:
        problem = "contains a NUL character"
    else:
        problem = f"{len(text.encode())} bytes long, more than {MAX_NAME_BYTES}"
    raise _CannotUseError(f"{where}: {problem}")


def repaired(name: str) -> str:
    """Return a name without what nobody means in one: space around it, line ends in it."""
    if name.isprintable() and name == name.strip():
        return name
    return _CONTROL.sub("", name).strip()


def usable_name(text: str) -> bool:
    """Whether a name can be stored and indexed."""
    if not text or "\0" in text:
        return False
    return len(text) <= _SURELY_FITS or len(text.encode()) <= MAX_NAME_BYTES


def _text_or_none(value: object) -> str | None:
    return value.replace("\0", "�") if isinstance(value, str) else None


_WORDS: Final = {
    "str": "text",
    "int": "number",
    "float": "number",
    "bool": "boolean",
    "array": "array",
    "object": "object",
    "null": "null",
}
_MISMATCH: Final = re.compile(r"Expected `([^`]+)`, got `([^`]+)`(?: - at `\$([^`]*)`)?")


def _explain(message: str, part: str) -> str:
    """Turn the decoder's complaint about a part into ``where: expected this, got that``."""
    found = _MISMATCH.match(message)
    if found is None:
        return message
    expected, got, inside = found.groups()
    wanted = [_WORDS.get(word, word) for word in expected.split(" | ") if word != "null"]
    complaint = f"expected {' or '.join(wanted)}, got {_WORDS.get(got, got)}"
    where = f"{part}{inside or ''}".removeprefix(".")
    return f"{where}: {complaint}" if where else complaint


_TIME: Final = re.compile(
    r"""\s*
    ([0-9]{4}-[0-9]{2}-[0-9]{2})
    (?:[Tt\ ] ([01][0-9]|2[0-4]) : ([0-5][0-9]) (?: : ([0-5][0-9]|60) (?:[.,]([0-9]+))? )? )?
    \s*([Zz]|UTC|[+-][0-9]{2}(?::?[0-5][0-9])?)?
    (?:(?<=\+00:00)Z)?
    (?:\[[^\]]*\])?
    \s*""",
    re.VERBOSE,
)
_is_usual: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|\+00:00)"
).fullmatch
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = _EPOCH.toordinal()
_END_DAY: Final = date(2200, 1, 1).toordinal()
_MINUTE: Final = 60_000_000
_DAY: Final = 1_440 * _MINUTE
_EARLIEST: Final = 0
_LATEST: Final = (_END_DAY - _EPOCH_DAY) * _DAY - 1


def parse_time(text: str) -> EventTime | None:
    """Read a producer's time leniently; None when it is none, or not in the years 1970 to 2199.

    Accepts ISO 8601 with ``T`` or a space, with or without seconds, any number of fraction digits
    (cut to microseconds), ``Z``, an offset, or neither (UTC is assumed), ``Z`` after an offset that
    says the same, as Python's programs write it, and a zone's name in brackets after it, as Java
    writes it. 24:00 and a leap second belong to the day or minute after.
    """
    at = _usual_time(text)
    if at is not None:
        return EventTime(at, is_assumed=False)
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    day, hour, minute, second, fraction, zone = found.groups()
    try:
        days = date.fromisoformat(day).toordinal() - _EPOCH_DAY
    except ValueError:
        return None
    clock = (int(hour or 0) * 60 + int(minute or 0)) * _MINUTE
    if second:
        clock += int(second) * 1_000_000
    if fraction:
        clock += int(fraction[:6].ljust(6, "0"))
    if hour == "24" and clock != _DAY:
        return None
    at = days * _DAY + clock - _offset(zone)
    return EventTime(at, zone is None) if _EARLIEST <= at <= _LATEST else None


def _usual_time(text: str) -> int | None:
    """Read the forms in which nearly every time comes, in a third of the time; else None."""
    if not _is_usual(text):
        return None
    try:
        since = datetime.fromisoformat(text) - _EPOCH
    except ValueError:
        return None
    at = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return at if _EARLIEST <= at <= _LATEST else None


def _offset(zone: str | None) -> int:
    """Return a zone's offset from UTC in microseconds."""
    if zone is None or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "")
    size = (int(digits[:2]) * 60 + int(digits[2:] or 0)) * _MINUTE
    return -size if zone[0] == "-" else size


def _event_time(said: object) -> EventTime:
    if said is None:
        raise _CannotUseError("eventTime: missing")
    when = parse_time(said) if isinstance(said, str) else None
    if when is None:
        raise _CannotUseError(f"eventTime: {_no_time(said)}: write {_meant(said)}")
    return when


def _no_time(said: object) -> str:
    if not isinstance(said, str):
        return f"expected text, got {_TYPES.get(type(said), 'object')}"
    shown = said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…"
    return f"{shown!r} is no time from 1970 to 2199"


def _meant(said: object) -> str:
    """Return how to write a time: that which a number counts up to, where it may be one."""
    counted = _COUNT.fullmatch(str(said)) if type(said) in _COUNTS else None
    if counted is None:
        return "a date and time, such as 2026-11-23T03:00:00Z"
    whole = counted[1]
    micros = int(whole[:_MICRO_DIGITS].ljust(_MICRO_DIGITS, "0"))
    return f"{format_instant(micros)}, if {whole} is meant as {_UNITS[len(whole)]} since 1970"


_SHOWN: Final = 60
_TYPES: Final = {int: "number", float: "number", bool: "boolean", list: "array"}
_COUNTS: Final = (int, float, str)
# Since 2001, and up to 2199, a count has so many digits.
_UNITS: Final = {10: "seconds", 13: "milliseconds", 16: "microseconds", 19: "nanoseconds"}
_MICRO_DIGITS: Final = 16
_COUNT: Final = re.compile(
    r"([1-6][0-9]{9}|[1-6][0-9]{12}|[1-6][0-9]{15}|[1-6][0-9]{18})(?:\.[0-9]*)?"
)
