"""Telling people through a service that apprise knows, with its edges taken off.

One receiver is one service: of several, those that were told would be told again when another
failed. Nothing is kept on the disk, nothing waits for a pace of the library's own, redirects are
not followed, and a refusal that the library only logs is an error with its reason.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from apprise import (
    Apprise,
    AppriseAsset,
    NotifyFormat,
    NotifyType,
    OverflowMode,
    PersistentStoreMode,
)
from apprise.plugins import NotifyBase
from apprise.result import AppriseResult, AppriseResultStatus
from msgspec import Struct

from hub.domain.errors import HubError, InvalidInput, Unreachable
from hub.domain.failures.failure import excerpt
from hub.spi.notifier import Notification
from hub.spi.posting import MAX_SECONDS, check_timeout, mask, read_options
from hub.spi.wording import cut, facts, heading, plain

_CONNECT_SECONDS: Final = 3.0
_MAX_TITLE: Final = 250
_MAX_FACT: Final = 300
_KINDS: Final = {"resolved": NotifyType.SUCCESS, "acknowledged": NotifyType.INFO}
_SEVERITIES: Final = {
    "critical": NotifyType.FAILURE,
    "page": NotifyType.FAILURE,
    "ticket": NotifyType.WARNING,
}
_STATUS: Final = re.compile(r"\berror=(?P<status>[1-5]\d\d)\b")
_TRY_AGAIN: Final = (408, 425, 429)
_CLIENT_ERRORS: Final = range(400, 500)
_SPLIT: Final = re.compile(r"[/?#&=@:,;]+")


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """``url`` is the service as apprise writes it, secrets and all."""

    url: str
    timeout_seconds: float = MAX_SECONDS

    def mask(self, text: str) -> str:
        """Return ``text`` without anything that the URL may keep secret."""
        parts = _SPLIT.split(self.url.partition("://")[2])
        return mask(text, [self.url, *parts, *map(unquote, parts)])


class Service:
    """Sends through apprise."""

    def __init__(self) -> None:
        # It logs urls, which hold secrets. What is worth knowing is in the results.
        logger = logging.getLogger("apprise")
        logger.propagate = False
        logger.addHandler(logging.NullHandler())
        # So does what it posts with, at the level of debugging.
        logging.getLogger("urllib3").setLevel(logging.ERROR)

    def check(self, receiver: str, options: Mapping[str, Any]) -> tuple[str, ...]:
        """Refuse options that cannot be used; return where it sends."""
        _service(receiver, _read(receiver, options))
        return ()

    def send(self, notification: Notification, options: Mapping[str, Any]) -> None:
        """Send one message, and return once the service has taken it."""
        receiver = notification.receiver
        chosen = _read(receiver, options)
        sender = Apprise(asset=_behaviour())
        sender.add(_service(receiver, chosen))
        summary = plain(notification.summary)
        title = cut(plain(heading(notification)), _MAX_TITLE)
        with sender.notify(
            body="\n".join(_lines(notification, summary)),
            title=title,
            body_format=NotifyFormat.TEXT,
            notify_type=_kind(notification),
            interpret_escapes=False,
            timeout=chosen.timeout_seconds,
        ) as result:
            if not result:
                raise _failure(receiver, chosen, result)


def _read(receiver: str, options: Mapping[str, Any]) -> Options:
    chosen = read_options(receiver, options, Options, "hub-notify-apprise")
    check_timeout(receiver, chosen.timeout_seconds)
    return chosen


def _behaviour() -> AppriseAsset:
    """Return how apprise is to behave: without a disk, threads of its own for many, or a name."""
    return AppriseAsset(
        app_id="hub",
        app_desc="hub",
        storage_mode=PersistentStoreMode.MEMORY,
        secure_logging=True,
        allow_templates=False,
    )


def _service(receiver: str, chosen: Options) -> NotifyBase:
    service = Apprise.instantiate(chosen.url, asset=_behaviour(), suppress_exceptions=True)
    if not isinstance(service, NotifyBase):
        message = f"receiver {receiver}: url is no service that apprise knows"
        raise InvalidInput(message, fix="its documentation shows one for each service")
    # It would sleep between the parts of a message, for seconds.
    service.request_rate_per_sec = 0.0
    service.overflow_mode = OverflowMode.TRUNCATE
    # The hub tries again itself, when it is time to.
    service.retry = 0
    service.redirects = False
    service.socket_connect_timeout = _CONNECT_SECONDS
    service.socket_read_timeout = chosen.timeout_seconds
    return service


def _kind(notification: Notification) -> NotifyType:
    usual = _SEVERITIES.get(notification.severity, NotifyType.WARNING)
    return _KINDS.get(notification.reason, usual)


def _lines(notification: Notification, summary: str) -> Iterator[str]:
    yield summary
    for label, text in facts(notification.body):
        yield f"{label}: {cut(text, _MAX_FACT)}"
    yield f"dedup key: {notification.dedup_key}"
    for name, link in notification.body["links"].items():
        yield f"{name}: {link}"


def _failure(receiver: str, chosen: Options, result: AppriseResult) -> HubError:
    """Return what a falsy result means, in the words that the library logged."""
    said = [entry.message for entry in result.logs()]
    if result.status == AppriseResultStatus.TIMEOUT:
        failed = Unreachable(
            f"receiver {receiver} did not answer in {chosen.timeout_seconds:g} s",
            fix="it is tried again; check the service",
        )
        failed.may_have_arrived = True
        return failed
    words = excerpt(chosen.mask("; ".join(dict.fromkeys(said)))) or "apprise gives no reason"
    status = _status(said)
    message = f"receiver {receiver} was not told: {words}"
    if status in _CLIENT_ERRORS and status not in _TRY_AGAIN:
        return InvalidInput(message, fix="check the receiver's url")
    failed = Unreachable(message, fix="it is tried again; check the service, and the url")
    # A service that fails may do so after it took what was sent; of silence nobody knows.
    failed.may_have_arrived = status is None or status not in _CLIENT_ERRORS
    return failed


def _status(said: Iterable[str]) -> int | None:
    """Return the HTTP status, which is in the log alone."""
    found = (_STATUS.search(line) for line in said)
    return next((int(each["status"]) for each in found if each), None)
