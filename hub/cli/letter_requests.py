"""Asking a running hub to replay dead letters, or to discard them; it may take its time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import uuid4

from hub.cli.letter_views import PREFIX, Done, ask_letters
from hub.cli.remote import ask
from hub.domain.commands import NOT_FOUND, PENDING, UNAVAILABLE
from hub.domain.errors import HubError, InvalidInput, NotFound, Unreachable
from hub.store.dead_letters import DISCARDED, OPEN, RESOLVED, Chosen

_PAYLOAD: Final = "plan deadLetters { id state replays reasons } errors { code message }"
REPLAY: Final = f"""
mutation ($input: ReplayDeadLettersInput!) {{
  done: replayDeadLetters(input: $input) {{ {_PAYLOAD} }}
}}
"""
DISCARD: Final = f"""
mutation ($input: DiscardDeadLettersInput!) {{
  done: discardDeadLetters(input: $input) {{ {_PAYLOAD} }}
}}
"""
_AT_ONCE: Final = 1_000
_MOST: Final = 1_000_000
_ERRORS: Final[dict[str, type[HubError]]] = {NOT_FOUND: NotFound, UNAVAILABLE: Unreachable}


class Request:
    """One mutation over letters, in as many pieces as it takes."""

    def __init__(
        self,
        url: str,
        mutation: str,
        keys: Sequence[str] | None,
        chosen: Chosen,
        *,
        reason: str | None = None,
    ) -> None:
        """Choose the letters: by ``keys``, else those that are ``chosen``."""
        self._url = url
        self._mutation = mutation
        self._said = {} if reason is None else {"reason": reason}
        if keys:
            self._ids = [PREFIX + key.removeprefix(PREFIX) for key in keys]
        else:
            self._ids = [each["id"] for each in ask_letters(url, chosen, _MOST)[0]]

    def plan(self) -> list[str]:
        """Return in words what would be done."""
        planned = (self._send(ids, dryRun=True)["plan"] for ids in self._pieces())
        return [line for lines in planned for line in lines]

    def carry_out(self) -> Done:
        """Do it, and return what came of each letter.

        Raises:
            HubError: the hub refuses, or cannot do it now; what was done before stays done.

        """
        done = Done()
        for ids in self._pieces():
            before = {each["id"]: each for each in self._send(ids, dryRun=True)["deadLetters"]}
            # Sent again under its key, it is answered with what came of it.
            key = str(uuid4())
            for each in self._send(ids, clientKey=key)["deadLetters"]:
                _note(done, before[each["id"]], each)
        return done

    def _pieces(self) -> Iterator[list[str]]:
        for start in range(0, len(self._ids), _AT_ONCE):
            yield self._ids[start : start + _AT_ONCE]

    def _send(self, ids: Sequence[str], **more: object) -> dict[str, Any]:
        given = {"ids": ids, **self._said, **more}
        while True:
            done: dict[str, Any] = ask(self._url, self._mutation, {"input": given})["done"]
            [error] = done["errors"] or [None]
            if error is None:
                return done
            if error["code"] != PENDING:
                raise _ERRORS.get(error["code"], InvalidInput)(error["message"])


def _note(done: Done, before: dict[str, Any], after: dict[str, Any]) -> None:
    key = after["id"].removeprefix(PREFIX)
    if before["state"] != OPEN or (before["state"], before["replays"]) == (
        after["state"],
        after["replays"],
    ):
        done.left_alone.append(key)
    elif after["state"] == DISCARDED:
        done.discarded.append(key)
    elif after["state"] == RESOLVED:
        done.resolved.append(key)
    else:
        done.refused[key] = after["reasons"]
