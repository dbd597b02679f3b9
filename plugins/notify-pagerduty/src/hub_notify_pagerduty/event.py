"""The event that PagerDuty is sent, within its limits.

Source: PagerDuty's developer documentation, "Events API v2 Overview" and "Send an Alert Event".
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


def _payload(notification: Notification, details: Mapping[str, Any]) -> dict[str, Any]:
    body = notification.body
    return {
        "summary": cut(plain(notification.summary), MAX_SUMMARY) or body["incident"],
        "source": cut(plain(body["root"]), _MAX_TEXT),
        "severity": _SEVERITIES.get(notification.severity, "error"),
        "timestamp": body["onset_at"],
        "component": body["step"] or body["source"],
        "group": body["product"] or body["domain"],
        "class": body["class"],
        "custom_details": details,
    }


def _links(body: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"href": href, "text": text} for text, href in body["links"].items()]
