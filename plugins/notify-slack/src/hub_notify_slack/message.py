"""The message that Slack is sent: Block Kit, within its limits, with what matters most first.

Sources: Slack's developer documentation, "Reference: blocks" and "chat.postMessage".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from hub.spi.notifier import Notification
from hub.spi.wording import cut, facts, heading, plain

MAX_HEADER: Final = 150
MAX_SECTION: Final = 3_000
MAX_TEXT: Final = 4_000
MAX_BUTTONS: Final = 25
MAX_BUTTON: Final = 75
MAX_URL: Final = 3_000
_MAX_FACT: Final = 600
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})

Block = dict[str, Any]


def message(notification: Notification) -> dict[str, Any]:
    """Return the text that a push notification shows, and the blocks of the message."""
    head = plain(heading(notification))
    summary = plain(notification.summary)
    return {
        "text": escaped(f"{head}: {summary}", MAX_TEXT),
        "blocks": list(_blocks(notification, head, summary)),
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escaped(text: str, limit: int) -> str:
    """Return text in which nothing mentions, links or formats, of ``limit`` characters at most."""
    whole = text.translate(_ESCAPES)
    if len(whole) <= limit:
        return whole
    kept = whole[: limit - 1]
    if kept.rfind("&") > kept.rfind(";"):
        kept = kept[: kept.rfind("&")]
    return f"{kept}…"


def _blocks(notification: Notification, head: str, summary: str) -> Iterator[Block]:
    yield {"type": "header", "text": {"type": "plain_text", "text": cut(head, MAX_HEADER)}}
    told = (f"*{label}*: {escaped(text, _MAX_FACT)}" for label, text in facts(notification.body))
    for text in _packed([escaped(summary, _MAX_FACT), *told]):
        yield {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    buttons = [
        {
            "type": "button",
            "action_id": name,
            "text": {"type": "plain_text", "text": cut(name, MAX_BUTTON)},
            "url": url,
        }
        for name, url in notification.body["links"].items()
        if len(url) <= MAX_URL
    ]
    if buttons:
        yield {"type": "actions", "elements": buttons[:MAX_BUTTONS]}
    key = escaped(f"dedup key {notification.dedup_key}", MAX_SECTION)
    yield {"type": "context", "elements": [{"type": "mrkdwn", "text": key}]}


def _packed(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines in as few texts as a section's limit allows."""
    packed = ""
    for line in filter(None, lines):
        if packed and len(packed) + 1 + len(line) > MAX_SECTION:
            yield packed
            packed = ""
        packed = f"{packed}\n{line}" if packed else line
    if packed:
        yield packed
