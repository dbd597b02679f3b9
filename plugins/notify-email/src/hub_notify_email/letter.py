"""The message that is mailed: a text and an HTML part, in a thread for each incident.

Sources: RFC 5322 (threads, section 3.6.4), RFC 2919 (List-Id), RFC 3834 (Auto-Submitted).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import blake2b
from html import escape
from typing import Final

from hub.spi.notifier import Notification
from hub.spi.wording import cut, facts, heading, plain

_MAX_SUBJECT: Final = 200
_MAX_FACT: Final = 2_000
_URGENT: Final = ("critical", "page")


def letter(notification: Notification, sender: str, to: Sequence[str], now: float) -> EmailMessage:
    """Return the message; ``now`` is seconds since 1970.

    Its id is the same whenever the same notification is sent, so that a mailbox may drop repeats.
    """
    head, summary = plain(heading(notification)), plain(notification.summary)
    domain = sender.rpartition("@")[2].rstrip(">")
    thread = _id(notification.dedup_key, domain)
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Date"] = datetime.fromtimestamp(now, UTC)
    message["Subject"] = cut(f"[{head}] {summary}", _MAX_SUBJECT)
    message["Message-ID"] = _id(notification.id, domain)
    # No message has that id: all of an incident answer it, whichever of them arrive.
    message["In-Reply-To"] = thread
    message["References"] = thread
    message["List-Id"] = f"<incidents.hub.{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if notification.severity in _URGENT and notification.reason != "resolved":
        message["Importance"] = "high"
    told = [(label, cut(text, _MAX_FACT)) for label, text in facts(notification.body)]
    told.append(("dedup key", notification.dedup_key))
    links = notification.body["links"]
    message.set_content("\n".join(_text(head, summary, told, links)))
    message.add_alternative("".join(_html(head, summary, told, links)), subtype="html")
    return message


def _id(name: str, domain: str) -> str:
    return f"<hub.{blake2b(name.encode(), digest_size=16).hexdigest()}@{domain}>"


def _text(
    head: str, summary: str, told: Sequence[tuple[str, str]], links: Mapping[str, str]
) -> Iterator[str]:
    yield from (head, "", summary, "")
    yield from (f"{label}: {text}" for label, text in told)
    yield from ("", *(f"{name}: {link}" for name, link in links.items()))


def _html(
    head: str, summary: str, told: Sequence[tuple[str, str]], links: Mapping[str, str]
) -> Iterator[str]:
    yield f"<!DOCTYPE html><html><body><p><b>{escape(head)}</b></p><p>{escape(summary)}</p><table>"
    for label, text in told:
        yield f'<tr><th align="left" valign="top">{escape(label)}</th><td>{escape(text)}</td></tr>'
    yield "</table><p>"
    for name, link in links.items():
        yield f'<a href="{escape(link)}">{escape(name)}</a> '
    yield "</p></body></html>"
