"""Posting a notification: one request, no redirects, a stated time limit."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import httpx
import msgspec
from msgspec import Struct, field

from hub.domain.errors import InvalidInput, Unreachable
from hub.spi.notifier import Notification

_TRY_AGAIN = (408, 425, 429)
_SERVER_ERROR = 500
# "Never", as Alertmanager writes an end that has not come.
_OPEN_END = "0001-01-01T00:00:00Z"


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """A receiver's options; ``secret`` signs the body."""

    url: str
    secret: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    timeout_seconds: float = 10.0


class Webhook:
    """Posts notifications with one client, whose connections are kept."""

    def __init__(self) -> None:
        self._client = httpx.Client(follow_redirects=False, trust_env=False)

    def send(self, notification: Notification, options: Mapping[str, Any]) -> None:
        """Post one notification, and return once the receiver has answered with success."""
        chosen = _options(options)
        body = msgspec.json.encode(payload(notification))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "hub-notify-webhook",
            "Idempotency-Key": notification.id,
            **chosen.headers,
        }
        if chosen.secret is not None:
            headers["Hub-Signature"] = f"sha256={signature(chosen.secret, body)}"
        try:
            answer = self._client.post(
                chosen.url, content=body, headers=headers, timeout=chosen.timeout_seconds
            )
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            message = f"receiver {notification.receiver} has no usable url: {error}"
            raise InvalidInput(message, fix="write http://… or https://…") from error
        except httpx.TransportError as error:
            raise _unreachable(notification, error) from error
        _demand_success(notification, answer)


def payload(notification: Notification) -> dict[str, Any]:
    """Return the body: Alertmanager's version 4, with a few fields more."""
    body = notification.body
    is_over = notification.reason == "resolved"
    status = "resolved" if is_over else "firing"
    owner = body["owner"]
    labels = {
        "alertname": body["class"],
        "incident": body["incident"],
        "severity": notification.severity,
        "owner": owner["name"],
        "owner_kind": owner["kind"],
        **{name: body[name] for name in ("domain", "product", "slo") if body[name]},
    }
    annotations = {
        "summary": notification.summary,
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
        "hub": dict(body),
    }


def signature(secret: str, body: bytes) -> str:
    """Return the HMAC-SHA256 of a body, in hexadecimal."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _options(options: Mapping[str, Any]) -> Options:
    try:
        return msgspec.convert(dict(options), Options)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            f"the webhook's options are wrong: {error}", fix="see the README of hub-notify-webhook"
        ) from error


def _unreachable(notification: Notification, error: httpx.TransportError) -> Unreachable:
    """Never with the URL: it may hold a secret."""
    failed = Unreachable(
        f"receiver {notification.receiver} did not answer: {type(error).__name__}",
        fix="check that it runs, and its url",
    )
    # Only while connecting is it certain that nothing was sent.
    connecting = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    failed.may_have_arrived = not isinstance(error, connecting)
    return failed


def _demand_success(notification: Notification, answer: httpx.Response) -> None:
    if answer.is_success:
        return
    status = answer.status_code
    message = f"receiver {notification.receiver} answered {status} {answer.reason_phrase}".strip()
    if status in _TRY_AGAIN or status >= _SERVER_ERROR:
        raise Unreachable(message)
    fix = (
        "redirects are not followed: set the url that it leads to"
        if answer.is_redirect
        else ("check the receiver's url, headers and secret")
    )
    raise InvalidInput(message, fix=fix)
