"""The alerts that Alertmanager is sent.

Source: Alertmanager's OpenAPI document, version 2, ``POST /alerts``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from hub.domain.instants import format_instant
from hub.spi.notifier import Notification
from hub.spi.wording import cut, facts, heading, plain

# Alertmanager ends an alert by itself unless told for how long it lasts.
_LASTS: Final = 366 * 86_400 * 1_000_000
_SECOND: Final = 1_000_000
_MAX_TEXT: Final = 1_000
_LABELS: Final = ("domain", "product", "step", "source", "slo")

Labels = dict[str, str]


def firing_of(notification: Notification, more: Mapping[str, str], now: float) -> list[Any]:
    """Return the alert of a notification, after the end of what it was told as before.

    ``now`` is seconds since 1970. Labels are what an alert is known by: where they have changed,
    the alert under the old ones is over.
    """
    at = int(now * _SECOND)
    labels = labels_of(notification, more)
    earlier = _earlier(notification)
    over = [] if earlier in (None, labels) else [_item(notification, earlier, format_instant(at))]
    ends_at = notification.body["resolved_at"] if notification.reason == "resolved" else None
    return [*over, _item(notification, labels, ends_at or format_instant(at + _LASTS))]


def labels_of(notification: Notification, more: Mapping[str, str]) -> Labels:
    """Return the labels of an alert; ``more`` are the receiver's own."""
    body = notification.body
    labels = {
        "alertname": body["class"],
        "incident": body["incident"],
        "severity": notification.severity,
        "owner": body["owner"]["name"],
        "owner_kind": body["owner"]["kind"],
        **{name: body[name] for name in _LABELS if body[name]},
        **more,
    }
    return {name: cut(plain(value), _MAX_TEXT) for name, value in labels.items() if value}


def encode_labels(labels: Labels) -> str:
    """Return labels as the receipt that brings them back."""
    return msgspec.json.encode(labels, order="sorted").decode()


def _earlier(notification: Notification) -> Labels | None:
    """Return the labels under which it was told before; None of a receipt that is not ours."""
    try:
        return msgspec.json.decode(notification.earlier or "", type=dict[str, str])
    except msgspec.DecodeError:
        return None


def _item(notification: Notification, labels: Labels | None, ends_at: str) -> dict[str, Any]:
    body = notification.body
    annotations = {
        "heading": plain(heading(notification)),
        "summary": plain(notification.summary),
        "dedup_key": notification.dedup_key,
        **{label.replace(" ", "_"): text for label, text in facts(body)},
        **{f"link_{name}": link for name, link in body["links"].items()},
    }
    return {
        "labels": labels,
        "annotations": {name: cut(text, _MAX_TEXT) for name, text in annotations.items()},
        "startsAt": body["onset_at"],
        # A producer's clock may be ahead, and no end before its start is taken.
        "endsAt": max(ends_at, body["onset_at"]),
        "generatorURL": body["links"].get("incident", ""),
    }
