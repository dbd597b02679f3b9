"""Curation: what people say of namespaces, sources, tags and things, which no event can say.

Each is a command in the journal. It is projected as it is, and refused by nothing: the last one
about a thing holds.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from hub.domain.entries import EntryKind, NewEntry
from hub.domain.scrub import scrub


class Curated(StrEnum):
    """What can be tagged or hidden."""

    NAMESPACE = "namespace"
    DATASET = "dataset"
    JOB = "job"


class _Command(Struct, frozen=True, kw_only=True, tag_field="command"):
    """``actor`` is who asked, in words."""

    actor: str = "somebody"


class DescribeNamespace(_Command, frozen=True, tag="describe-namespace"):
    """Somebody says whose a namespace is; it may hold nothing yet."""

    namespace: str
    owner: str
    description: str | None = None


class DescribeSource(_Command, frozen=True, tag="describe-source"):
    """Somebody says where data of a source is."""

    source: str
    type: str
    connection_url: str
    description: str | None = None


class DescribeTag(_Command, frozen=True, tag="describe-tag"):
    """Somebody says what a tag means; it may tag nothing yet."""

    tag: str
    description: str | None = None


class TagThing(_Command, frozen=True, tag="tag"):
    """Somebody puts a tag on a dataset, a field of it, or a job; or, ``remove``, takes it off."""

    kind: Curated
    namespace: str
    name: str
    tag: str
    field: str = ""
    remove: bool = False


class HideThing(_Command, frozen=True, tag="hide"):
    """Somebody takes a dataset or a job out of sight, until an event names it again.

    Of a namespace, with all that it holds; ``name`` is empty then.
    """

    kind: Curated
    namespace: str
    name: str = ""


Curation: TypeAlias = DescribeNamespace | DescribeSource | DescribeTag | TagThing | HideThing

_decoder: Final = msgspec.json.Decoder(Curation)


def curation_entry(command: Curation) -> NewEntry:
    """Return the journal entry for a command, without the secrets that an address may hold."""
    return NewEntry(EntryKind.COMMAND, scrub(msgspec.json.encode(command)))


def decode_curation(body: bytes) -> Curation | None:
    """Read the body of a COMMAND entry; None for a command of another kind."""
    try:
        command: Curation = _decoder.decode(body)
    except msgspec.ValidationError:
        return None
    return command
