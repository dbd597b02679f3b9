"""The event: a CloudEvent in structured JSON, within the size that everybody must forward.

Sources: CloudEvents 1.0.2, "Context Attributes", "Size Limits" (64 KiB), and its JSON format.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from hub.spi.notifier import Notification
from hub.spi.sizing import fitted
from hub.spi.wording import cut, plain

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
MAX_BYTES: Final = 64 * 1024
_MAX_TEXT: Final = 500
# When what a notification tells of has happened.
_HAPPENED: Final = {"acknowledged": "acknowledged_at", "resolved": "resolved_at"}


def event_id(notification: Notification) -> str:
    """Return the event's id: the same for a repeat, another for each step of an incident.

    The dedup key is in it: a store that begins anew counts its incidents anew.
    """
    return f"{notification.dedup_key}/{notification.id}"


def encode_event(notification: Notification, source: str) -> bytes:
    """Return the event; where the page is too large its long fields are cut and named.

    Raises:
        InvalidInput: it is too large even so.

    """

    def encode(body: Mapping[str, Any], truncated: tuple[str, ...]) -> bytes:
        return msgspec.json.encode(_event(notification, source, body, truncated))

    return fitted(notification.id, notification.body, MAX_BYTES, encode)


def _event(
    notification: Notification, source: str, body: Mapping[str, Any], truncated: tuple[str, ...]
) -> dict[str, Any]:
    happened = body[_HAPPENED.get(notification.reason, "opened_at")] or body["opened_at"]
    data = {**body, "summary": cut(plain(notification.summary), _MAX_TEXT), "truncated": truncated}
    return {
        "specversion": "1.0",
        "id": event_id(notification),
        "source": source,
        "type": f"hub.incident.{notification.reason}",
        "subject": body["incident"],
        "time": happened,
        "datacontenttype": "application/json",
        # Extensions: names of lower-case letters and digits alone.
        "dedupkey": notification.dedup_key,
        "severity": notification.severity,
        "receiver": notification.receiver,
        "repeat": notification.is_repeat,
        "data": data,
    }
