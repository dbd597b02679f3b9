"""The event that PagerDuty is sent, within its limits.

Source: PagerDuty's developer documentation, "Events API v2 Overview", "Send an Alert Event" and
"Send a Change Event".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from hub.spi.notifier import Notification
from hub.spi.wording import cut, facts, plain

MAX_BYTES: Final = 512_000
MAX_SUMMARY: Final = 1_024
MAX_KEY: Final = 255
_MAX_TEXT: Final = 1_000
_MAX_CHANGES: Final = 50
_ACTIONS: Final = {"acknowledged": "acknowledge", "resolved": "resolve"}
_SEVERITIES: Final = {"critical": "critical", "page": "error", "ticket": "warning"}


def encode_event(notification: Notification, routing_key: str) -> bytes:
    """Return the event: an incident is triggered, acknowledged and resolved under one key.

    Where all of the page's fields are too much, its text is sent alone.
    """
    action = _ACTIONS.get(notification.reason, "trigger")
    event: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": action,
        "dedup_key": notification.dedup_key[:MAX_KEY],
    }
    if action != "trigger":
        return msgspec.json.encode(event)
    details = {label: cut(text, _MAX_TEXT) for label, text in facts(notification.body)}
    if notification.is_repeat:
        details["repeat"] = "this may have been sent before"
    event |= {
        "client": "hub",
        "payload": _payload(notification, details | {"page": notification.body}),
        "links": _links(notification.body),
    }
    encoded = msgspec.json.encode(event)
    if len(encoded) <= MAX_BYTES:
        return encoded
    return msgspec.json.encode(event | {"payload": _payload(notification, details)})


def encode_change(notification: Notification, routing_key: str) -> bytes | None:
    """Return the event that tells what changed before an incident began; None where nothing did.

    Change events have no key by which a repeat would be known: of an incident there is one, which
    goes out with its first page.
    """
    body = notification.body
    changes = [cut(plain(line), _MAX_TEXT) for line in body["changes"][:_MAX_CHANGES]]
    if notification.reason != "triggered" or notification.is_repeat or not changes:
        return None
    more = f" (and {len(body['changes']) - 1} more)" if len(body["changes"]) > 1 else ""
    event = {
        "routing_key": routing_key,
        "payload": {
            "summary": f"{cut(plain(body['changes'][0]), MAX_SUMMARY - len(more))}{more}",
            "source": cut(plain(body["root"]), _MAX_TEXT),
            "timestamp": body["onset_at"],
            "custom_details": {"incident": body["incident"], "changes": changes},
        },
        "links": _links(body),
    }
    return msgspec.json.encode(event)


def _payload(notification: Notification, details: Mapping[str, Any]) -> dict[str, Any]:
    body = notification.body
    known = {
        "component": body["step"] or body["source"],
        "group": body["product"] or body["domain"],
    }
    return {
        "summary": cut(plain(notification.summary), MAX_SUMMARY) or body["incident"],
        "source": cut(plain(body["root"]), _MAX_TEXT),
        "severity": _SEVERITIES.get(notification.severity, "error"),
        "timestamp": body["onset_at"],
        **{name: text for name, text in known.items() if text},
        "class": body["class"],
        "custom_details": details,
    }


def _links(body: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"href": href, "text": text} for text, href in body["links"].items()]
