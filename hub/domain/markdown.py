"""Markdown that nothing in a producer's words can break out of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from hub.domain.failures.redaction import redact

_TICKS: Final = re.compile(r"`+")
NOTHING: Final = "not known"


def quoted(text: str | None) -> str:
    """Return what others have written as a code span on one line, redacted.

    In a code span nothing is a link, a mention, markup or HTML (CommonMark 6.1): its fence is
    longer than any run of backticks inside.
    """
    line = " ".join("".join(_visible(each) for each in redact(text or "")).split())
    if not line:
        return NOTHING
    longest = max((len(found) for found in _TICKS.findall(line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if line[0] == "`" or line[-1] == "`" else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def bullets(lines: Iterable[str], *, none: str = "none") -> list[str]:
    """Return a list, one line each, or a line that says that there is nothing."""
    found = [f"- {line}" for line in lines]
    return [*(found or [f"- {none}"]), ""]


def _visible(letter: str) -> str:
    """Return a letter that moves no cursor and turns no direction."""
    if letter.isspace():
        return " "
    return letter if letter.isprintable() else "·"
