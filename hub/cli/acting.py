"""Doing what changes something: in a store in this process, or at a running hub."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from hub.cli.options import settings_of
from hub.cli.remote import ask
from hub.domain.commands import OK, PENDING
from hub.domain.errors import Conflict, InvalidInput, NotFound, NotYetProjected, Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

    from hub.domain.catalog import Catalog
    from hub.domain.commands import Answer, Command
    from hub.domain.names import NamesOf

C = TypeVar("C", bound="Command")

_ERRORS = {
    "CONFLICT": Conflict,
    "PENDING": NotYetProjected,
    "NOT_FOUND": NotFound,
    "INVALID_INPUT": InvalidInput,
    "REFUSED": Refused,
}


def submit(
    config: Path | None,
    database: str | None,
    make: Callable[[Catalog, int], C],
    check: Callable[[Connection, Catalog, C, int, NamesOf], None] | None = None,
    *,
    creates: bool = False,
) -> Answer:
    """Carry out a command on a store; ``make`` is given what is declared, and the time.

    ``check`` raises what is against it; ``creates`` makes a store that is not there.

    Raises:
        HubError: nothing came of it.

    """
    from hub.app.hub import offline, settle
    from hub.flow.commands import CommandPort

    with offline(settings_of(config, database), creates=creates) as hub:
        port = CommandPort(hub.store, clock=hub.clock, nudge=lambda: settle(hub))
        command = make(hub.catalog(), hub.clock())
        if check is not None:
            with hub.store.database.read() as connection:
                names = hub.index.identities(connection).called
                check(connection, hub.catalog(), command, hub.clock(), names)
        answer = port.submit(command)
    if answer.code == PENDING:
        message = f"the hub has taken it at position {answer.position}, and has not done it yet"
        raise NotYetProjected(message)
    if answer.code != OK:
        raise _ERRORS.get(answer.code, Conflict)(answer.message or answer.code)
    return answer


def mutate(url: str, name: str, given: dict[str, Any], wanted: str = "") -> dict[str, Any]:
    """Carry out a mutation at a running hub, and return what is ``wanted`` of its payload.

    Raises:
        HubError: nothing came of it.

    """
    kind = f"{name[0].upper()}{name[1:]}Input"
    query = (
        f"mutation ($input: {kind}!) {{ {name}(input: $input)"
        f" {{ {wanted} errors {{ code message }} }} }}"
    )
    answer: dict[str, Any] = ask(url, query, {"input": {**given, "clientKey": uuid4().hex}})[name]
    for error in answer["errors"]:
        raise _ERRORS.get(error["code"], InvalidInput)(error["message"])
    return answer


def actor() -> str:
    """Return who does it: the user of this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
