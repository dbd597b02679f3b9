"""Sending messages: as a bot, which edits and answers its own, or to an incoming webhook."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from hub.domain.errors import InvalidInput, Unreachable
from hub.domain.failures.failure import excerpt
from hub.spi.notifier import Notification
from hub.spi.posting import (
    MAX_SECONDS,
    address_of,
    check_timeout,
    check_url,
    exchange,
    mask,
    read_options,
    request_of,
)
from hub_notify_slack.message import message

_API: Final = "https://slack.com/api"
_ANSWER_BYTES: Final = 256 * 1024
# What changes the message that is there, and what people are to notice.
_EDITED: Final = ("changed", "acknowledged", "resolved")
_ANSWERED: Final = ("changed", "repeated", "escalated")
# Of these Slack says that some of what was asked for may have been done.
_IN_PART: Final = ("fatal_error", "internal_error")
_TRY_AGAIN: Final = (
    "fatal_error",
    "internal_error",
    "rate_limited",
    "ratelimited",
    "request_timeout",
    "service_unavailable",
)
# A channel's id, and a message's within it; what another notifier left says nothing here.
_RECEIPT: Final = re.compile(r"([A-Z0-9]+) (\d+\.\d+)")
# The message to edit is gone, or too old: another one is written.
_GONE: Final = ("cant_update_message", "edit_window_closed", "message_not_found")


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """A bot's ``token`` with a ``channel``, or the URL of an incoming ``webhook``."""

    token: str | None = None
    channel: str | None = None
    webhook: str | None = None
    url: str = _API
    timeout_seconds: float = MAX_SECONDS

    def mask(self, text: str) -> str:
        """Return ``text`` without what the options keep secret."""
        webhook = self.webhook or ""
        return mask(text, [self.token or "", webhook, *webhook.split("/")[3:]])


class _Answer(Struct):
    """What Slack's Web API answers; ``ts`` is a message's id within its channel."""

    ok: bool
    error: str = ""
    channel: str = ""
    ts: str = ""


class _GoneError(Exception):
    """The message to edit cannot be."""


class Slack:
    """Keeps one message for each incident. ``clock`` returns seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def check(self, receiver: str, options: Mapping[str, Any]) -> tuple[str, ...]:
        """Refuse options that cannot be used; return where it sends."""
        chosen = _read(receiver, options)
        return (address_of(chosen.webhook or chosen.url),)

    def send(self, notification: Notification, options: Mapping[str, Any]) -> str | None:
        """Write a message, or edit and answer the one that is there; return where it is."""
        chosen = _read(notification.receiver, options)
        content = message(notification)
        if chosen.webhook is not None:
            self._exchange(notification.receiver, chosen, chosen.webhook, content, {})
            return None
        known = _RECEIPT.fullmatch(notification.earlier or "")
        if known is None:
            return self._post(notification.receiver, chosen, content)
        channel, ts = known.groups()
        try:
            if notification.reason in _EDITED:
                edited = {**content, "channel": channel, "ts": ts}
                self._call(notification.receiver, chosen, "chat.update", edited)
            if notification.reason in _ANSWERED:
                answer = {**content, "thread_ts": ts, "reply_broadcast": True, "channel": channel}
                self._call(notification.receiver, chosen, "chat.postMessage", answer)
        except _GoneError:
            return self._post(notification.receiver, chosen, content)
        return None

    def _post(self, receiver: str, chosen: Options, content: Mapping[str, Any]) -> str:
        posted = {**content, "channel": chosen.channel}
        answer = self._call(receiver, chosen, "chat.postMessage", posted)
        return f"{answer.channel} {answer.ts}"

    def _call(
        self, receiver: str, chosen: Options, method: str, content: Mapping[str, Any]
    ) -> _Answer:
        headers = {
            "Authorization": f"Bearer {chosen.token}",
            "Content-Type": "application/json; charset=utf-8",
        }
        url = f"{chosen.url.rstrip('/')}/{method}"
        body = self._exchange(receiver, chosen, url, content, headers)
        try:
            answer = msgspec.json.decode(body, type=_Answer)
        except (msgspec.DecodeError, UnicodeDecodeError):
            said = Unreachable(f"receiver {receiver}: {method} gave no answer of Slack's")
            said.may_have_arrived = True
            raise said from None
        if answer.ok:
            return answer
        if answer.error in _GONE:
            raise _GoneError
        why = f"receiver {receiver}: {method}: {excerpt(chosen.mask(answer.error))}"
        if answer.error in _TRY_AGAIN:
            failed = Unreachable(why, fix="it is tried again; check Slack's status")
            failed.may_have_arrived = answer.error in _IN_PART
            raise failed
        raise InvalidInput(why, fix="check the bot's token, its scope chat:write, and the channel")

    def _exchange(
        self,
        receiver: str,
        chosen: Options,
        url: str,
        content: Mapping[str, Any],
        headers: Mapping[str, str],
    ) -> bytes:
        body = msgspec.json.encode(content)
        request = request_of(url, body, headers, timeout_seconds=chosen.timeout_seconds)
        return exchange(
            request, receiver, masked=chosen.mask, now=self._clock(), read_bytes=_ANSWER_BYTES
        )


def _read(receiver: str, options: Mapping[str, Any]) -> Options:
    chosen = read_options(receiver, options, Options, "hub-notify-slack")
    check_timeout(receiver, chosen.timeout_seconds)
    check_url(receiver, chosen.url if chosen.webhook is None else chosen.webhook)
    is_bot = bool(chosen.token and chosen.channel) and chosen.webhook is None
    is_hook = chosen.webhook is not None and chosen.token is None and chosen.channel is None
    if not (is_bot or is_hook):
        message = f"receiver {receiver} needs a token and a channel, or a webhook"
        raise InvalidInput(message, fix="the README of hub-notify-slack shows both")
    if chosen.token is not None and not (chosen.token.isascii() and chosen.token.isprintable()):
        raise InvalidInput(f"receiver {receiver}: token is none", fix="copy the bot's xoxb-… token")
    return chosen
