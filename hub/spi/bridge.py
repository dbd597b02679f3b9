"""Bridges: other catalogues of metadata, brought into the hub and told what the hub is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Reply(Struct, frozen=True):
    """What came back: the HTTP status, the body, and the journal position of a write.

    ``moved_to`` is where a redirect leads, as the server wrote it.
    """

    status: int
    body: bytes
    position: int | None = None
    moved_to: str | None = None


class HubApi(Protocol):
    """The hub's own REST API, wherever the hub is: on another machine, or in this process.

    It is all that a bridge needs of the hub: events go to ``/api/v1/lineage/batch``, and what is
    below ``/api/v1`` besides reads and writes what no event can say.
    """

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, after: int | None = None
    ) -> Reply:
        """Return the answer to a request, once the hub has projected position ``after``.

        ``path`` begins with ``/api/v1/`` and is encoded. Waits while the hub sheds load.

        Raises:
            Unreachable: there is no hub, or it keeps on shedding load.
            NotAuthorised: it wants another key.

        """


class Progress(Struct, frozen=True, kw_only=True):
    """How far an import has come: ``done`` of ``total`` (None: nobody knows) of a ``stage``.

    ``checkpoint`` is where another import may go on; None leaves the last one standing.
    """

    stage: str
    done: int
    total: int | None = None
    checkpoint: Mapping[str, Any] | None = None


class Count(Struct, frozen=True):
    """How many things of a kind the other catalogue has, and how many of those the hub has."""

    kind: str
    there: int
    here: int


class Difference(Struct, frozen=True, kw_only=True):
    """Where the two differ, and why; ``examples`` are the first few.

    ``is_lacking`` tells what the hub ought to have from what differs on purpose.
    """

    kind: str
    why: str
    count: int
    examples: tuple[str, ...]
    is_lacking: bool = True


class Report(Struct, frozen=True, kw_only=True):
    """What an import came to. ``told`` counts what it did, by a word for it."""

    counts: tuple[Count, ...]
    differences: tuple[Difference, ...] = ()
    told: Mapping[str, int] = {}

    @property
    def is_whole(self) -> bool:
        """Whether the hub lacks nothing of the other catalogue."""
        return not any(each.is_lacking for each in self.differences)


class Bridge(Protocol):
    """Reads another catalogue and writes to it. ``options`` say where it is.

    They are ``url`` always, and ``database`` and ``key`` where somebody gave them.

    Duties: bringing again what was brought changes nothing, also after it was cut off anywhere,
    with a checkpoint or without; the bytes of an event that the catalogue kept are not changed
    without need, and one that is made up says so by its producer; no secret is logged or told.
    """

    def bring(
        self, hub: HubApi, options: Mapping[str, Any], checkpoint: Mapping[str, Any] | None
    ) -> Iterator[Progress | Report]:
        """Bring everything into the hub, from a checkpoint on; the last of all is the report.

        Raises:
            Unreachable: the catalogue or the hub does not answer.
            InvalidInput, NotAuthorised: the options are wrong.
            DataError: the catalogue's answers cannot be read.

        """

    def compare(self, hub: HubApi, options: Mapping[str, Any]) -> Iterator[Progress | Report]:
        """Tell what the hub lacks of the catalogue, and change nothing; raises as ``bring``."""

    def send(self, event: bytes, options: Mapping[str, Any]) -> str | None:
        """Tell the catalogue of an event; return None, or why it will never take it.

        Raises:
            Unreachable: trying again may help.

        """
