"""Notifications to the terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final, TextIO

from rich import console as terminals

from hub.domain.errors import InvalidInput, Unreachable
from hub.spi.notifier import Notification
from hub_notify_console.page import page

_BOLD: Final = "\x1b[1;{}m{}\x1b[0m"
_COLOURS: Final = {"triggered": 31, "changed": 33, "acknowledged": 36, "resolved": 32}


class Console:
    """Writes notifications to stderr or stdout; the streams are looked up at each call."""

    def check(self, receiver: str, options: Mapping[str, Any]) -> tuple[str, ...]:
        """Refuse options that cannot be used; return where it sends."""
        del receiver
        _stream(options)
        return ()

    def send(self, notification: Notification, options: Mapping[str, Any]) -> None:
        """Write one notification."""
        stream = _stream(options)
        heading, *lines = page(notification)
        if _shows_colour(stream):
            heading = _BOLD.format(_COLOURS.get(notification.reason, 37), heading)
        text = "\n".join((heading, *lines, ""))
        encoding = stream.encoding or "utf-8"
        try:
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            stream.flush()
        except (OSError, ValueError) as error:
            message = f"receiver {notification.receiver}: nobody reads the stream: {error}"
            raise Unreachable(message, fix="give the hub's process an open stream") from error


def _stream(options: Mapping[str, Any]) -> TextIO:
    unknown = ", ".join(sorted(options.keys() - {"stream"}))
    if unknown:
        raise InvalidInput(f"the console has no option {unknown}", fix="its only one is stream")
    name = options.get("stream", "stderr")
    if name not in ("stderr", "stdout"):
        message = f"stream is {name!r}: it can be stderr or stdout"
        raise InvalidInput(message, fix="set stream in the receiver's options")
    return sys.stdout if name == "stdout" else sys.stderr


def _shows_colour(stream: TextIO) -> bool:
    """Tell whether colour is welcome: on a terminal that shows it, unless NO_COLOR is set."""
    console = terminals.Console(file=stream)
    return console.color_system is not None and not console.no_color
