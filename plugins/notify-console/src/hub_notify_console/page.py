"""A page as text: what a person needs at 3 a.m., on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import TextWrapper
from typing import Final

from hub.spi import wording
from hub.spi.notifier import Notification

WIDTH: Final = 100
_LABEL: Final = 11
_STEPS: Final = 5
_LONG: Final = 3


def page(notification: Notification) -> Iterator[str]:
    """Yield the lines of a page: 24 at most, of ``WIDTH`` characters, the heading first."""
    body = notification.body
    head = f"── {wording.heading(notification)} "
    yield wording.plain(head)[:WIDTH].ljust(WIDTH, "─")
    yield from _wrapped("", notification.summary, _LONG)
    yield from _wrapped("times", wording.times(body))
    yield from _wrapped("class", wording.verdict(body))
    yield from _wrapped("evidence", body["evidence"], _LONG)
    yield from _wrapped("owner", f"{body['owner']['name']} ({body['owner']['kind']}), because", 1)
    yield from _path(body["path"])
    yield from _wrapped("root", body["root"], 1)
    yield from _wrapped("run", body["run"] or "", 1)
    yield from _wrapped("belongs to", wording.place(body), 1)
    yield from _wrapped("touches", wording.touched(body))
    yield from _wrapped("held back", wording.listed(body["held_back"], body["held_back_count"]))
    yield from _wrapped("more", f"{body['explain']}   (dedup key {notification.dedup_key})", 1)


def _path(path: Sequence[str]) -> Iterator[str]:
    """The first step and the last ones: where it began, and what decided."""
    shown = path if len(path) <= _STEPS else [path[0], "…", *path[2 - _STEPS :]]
    for sentence in shown:
        yield from _wrapped("", f"  {sentence}", 1, label_width=_LABEL)


def _wrapped(label: str, text: str, lines: int = 2, *, label_width: int = 0) -> Iterator[str]:
    """Yield ``text`` in ``lines`` lines at most, beside its label; nothing where it is empty."""
    text = wording.plain(text)
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
