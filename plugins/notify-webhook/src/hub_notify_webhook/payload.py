"""What is posted: Alertmanager's version 4, the page's fields under ``hub``, within a size.

Source: Alertmanager's documentation, "Configuration", section ``<webhook_config>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from hub.spi.notifier import Notification
from hub.spi.sizing import fitted, shortened

MAX_BYTES: Final = 256 * 1024
# "Never", as Alertmanager writes an end that has not come.
_OPEN_END: Final = "0001-01-01T00:00:00Z"


def encode_payload(notification: Notification) -> bytes:
    """Return the JSON to post; over ``MAX_BYTES``, long fields are cut and named in ``truncated``.

    Raises:
        InvalidInput: it is too large even so.

    """

    def encode(body: Mapping[str, Any], truncated: tuple[str, ...]) -> bytes:
        return msgspec.json.encode(payload(notification, body, truncated))

    return fitted(notification.id, notification.body, MAX_BYTES, encode)


def payload(
    notification: Notification, body: Mapping[str, Any], truncated: tuple[str, ...]
) -> dict[str, Any]:
    """Return what is posted, with ``body`` for the page."""
    status = "resolved" if notification.reason == "resolved" else "firing"
    labels = _labels(notification, body)
    annotations = {
        "summary": shortened(notification.summary),
        "description": body["evidence"],
        "why_you": "; ".join(body["path"]),
        "explain": body["explain"],
    }
    return {
        "version": "4",
        "groupKey": notification.dedup_key,
        "truncatedAlerts": 0,
        "status": status,
        "receiver": notification.receiver,
        "groupLabels": {"incident": body["incident"]},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": body["links"].get("hub", ""),
        "alerts": [
            {
                "status": status,
                "labels": labels,
                "annotations": annotations,
                "startsAt": body["onset_at"],
                "endsAt": body["resolved_at"] or _OPEN_END,
                "generatorURL": body["links"].get("incident", ""),
                "fingerprint": notification.dedup_key,
            }
        ],
        "notification_reason": notification.reason,
        "notification_id": notification.id,
        "dedup_key": notification.dedup_key,
        "is_repeat": notification.is_repeat,
        "truncated": truncated,
        "hub": body,
    }


def _labels(notification: Notification, body: Mapping[str, Any]) -> dict[str, str]:
    owner = body["owner"]
    return {
        "alertname": body["class"],
        "incident": body["incident"],
        "severity": notification.severity,
        "owner": owner["name"],
        "owner_kind": owner["kind"],
        **{name: body[name] for name in ("domain", "product", "slo") if body[name]},
    }
