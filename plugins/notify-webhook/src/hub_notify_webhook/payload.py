"""What is posted: Alertmanager's version 4, the page's fields under ``hub``, within a size.

Source: Alertmanager's documentation, "Configuration", section ``<webhook_config>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from hub.domain.errors import InvalidInput
from hub.spi.notifier import Notification

MAX_BYTES: Final = 256 * 1024
# What remains of a text and of a list where the whole would be too much.
_TEXT_KEPT: Final = 500
_ITEMS_KEPT: Final = 12
# "Never", as Alertmanager writes an end that has not come.
_OPEN_END: Final = "0001-01-01T00:00:00Z"


def encode_payload(notification: Notification) -> bytes:
    """Return the JSON to post; over ``MAX_BYTES``, long fields are cut and named in ``truncated``.

    Raises:
        InvalidInput: it is too large even so.

    """
    encoded = msgspec.json.encode(payload(notification, notification.body, ()))
    if len(encoded) <= MAX_BYTES:
        return encoded
    body = {name: _shortened(value) for name, value in notification.body.items()}
    truncated = tuple(name for name, value in notification.body.items() if body[name] != value)
    encoded = msgspec.json.encode(payload(notification, body, truncated))
    if len(encoded) > MAX_BYTES:
        message = f"the page of {notification.id} is {len(encoded)} bytes even when cut"
        raise InvalidInput(message, fix="read it with `hub explain`, and report this as a defect")
    return encoded


def payload(
    notification: Notification, body: Mapping[str, Any], truncated: tuple[str, ...]
) -> dict[str, Any]:
    """Return what is posted, with ``body`` for the page."""
    status = "resolved" if notification.reason == "resolved" else "firing"
    labels = _labels(notification, body)
    annotations = {
        "summary": _shortened(notification.summary),
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
        "externalURL": "",
        "alerts": [
            {
                "status": status,
                "labels": labels,
                "annotations": annotations,
                "startsAt": body["onset_at"],
                "endsAt": body["resolved_at"] or _OPEN_END,
                "generatorURL": "",
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


def _shortened(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        return value if len(value) <= _TEXT_KEPT else value[: _TEXT_KEPT - 1] + "…"
    if isinstance(value, list):
        return [_shortened(item) for item in value[:_ITEMS_KEPT]]
    if isinstance(value, dict):
        return {name: _shortened(inner) for name, inner in value.items()}
    return value
