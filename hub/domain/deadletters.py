"""Dead letters: records that a step refused, kept with every reason until somebody acts."""

from __future__ import annotations

from base64 import b64encode
from hashlib import blake2b

import msgspec
from msgspec import Struct

from hub.domain.entries import EntryKind, NewEntry
from hub.domain.errors import InvalidInput

# The rule of what could not be read at all.
UNDECODABLE = "undecodable"
# Encodings beside those of schema formats. JSON: a row, as its table held it. RAW: bytes that only
# their lane can read again. SAMPLE: an example of a batch that was refused as a whole.
JSON = "json"
RAW = "raw"
SAMPLE = "sample"
# The stage and the rule of an OpenLineage event that the hub cannot use.
INTAKE = "intake"
UNUSABLE = "unusable-event"

# How much of what came in is shown to people.
SHOWN_BYTES = 4_000


class NewDeadLetter(Struct, frozen=True, kw_only=True):
    """A refused record as the runner reports it.

    ``payload`` is what came in, byte for byte, in ``encoding`` (``avro``, ``json``…); ``reasons``
    names every rule that it broke; ``rule`` is the first one's stable name, by which dead letters
    of one cause are grouped. ``event_time`` is microseconds UTC. ``source``, ``dataset``, ``run``
    are for people and for ownership: a source's name, a dataset's node id, a run's node id.
    """

    stage: str
    product: str
    step: str
    encoding: str
    payload: bytes
    rule: str
    reasons: tuple[str, ...]
    dataset: str | None = None
    source: str | None = None
    run: str | None = None
    contract: str | None = None
    event_time: int | None = None
    # Tells two records with the same bytes apart (a spine's sequence, a file's line).
    origin: str = ""

    @property
    def id(self) -> str:
        """Return the letter's identity: what failed, and where."""
        parts = (self.stage, self.product, self.step, self.origin)
        digest = blake2b(msgspec.json.encode(parts), digest_size=12)
        digest.update(self.payload)
        return digest.hexdigest()


class ReplayOutcome(Struct, frozen=True, kw_only=True):
    """What came of sending one letter through the current code again.

    When ``resolved`` is false, ``rule`` and ``reasons`` are why it was refused this time. ``event``
    is the journal position of an event that could not be used and now can: it is projected again.
    """

    letter: str
    resolved: bool
    rule: str = ""
    reasons: tuple[str, ...] = ()
    event: int | None = None


def quarantined(
    event: bytes, reasons: tuple[str, ...], *, position: int, at: int | None
) -> NewDeadLetter:
    """Return the letter of an event that cannot be used as it is; ``at`` is its event time."""
    return NewDeadLetter(
        stage=INTAKE,
        product="",
        step="",
        encoding=JSON,
        payload=event,
        rule=UNUSABLE,
        reasons=reasons,
        event_time=at,
        origin=str(position),
    )


def entry_of(letter: NewDeadLetter) -> NewEntry:
    """Return the journal entry for a refused record; reported twice, it is journaled once."""
    digest = blake2b(letter.id.encode(), digest_size=16, person=b"dead-letter").digest()
    return NewEntry(EntryKind.DEAD_LETTER, msgspec.json.encode(letter), 0, digest)


def read_letters(body: bytes) -> list[NewDeadLetter]:
    """Read a JSON array of letters, as a runner on another machine reports them.

    Raises:
        InvalidInput: it is none.

    """
    try:
        return msgspec.json.decode(body, type=list[NewDeadLetter])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the body is no list of dead letters: {error}") from error


def read_letter(body: bytes) -> NewDeadLetter:
    """Read the body of a DEAD_LETTER entry."""
    return msgspec.json.decode(body, type=NewDeadLetter)


def payload_text(payload: bytes) -> str:
    """Return what came in as text, cut where it is long; bytes that are none in base64."""
    cut = "…" if len(payload) > SHOWN_BYTES else ""
    payload = payload[:SHOWN_BYTES]
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return f"base64:{b64encode(payload).decode()}{cut}"
    return f"{text}{cut}" if text.isprintable() or "\n" in text else f"{text!r}{cut}"
