"""Pages as text: what a person needs at 3 a.m., on one screen."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from hub.domain.errors import InvalidInput
from hub.spi.notifier import Notification

_HEADINGS = {
    "triggered": "NEW",
    "changed": "CHANGED",
    "acknowledged": "ACKNOWLEDGED",
    "resolved": "RESOLVED",
}
_RULE = "─" * 78


class Console:
    """Writes notifications to stderr or stdout."""

    def send(self, notification: Notification, options: Mapping[str, Any]) -> None:
        """Write one notification."""
        name = options.get("stream", "stderr")
        if name not in ("stderr", "stdout"):
            message = f"stream is {name!r}: it can be stderr or stdout"
            raise InvalidInput(message, fix="set stream in the receiver's options")
        stream = sys.stdout if name == "stdout" else sys.stderr
        stream.write(page(notification))
        stream.flush()


def page(notification: Notification) -> str:
    """Return the text of a page."""
    return "\n".join((_RULE, *_lines(notification), _RULE, ""))


def _lines(notification: Notification) -> Iterator[str]:
    body = notification.body
    heading = _HEADINGS.get(notification.reason, notification.reason.upper())
    again = " (may be a repeat)" if notification.is_repeat else ""
    yield f"{heading} {notification.severity} for {notification.receiver}{again}"
    yield notification.summary
    yield ""
    owner = body["owner"]
    yield f"owner     {owner['name']} ({owner['kind']}):"
    for sentence in body["path"]:
        yield f"            {sentence}"
    yield f"class     {body['class']}, confidence {body['confidence']:.2f}, rule {body['rule']}" + (
        f", else {body['runner_up']}" if body["runner_up"] else ""
    )
    yield f"evidence  {body['evidence']}"
    yield f"root      {body['root']}"
    for label in ("run", "source", "slo"):
        if body[label]:
            yield f"{label:<9} {body[label]}"
    yield f"touches   {', '.join(body['products']) or 'no data product'}"
    held = ", ".join(body["held_back"])
    more = body["held_back_count"] - len(body["held_back"])
    if held:
        yield f"held back {held}" + (f" and {more} more" if more else "")
    yield f"more      {body['explain']}"
