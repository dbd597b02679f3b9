"""Commands: what operators ask for, as journal entries and as the answers to them."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from hub.domain.duty.matching import Matcher
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.failures.failure import FailureClass
from hub.domain.incidents.courses import Amendment
from hub.domain.names import NodeKind


class _Command(Struct, frozen=True, kw_only=True, tag_field="command"):
    """``client_key`` makes a repeat known as one; ``actor`` is who asked, in words."""

    client_key: str | None = None
    actor: str = "somebody"


class _OfIncident(_Command, frozen=True, kw_only=True):
    """About an incident, by its id; ``expected_version`` None takes it as it is."""

    incident: str
    expected_version: int | None = None


class AcknowledgeIncident(_OfIncident, frozen=True, tag="acknowledge"):
    """Somebody sees to an incident."""


class ResolveIncident(_OfIncident, frozen=True, tag="resolve"):
    """Somebody says that an incident is over, and what it was."""

    reason: str = ""
    said: Amendment = Amendment()


class AmendIncident(_OfIncident, frozen=True, tag="amend"):
    """Somebody says more of how an incident went, whether it is over or not."""

    said: Amendment
    reason: str = ""


class ReassignIncident(_OfIncident, frozen=True, tag="reassign"):
    """Somebody hands an incident to a declared team, by its name or its domain's."""

    owner: str
    reason: str = ""


class ReclassifyIncident(_OfIncident, frozen=True, tag="reclassify"):
    """Somebody says of which class an incident is, whatever the rules say."""

    failure_class: FailureClass
    reason: str = ""


class CreateSilence(_Command, frozen=True, tag="create-silence"):
    """Somebody does not want to be told about something for a while (µs UTC)."""

    matchers: tuple[Matcher, ...]
    owner: str
    comment: str
    starts_at: int
    ends_at: int


class ExpireSilence(_Command, frozen=True, tag="expire-silence"):
    """Somebody ends a silence before its time."""

    silence: str


class PublishContract(_Command, frozen=True, tag="publish-contract"):
    """Somebody publishes a contract; ``document`` is the valid ODCS text.

    ``despite`` says why, where a spent budget had frozen it.
    """

    contract_id: str
    version: str
    document: str
    status: str | None = None
    name: str | None = None
    domain: str | None = None
    product: str | None = None
    despite: str | None = None


class ReplayDeadLetters(_Command, frozen=True, tag="replay-dead-letters"):
    """Somebody sends dead letters, by their ids, through today's code."""

    letters: tuple[str, ...]


class DiscardDeadLetters(_Command, frozen=True, tag="discard-dead-letters"):
    """Somebody says that dead letters, by their ids, are not to come back."""

    letters: tuple[str, ...]
    reason: str


class DecideRule(_Command, frozen=True, tag="decide-rule"):
    """Somebody takes up a rule that the hub proposes, or rejects it for good."""

    proposal: str
    accept: bool
    reason: str = ""


class _Naming(_Command, frozen=True, kw_only=True):
    """Says something of two names of datasets or of jobs, (namespace, name) each."""

    kind: NodeKind
    first: tuple[str, str]
    second: tuple[str, str]
    reason: str = ""


class ApproveAlias(_Naming, frozen=True, tag="approve-alias"):
    """Somebody says that ``first`` is another name of ``second``, which is to be shown."""


class KeepApart(_Naming, frozen=True, tag="keep-apart"):
    """Somebody says that two names are two things, whatever else says that they are one."""


class WithdrawRuling(_Naming, frozen=True, tag="withdraw-ruling"):
    """Somebody takes back what operators have said of two names, in whatever order."""


OnIncident: TypeAlias = (
    AcknowledgeIncident | ResolveIncident | ReassignIncident | ReclassifyIncident | AmendIncident
)
OnSilences: TypeAlias = CreateSilence | ExpireSilence
OnLetters: TypeAlias = ReplayDeadLetters | DiscardDeadLetters
OnNames: TypeAlias = ApproveAlias | KeepApart | WithdrawRuling
Command: TypeAlias = OnIncident | OnLetters | OnNames | OnSilences | DecideRule | PublishContract

# Codes of answers; every other is an error that changed nothing.
OK: Final = "OK"
CONFLICT: Final = "CONFLICT"
NOT_FOUND: Final = "NOT_FOUND"
INVALID_INPUT: Final = "INVALID_INPUT"
PENDING: Final = "PENDING"
UNAVAILABLE: Final = "UNAVAILABLE"


class Answer(Struct, frozen=True):
    """What came of a command: OK, PENDING until it is known, or one of the errors above.

    ``subject`` is the node id of what was changed, ``position`` the command's in the journal.
    """

    code: str
    position: int
    message: str | None = None
    subject: str | None = None


_decoder: Final = msgspec.json.Decoder(Command)


def entry_of(command: Command) -> NewEntry:
    """Return the journal entry for a command; a repeated client key gets the first position.

    So does a contract's version that is published again with the same text.
    """
    kind = EntryKind.CONTRACT if isinstance(command, PublishContract) else EntryKind.COMMAND
    digest = b""
    if command.client_key is not None:
        digest = _digest(b"client-key", command.client_key.encode())
    elif isinstance(command, PublishContract):
        parts = (command.contract_id, command.version, command.document)
        digest = _digest(b"contract", msgspec.json.encode(parts))
    return NewEntry(kind, msgspec.json.encode(command), 0, digest)


def _digest(kind: bytes, text: bytes) -> bytes:
    return blake2b(text, digest_size=16, person=kind).digest()


def decode_command(body: bytes) -> Command | None:
    """Read the body of a COMMAND or CONTRACT entry; None for a command of another stage's."""
    try:
        command: Command = _decoder.decode(body)
    except msgspec.ValidationError:
        return None
    return command
