"""The way in for operators: a command is checked, appended, and waited for, but not for long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Final

from hub.domain.commands import (
    PENDING,
    Answer,
    Command,
    CreateSilence,
    OnIncident,
    PublishContract,
    entry_of,
)
from hub.domain.duty.matching import parse_matcher
from hub.domain.duty.silences import check_silence
from hub.domain.errors import InvalidInput, NotFound
from hub.domain.failures.redaction import redact
from hub.domain.incidents.routing import labels_known, why_never
from hub.settings.contract_files import check_contract
from hub.settings.documents import parse_document
from hub.store import command_book, incident_book
from hub.store.silences import made_by

if TYPE_CHECKING:
    from hub.domain.catalog import Catalog
    from hub.store.opening import Store

WAIT_SECONDS: Final = 2.0
_LOOK_EVERY_SECONDS: Final = 0.02


class CommandPort:
    """Takes commands; ``nudge`` lets the stages see to them, and returns at once or when idle."""

    def __init__(
        self, store: Store, *, clock: Callable[[], int], nudge: Callable[[], None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._nudge = nudge

    def submit(self, command: Command) -> Answer:
        """Append a command, and return what came of it, or PENDING after two seconds.

        A repeated client key gets the answer to the first command under it.

        Raises:
            NotFound: the command names an incident that does not exist.

        """
        if isinstance(command, OnIncident):
            self._demand_incident(command.incident)
        [appended] = self._store.journal.append([entry_of(command)], recorded_at=self._clock())
        self._nudge()
        return self._wait(appended.position)

    def _demand_incident(self, incident: str) -> None:
        with self._store.database.read() as connection:
            if incident_book.find_incident(connection, incident) is None:
                message = f"there is no incident {incident}"
                raise NotFound(message, fix="`hub incidents ls` lists them")

    def _wait(self, position: int) -> Answer:
        pause = Event()
        for _look in range(round(WAIT_SECONDS / _LOOK_EVERY_SECONDS)):
            with self._store.database.read() as connection:
                found = command_book.answer_of(connection, position)
            if found is not None:
                return found
            pause.wait(_LOOK_EVERY_SECONDS)
        return Answer(PENDING, position)


def silence_command(  # noqa: PLR0913 - the fields of a silence
    matchers: Sequence[str],
    *,
    owner: str,
    comment: str,
    starts_at: int,
    ends_at: int,
    now: int,
    catalog: Catalog,
    actor: str = "somebody",
    client_key: str | None = None,
) -> CreateSilence:
    """Return the command that makes a silence; instants are microseconds UTC.

    Raises:
        InvalidInput: a matcher or a label is none, or it is as ``check_silence`` refuses.

    """
    known = labels_known(catalog)
    parsed = tuple(map(parse_matcher, matchers))
    for each in parsed:
        if each.label not in known:
            fix = f"labels are {', '.join(sorted(known))}"
            raise InvalidInput(f"{each.label!r} is no label", fix=fix)
        never = why_never(each.label, each.value) if each.compares_values else None
        if never is not None:
            raise InvalidInput(never)
    command = CreateSilence(
        matchers=parsed,
        owner=owner,
        comment=comment,
        starts_at=starts_at,
        ends_at=ends_at,
        actor=actor,
        client_key=client_key,
    )
    check_silence(made_by(command, 0), now=now)
    return command


def contract_command(
    text: str,
    *,
    name: str = "contract",
    client_key: str | None = None,
    actor: str = "somebody",
    despite: str | None = None,
) -> PublishContract:
    """Return the command that publishes a contract, given as its YAML text.

    Raises:
        InvalidInput: the text is no document that the standard's schema accepts.

    """
    document = parse_document(text, Path(name))
    for finding in check_contract(document):
        raise finding
    value = document.value
    return PublishContract(
        contract_id=value["id"],
        version=value["version"],
        document=text,
        status=value.get("status"),
        name=value.get("name"),
        domain=value.get("domain"),
        product=value.get("dataProduct"),
        despite=None if despite is None else redact(despite),
        client_key=client_key,
        actor=actor,
    )
