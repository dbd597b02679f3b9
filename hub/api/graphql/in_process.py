"""Answering queries in this process, without HTTP: for commands that work on a store."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

import msgspec

from hub.api.graphql.changes import Changes
from hub.api.graphql.compiled.asked import Unanswered
from hub.api.graphql.query import FINDERS
from hub.api.graphql.reads import Sources
from hub.api.graphql.schema import build_schema
from hub.api.graphql.sessions import Session
from hub.domain.errors import HubError, InvalidInput, InvariantBroken


def answer(sources: Sources, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of a query of our own, as a client gets it.

    Raises:
        HubError: what a resolver has raised.
        InvalidInput: the variables do not fit.
        StoreUnavailable: the store cannot be read.

    """
    operation = build_schema().documents.read(query).compiled(None)
    if operation is None:
        raise InvariantBroken("a query of the hub's own does not fit its schema")
    session = Session(sources, FINDERS, Changes(lambda: 0), "local")
    with closing(session.open()) as reads:
        try:
            data = operation.answer(reads, variables)
        except Unanswered as error:
            if isinstance(error.__cause__, HubError):
                raise error.__cause__ from None
            if outage := sources.database.outage(error.__cause__):
                raise outage from error
            raise InvalidInput(f"this cannot be asked: {dict(variables)}") from error
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(data))
    return found
