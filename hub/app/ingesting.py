"""Bringing events from files: into a running hub over HTTP, or straight into a store."""

from __future__ import annotations

import gzip
import time
import zlib
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from stat import S_ISDIR
from typing import BinaryIO, Final

import httpx
import msgspec
from msgspec import Raw, Struct

from hub.app.hub import Hub, settle
from hub.domain.errors import InvalidInput, NotAuthorised, Unreachable
from hub.domain.openlineage.events import complaints, read_event
from hub.flow.ingest import receive, split_batch
from hub.settings.documents import unreadable

_BATCH: Final = 200
_BATCH_BYTES: Final = 8 << 20
_ATTEMPTS: Final = 8
_TIMEOUT_SECONDS: Final = 60.0
_REFUSALS: Final = (
    httpx.codes.BAD_REQUEST,
    httpx.codes.FORBIDDEN,
    httpx.codes.REQUEST_ENTITY_TOO_LARGE,
)
_SHOWN: Final = 200
_MEND: Final = "mend or remove it: events are JSON objects, one a line or in an array"
_UNPACKING: Final = (EOFError, gzip.BadGzipFile, zlib.error)
_SUFFIXES: Final = (".ndjson", ".jsonl", ".json", ".ndjson.gz", ".jsonl.gz", ".json.gz")


class Counts(Struct):
    """What became of events. ``accepted`` are new; the others are stored already, or unusable."""

    accepted: int = 0
    duplicate: int = 0
    quarantined: int = 0

    def add(self, event: bytes, *, is_repeat: bool) -> None:
        """Count an event that was sent."""
        if is_repeat:
            self.duplicate += 1
        elif complaints(read_event(event)):
            self.quarantined += 1
        else:
            self.accepted += 1


def files_of(paths: Iterable[Path]) -> list[Path]:
    """Return the files that paths name; a folder stands for those below it that hold events.

    Raises:
        InvalidInput: a path does not exist, or a folder holds no events.

    """
    found: list[Path] = []
    for path in paths:
        try:
            mode = path.stat().st_mode
        except OSError as error:
            raise unreadable(path, error) from error
        inside = [path]
        if S_ISDIR(mode):
            inside = [p for p in sorted(path.rglob("*")) if p.name.endswith(_SUFFIXES)]
        if not inside:
            raise InvalidInput(f"{path} holds no file that ends in {', '.join(_SUFFIXES)}")
        found += inside
    return found


def events_of(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """Yield the events of a file: one a line, or a JSON array of them.

    Raises:
        InvalidInput: the file is neither, or is cut off in what was packed.

    """
    try:
        yield from _events_of(stream, name)
    except _UNPACKING as error:
        fix = "fetch the file again; what is stored already is not stored twice"
        raise InvalidInput(f"{name} cannot be unpacked: {error}", fix=fix) from error
    except OSError as error:
        raise unreadable(Path(name), error) from error


def _events_of(stream: BinaryIO, name: str) -> Iterator[bytes]:
    first = stream.readline().removeprefix(BOM_UTF8)
    while first and not first.strip():
        first = stream.readline()
    if first.lstrip().startswith(b"["):
        try:
            yield from split_batch(first + stream.read())
        except InvalidInput as error:
            raise InvalidInput(f"{name}: {error.message}", fix=error.fix or _MEND) from error
        return
    rest: Iterable[bytes] = stream
    if first.strip() == b"{" or not _is_object(first):
        whole = first + stream.read()
        if first.strip() == b"{" or _is_object(whole):
            # One pretty-printed document.
            yield whole
            return
        rest = whole.removeprefix(first).split(b"\n")
    yield from (line.strip() for line in (first, *rest) if line.strip())


def open_file(path: Path) -> BinaryIO:
    """Open a file of events, unpacking it on the way."""
    try:
        return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]  # GzipFile is one in all but name
    except OSError as error:
        raise unreadable(path, error) from error


def checked(events: Iterable[bytes], name: str, before: int = 0) -> Iterator[bytes]:
    """Yield those of a file's events that come after so many.

    Raises:
        InvalidInput: one is no JSON object; the message says which.

    """
    for number, event in enumerate(events, before + 1):
        try:
            receive(event)
        except InvalidInput as error:
            message = f"{name}, event {number:,}: {error.message}"
            raise InvalidInput(message, fix=error.fix or _MEND) from error
        yield event


def blamed(error: InvalidInput, events: Sequence[bytes], name: str, before: int) -> InvalidInput:
    """Return an error over a batch of a file's events that says which of them is at fault."""
    try:
        for _ in checked(events, name, before):
            pass
    except InvalidInput as fault:
        return fault
    return InvalidInput(f"{name}: {error.message}", fix=error.fix)


class StoreSink:
    """Appends to a store and projects; for a hub that does not run."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def send(self, events: Sequence[bytes], counts: Counts) -> None:
        """Append a batch, or nothing of it."""
        entries = [self._hub.reader.read(event) for event in events]
        appended = self._hub.store.journal.append(entries, recorded_at=self._hub.clock())
        for event, each in zip(events, appended, strict=True):
            counts.add(event, is_repeat=each.is_repeat)

    def finish(self) -> None:
        """Project what was appended, and what the files declare."""
        self._hub.declare_files()
        settle(self._hub)


class HttpSink:
    """Posts batches to a running hub, and waits when it is told to."""

    def __init__(
        self, url: str, api_key: str | None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        headers = {"Content-Type": "application/json"}
        if api_key:
            headers["Authorization"] = f"Bearer {api_key}"
        self._url = url
        self._sleep = sleep
        self._client = httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS)

    def send(self, events: Sequence[bytes], counts: Counts) -> None:
        """Post a batch.

        Raises:
            Unreachable: the hub does not answer, or keeps on shedding load.
            InvalidInput, NotAuthorised: the hub refuses.

        """
        body = msgspec.json.encode([Raw(event) for event in events])
        answer = self._post(body).json()
        failed = answer["summary"]["failed"]
        if failed:
            reasons = answer["failed_events"]
            raise InvalidInput(f"the hub refused {failed} of {len(events)} events: {reasons}")
        repeats = set(answer["duplicate_events"])
        for index, event in enumerate(events):
            counts.add(event, is_repeat=index in repeats)

    def finish(self) -> None:
        """Nothing is left to do: the hub projects by itself."""

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _post(self, body: bytes) -> httpx.Response:
        for attempt in range(_ATTEMPTS):
            try:
                response = self._client.post("/api/v1/lineage/batch", content=body)
            except httpx.TransportError as error:
                message = f"the hub at {self._url} cannot be reached: {error}"
                raise Unreachable(message, fix="check that it runs, and --url") from error
            if response.status_code == httpx.codes.UNAUTHORIZED:
                raise NotAuthorised("the hub wants another API key", fix="set HUB_API_KEY")
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            self._sleep(float(response.headers.get("Retry-After", 1)) * (attempt + 1))
        if response.status_code in _REFUSALS:
            raise InvalidInput(f"the hub at {self._url} refused: {response.text[:_SHOWN]}")
        if response.is_error:
            raise Unreachable(f"the hub at {self._url} answered {response.status_code}")
        return response


def batches(events: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Yield events in batches that are small enough for one request."""
    while batch := list(islice(events, _BATCH)):
        while sum(map(len, batch)) > _BATCH_BYTES and len(batch) > 1:
            half = len(batch) // 2
            yield batch[:half]
            batch = batch[half:]
        yield batch


def _is_object(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=dict[str, Raw])
    except msgspec.DecodeError:
        return False
    return True
