"""A page as text: what a person needs at 3 a.m., on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import TextWrapper
from typing import Any, Final

from hub.spi.notifier import Notification

WIDTH: Final = 100
_HEADINGS: Final = {
    "triggered": "NEW",
    "changed": "CHANGED",
    "acknowledged": "ACKNOWLEDGED",
    "resolved": "RESOLVED",
}
_LABEL: Final = 11
_STEPS: Final = 5
_LONG: Final = 3
_TIMES: Final = {
    "onset_at": "began",
    "opened_at": "opened",
    "acknowledged_at": "acknowledged",
    "resolved_at": "resolved",
}


def page(notification: Notification) -> Iterator[str]:
    """Yield the lines of a page: 24 at most, of ``WIDTH`` characters, the heading first."""
    body = notification.body
    heading = _HEADINGS.get(notification.reason, notification.reason.upper())
    again = " (may be a repeat)" if notification.is_repeat else ""
    head = f"── {heading} {notification.severity} for {notification.receiver}{again} "
    yield _plain(head)[:WIDTH].ljust(WIDTH, "─")
    yield from _wrapped("", notification.summary, _LONG)
    yield from _wrapped("times", _times(body))
    yield from _wrapped("class", _verdict(body))
    yield from _wrapped("evidence", body["evidence"], _LONG)
    yield from _wrapped("owner", f"{body['owner']['name']} ({body['owner']['kind']}), because", 1)
    yield from _path(body["path"])
    yield from _wrapped("root", body["root"], 1)
    yield from _wrapped("run", body["run"] or "", 1)
    yield from _wrapped("belongs to", _place(body), 1)
    yield from _wrapped("touches", _touched(body))
    yield from _wrapped("held back", _listed(body["held_back"], body["held_back_count"]))
    yield from _wrapped("more", f"{body['explain']}   (dedup key {notification.dedup_key})", 1)


def _times(body: Mapping[str, Any]) -> str:
    told = [f"{word} {body[at][:19]}Z" for at, word in _TIMES.items() if body[at]]
    return ", ".join(told)


def _verdict(body: Mapping[str, Any]) -> str:
    line = (
        f"{body['class']}, confidence {body['confidence']:.2f}, "
        f"by rule {body['rule']} of set {body['rule_set']}"
    )
    return f"{line}; else {body['runner_up']}" if body["runner_up"] else line


def _path(path: Sequence[str]) -> Iterator[str]:
    """The first step and the last ones: where it began, and what decided."""
    shown = path if len(path) <= _STEPS else [path[0], "…", *path[2 - _STEPS :]]
    for sentence in shown:
        yield from _wrapped("", f"  {sentence}", 1, label_width=_LABEL)


def _place(body: Mapping[str, Any]) -> str:
    names = ("domain", "product", "step", "source", "slo")
    return ", ".join(f"{name} {body[name]}" for name in names if body[name])


def _touched(body: Mapping[str, Any]) -> str:
    products = _listed(body["products"], len(body["products"])) or "no data product"
    count = body["datasets_touched"]
    return f"{products} ({count} dataset{'' if count == 1 else 's'} downstream)"


def _listed(names: Sequence[str], count: int) -> str:
    shown = names[:_STEPS]
    more = count - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _wrapped(label: str, text: str, lines: int = 2, *, label_width: int = 0) -> Iterator[str]:
    """Yield ``text`` in ``lines`` lines at most, beside its label; nothing where it is empty."""
    text = _plain(text)
    if not text.strip():
        return
    indent = _LABEL if label else label_width
    wrapper = TextWrapper(
        WIDTH,
        initial_indent=label.ljust(indent),
        subsequent_indent=" " * indent,
        max_lines=lines,
        placeholder=" …",
        break_on_hyphens=False,
    )
    yield from wrapper.wrap(text)


def _plain(text: str) -> str:
    """Return text that moves no cursor and turns no direction, whatever a producer put into it."""
    spaced = text.translate(dict.fromkeys(map(ord, "\r\n\t\v\f"), " "))
    return "".join(letter if letter.isprintable() else "·" for letter in spaced)
