"""Handing a message to a mail server, and what its answers mean."""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import structlog

from hub.domain.errors import InvalidInput, Unreachable
from hub.domain.failures.failure import excerpt
from hub.spi.notifier import Notification
from hub.spi.posting import mask
from hub_notify_email.letter import letter
from hub_notify_email.options import PORTS, Options, read

_log = structlog.get_logger(__name__)

_READY: Final = 220
_PERMANENT: Final = 500
_Reply = tuple[int, bytes]


class Email:
    """Mails notifications. ``clock`` returns seconds since 1970, for the message's date."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def check(self, receiver: str, options: Mapping[str, Any]) -> tuple[str, ...]:
        """Refuse options that cannot be used; return where it sends."""
        chosen = read(receiver, options)
        return (f"{chosen.host}:{chosen.port or PORTS[chosen.tls]}",)

    def send(self, notification: Notification, options: Mapping[str, Any]) -> None:
        """Mail one notification, and return once the server has taken it on."""
        chosen = read(notification.receiver, options)
        message = letter(notification, chosen.sender, chosen.to, self._clock())
        talk = _Talk(notification.receiver, chosen)
        with talk.connected() as server:
            try:
                refused = server.send_message(message)
            except smtplib.SMTPRecipientsRefused as error:
                # Those who may be told later make it worth while to try again.
                reply = min(error.recipients.values(), key=lambda each: each[0])
                raise talk.refusal(reply, "every address in to") from None
            except smtplib.SMTPResponseException as error:
                raise talk.refusal((error.smtp_code, _bytes(error.smtp_error)), "it") from None
            except (OSError, smtplib.SMTPException) as error:
                raise talk.silence(error, may_have_arrived=True) from None
        if refused:
            _log.warning("recipients_refused", receiver=notification.receiver, count=len(refused))


class _Talk:
    """One conversation with a server; ``receiver`` is named in errors, secrets are not."""

    def __init__(self, receiver: str, chosen: Options) -> None:
        self._receiver = receiver
        self._chosen = chosen

    def connected(self) -> smtplib.SMTP:
        """Return a session that is ready for a message."""
        chosen = self._chosen
        try:
            server = _session(chosen)
            try:
                self._greet(server)
            except BaseException:
                server.close()
                raise
        except smtplib.SMTPResponseException as error:
            raise self.refusal((error.smtp_code, _bytes(error.smtp_error)), "the hub") from None
        except smtplib.SMTPNotSupportedError:
            message = f"receiver {self._receiver}: the server offers no login, or no STARTTLS"
            raise InvalidInput(message, fix="check host, port and tls") from None
        except ssl.SSLCertVerificationError as error:
            message = f"receiver {self._receiver}: the server's certificate: {error.verify_message}"
            raise InvalidInput(message, fix="check host, and SSL_CERT_FILE") from None
        except (OSError, smtplib.SMTPException) as error:
            raise self.silence(error) from None
        return server

    def _greet(self, server: smtplib.SMTP) -> None:
        chosen = self._chosen
        server.ehlo_or_helo_if_needed()
        if chosen.tls == "starttls":
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        if chosen.user is not None and chosen.password is not None:
            server.login(chosen.user, chosen.password)

    def refusal(self, reply: _Reply, what: str) -> InvalidInput | Unreachable:
        """Return what a server's refusal means; 4xx is of a moment (RFC 5321, section 4.2.1)."""
        code, said = reply
        secrets = (self._chosen.password or "", self._chosen.user or "")
        words = excerpt(mask(said.decode(errors="replace"), secrets))
        message = f"receiver {self._receiver}: the server refuses {what}: {code} {words}"
        if code < _PERMANENT:
            return Unreachable(message, fix="it is tried again; check the mail server")
        return InvalidInput(message, fix="check user, password, sender and to")

    def silence(self, error: Exception, *, may_have_arrived: bool = False) -> Unreachable:
        """Return that no answer came."""
        message = f"receiver {self._receiver}: the server did not answer: {type(error).__name__}"
        failed = Unreachable(message, fix="check that it runs, and host, port and tls")
        failed.may_have_arrived = may_have_arrived
        return failed


class _Limited:
    """Waits for all answers together no longer than it may."""

    sock: Any
    ends_at: float = 0.0

    def getreply(self) -> _Reply:
        if self.sock is not None:
            self.sock.settimeout(max(0.01, self.ends_at - time.monotonic()))
        return super().getreply()  # type: ignore[misc,no-any-return]  # of the session beside it

    def __exit__(self, *_raised: object) -> None:
        # The server has taken it on by now: how it says goodbye changes nothing.
        with suppress(OSError, smtplib.SMTPException):
            super().__exit__(*_raised)  # type: ignore[misc]  # of the session beside it


class _Plain(_Limited, smtplib.SMTP):
    """A session that begins in the clear."""


class _Tls(_Limited, smtplib.SMTP_SSL):
    """A session under TLS from its first byte."""


def _session(chosen: Options) -> smtplib.SMTP:
    limit = chosen.timeout_seconds
    server: _Plain | _Tls
    if chosen.tls == "tls":
        server = _Tls(timeout=limit, context=ssl.create_default_context())
    else:
        server = _Plain(timeout=limit)
    # The constructor would set it where it connects, but then waits without our limit.
    server._host = chosen.host  # type: ignore[union-attr]  # noqa: SLF001
    server.ends_at = time.monotonic() + limit
    code, said = server.connect(chosen.host, chosen.port or PORTS[chosen.tls])
    if code != _READY:
        server.close()
        raise smtplib.SMTPConnectError(code, said)
    return server


def _bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()
