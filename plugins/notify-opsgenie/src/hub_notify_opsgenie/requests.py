"""What Opsgenie is asked to do for a notification, within its limits.

Source: Opsgenie's documentation, "Alert API".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from hub.spi.notifier import Notification
from hub.spi.wording import cut, facts, heading, plain

MAX_MESSAGE: Final = 130
MAX_ALIAS: Final = 512
MAX_DESCRIPTION: Final = 15_000
MAX_ENTITY: Final = 512
MAX_TAG: Final = 50
MAX_DETAILS: Final = 8_000
MAX_NOTE: Final = 25_000
_MAX_FACT: Final = 1_000
_PRIORITIES: Final = {"critical": "P1", "page": "P2", "ticket": "P4"}
_SOURCE: Final = "hub"
_DETAILS: Final = ("incident", "class", "rule", "root", "run", "domain", "product", "step", "slo")


class Asked(NamedTuple):
    """One request: its method, its path below ``/v2/alerts``, and its JSON."""

    method: str
    path: str
    content: dict[str, Any]


def requests_of(
    notification: Notification, responders: Sequence[Mapping[str, str]]
) -> Iterator[Asked]:
    """Yield what is to be asked, in order; each may be asked again without harm."""
    alias = notification.dedup_key[:MAX_ALIAS]
    note = {"source": _SOURCE, "note": cut(_note(notification), MAX_NOTE)}
    if notification.reason == "resolved":
        yield _on(alias, "POST", "close", note)
    elif notification.reason == "acknowledged":
        yield _on(alias, "POST", "acknowledge", note)
    elif notification.reason == "changed":
        yield _on(alias, "PUT", "message", {"message": _message(notification)})
        yield _on(alias, "PUT", "description", {"description": _description(notification)})
        yield _on(alias, "POST", "notes", note)
    else:
        yield Asked("POST", "", _opening(notification, alias, responders))


def _on(alias: str, method: str, what: str, content: dict[str, Any]) -> Asked:
    return Asked(method, f"/{quote(alias, safe='')}/{what}?identifierType=alias", content)


def _opening(
    notification: Notification, alias: str, responders: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    body = notification.body
    details = {name: cut(plain(body[name]), _MAX_FACT) for name in _DETAILS if body[name]}
    opening = {
        "message": _message(notification),
        "alias": alias,
        "description": _description(notification),
        "entity": cut(plain(body["root"]), MAX_ENTITY),
        "source": _SOURCE,
        "priority": _PRIORITIES.get(notification.severity, "P3"),
        "tags": [cut(plain(tag), MAX_TAG) for tag in (body["class"], body["owner"]["name"])],
        "details": details,
        "note": cut(_note(notification), MAX_NOTE),
    }
    return opening | ({"responders": list(responders)} if responders else {})


def _message(notification: Notification) -> str:
    return cut(plain(notification.summary), MAX_MESSAGE)


def _description(notification: Notification) -> str:
    lines = [f"{label}: {cut(text, _MAX_FACT)}" for label, text in facts(notification.body)]
    lines += [f"{name}: {link}" for name, link in notification.body["links"].items()]
    return cut("\n".join(lines), MAX_DESCRIPTION)


def _note(notification: Notification) -> str:
    return f"{plain(heading(notification))}: {plain(notification.summary)}"
