"""Writing what people say of things, and showing again what an event has named since.

Called by ``project`` for each entry in order, in its transaction, and by a rebuild.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import singledispatch
from hashlib import blake2b
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from hub.domain.curation import (
    Curated,
    Curation,
    DescribeNamespace,
    DescribeSource,
    DescribeTag,
    HideThing,
    TagThing,
    decode_curation,
)
from hub.domain.entries import Entry
from hub.domain.openlineage.events import DatasetEvent, Event
from hub.store.rows import put_row
from hub.store.tables import (
    dataset,
    hidden_thing,
    job,
    namespace,
    namespace_note,
    source_note,
    tag_note,
    tagging,
    tagging_history,
)

# What a rebuild empties.
CURATION_TABLES: Final = (
    namespace_note,
    source_note,
    tag_note,
    tagging,
    tagging_history,
    hidden_thing,
)

_Thing = tuple[str, str, str]
_HIDDEN: Final = select(hidden_thing)


def write_curation(connection: Connection, entry: Entry) -> None:
    """Write what one COMMAND entry says, if it is of this kind."""
    command = decode_curation(entry.body)
    if command is not None:
        _write(command, connection, entry)


def show_again(connection: Connection, events: Iterable[tuple[int, Event]]) -> None:
    """Take out of hiding what events, each with the position that it is known from, name."""
    hidden: dict[_Thing, int] = {
        (row.kind, row.namespace, row.name): row.position for row in connection.execute(_HIDDEN)
    }
    if not hidden:
        return
    shown = {
        thing
        for position, event in events
        for thing in _things(event)
        if position > hidden.get(thing, position)
    }
    _show(connection, shown)


def _show(connection: Connection, things: Collection[_Thing]) -> None:
    for thing in things:
        where = hidden_thing.c.digest == _digest(*thing)
        connection.execute(hidden_thing.delete().where(where))


def _things(event: Event) -> set[_Thing]:
    found: set[_Thing] = set()
    if isinstance(event, DatasetEvent):
        datasets = [event.dataset]
    else:
        datasets = [*event.inputs, *event.outputs]
        found.add((Curated.JOB, *event.job))
        found.add((Curated.NAMESPACE, event.job.namespace, ""))
    for use in datasets:
        found.add((Curated.DATASET, *use.name))
        found.add((Curated.NAMESPACE, use.name.namespace, ""))
    return found


@singledispatch
def _write(command: Curation, connection: Connection, entry: Entry) -> None:
    raise NotImplementedError(type(command))


@_write.register
def _(command: DescribeNamespace, connection: Connection, entry: Entry) -> None:
    row = {
        "namespace": command.namespace,
        "owner": command.owner,
        "description": command.description,
        **_times(entry),
    }
    put_row(connection, namespace_note, row, kept=("noted_at",))
    _show(connection, [(Curated.NAMESPACE, command.namespace, "")])


@_write.register
def _(command: DescribeSource, connection: Connection, entry: Entry) -> None:
    row = {
        "source": command.source,
        "type": command.type,
        "connection_url": command.connection_url,
        "description": command.description,
        **_times(entry),
    }
    put_row(connection, source_note, row, kept=("noted_at",))


@_write.register
def _(command: DescribeTag, connection: Connection, entry: Entry) -> None:
    row = {
        "tag": command.tag,
        "description": command.description,
        "position": entry.position,
    }
    put_row(connection, tag_note, row)


@_write.register
def _(command: TagThing, connection: Connection, entry: Entry) -> None:
    names = (command.kind.value, command.namespace, command.name, command.field, command.tag)
    columns = ("kind", "namespace", "name", "field", "tag")
    said = {
        **dict(zip(columns, names, strict=True)),
        "removed": command.remove,
        "position": entry.position,
    }
    digest = _digest(*names)
    was = connection.scalar(select(tagging.c.removed).where(tagging.c.digest == digest))
    if was != command.remove:
        told = {**said, "actor": command.actor, "said_at": entry.recorded_at}
        connection.execute(tagging_history.insert(), told)
    put_row(connection, tagging, {"digest": digest, **said})


@_write.register
def _(command: HideThing, connection: Connection, entry: Entry) -> None:
    _hide(connection, (command.kind.value, command.namespace, command.name), entry.position)
    if command.kind is Curated.NAMESPACE:
        for kind, table in ((Curated.DATASET, dataset), (Curated.JOB, job)):
            held = (
                select(table.c.name)
                .join(namespace, namespace.c.id == table.c.namespace_id)
                .where(namespace.c.name == command.namespace)
            )
            for name in connection.scalars(held).all():
                _hide(connection, (kind.value, command.namespace, name), entry.position)


def _hide(connection: Connection, thing: _Thing, position: int) -> None:
    named = dict(zip(("kind", "namespace", "name"), thing, strict=True))
    row = {"digest": _digest(*thing), **named, "position": position}
    put_row(connection, hidden_thing, row)


def _digest(*names: str) -> bytes:
    return blake2b(msgspec.json.encode(names), digest_size=16).digest()


def _times(entry: Entry) -> dict[str, int]:
    return {
        "noted_at": entry.recorded_at,
        "changed_at": entry.recorded_at,
        "position": entry.position,
    }
