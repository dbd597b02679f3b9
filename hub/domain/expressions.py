"""Expressions that people write, for texts that anybody sends: RE2's.

RE2 takes no longer than a text is long times what the expression comes to, which is bounded; an
expression of Python's own can take for ever on one message. So it knows nothing that makes going
back necessary (https://github.com/google/re2/wiki/Syntax).
"""

from __future__ import annotations

from typing import Any, Final

import re2

MAX_LENGTH: Final = 1_000
# Instructions that it is compiled to: at most as many are looked at for each byte of a text.
MAX_SIZE: Final = 10_000

_AROUND: Final = (
    "RE2 looks neither ahead nor behind: have the expression itself find what stands there, such as"
    " [^x] for (?!x)"
)
_BACK: Final = "RE2 refers to no group in the expression itself: write out what it is to find again"
_INSTEAD: Final = {
    "(?=": _AROUND,
    "(?!": _AROUND,
    "(?<=": _AROUND,
    "(?<!": _AROUND,
    "(?P=": _BACK,
    **{f"\\{group}": _BACK for group in range(1, 10)},
    "(?>": "RE2 never goes back: a plain group, (?:…), is as quick",
    "(?(": "RE2 knows no conditions: write both cases, as (?:one|other)",
    "(?#": "RE2 knows no comments: say it beside the expression",
    "(?x": "RE2 knows no spaces that mean nothing: write it without",
    "\\Z": "write \\z for the end of the text",
    "\\u": "write the character itself, or \\x{…}",
    **{f"{each}+": f"RE2 never goes back: {each} alone is as quick" for each in ("+", "*", "?")},
}


def compiled(pattern: str, *, is_loose: bool = False) -> Any:  # noqa: ANN401 - untyped package
    """Return an expression, ready to use; a loose one ignores case, and its dot fits new lines.

    Raises:
        ValueError: RE2 does not know what is in it, or it is too large; the message says what,
            and what to write instead.

    """
    options = re2.Options()
    # It would tell standard error of each expression that it does not know.
    options.log_errors = False
    options.case_sensitive = not is_loose
    options.dot_nl = is_loose
    try:
        expression = re2.compile(pattern, options=options)
    except re2.error as error:
        [told] = error.args
        raise ValueError(_explained(pattern, told.decode(errors="replace"))) from None
    except UnicodeEncodeError:
        message = "it has half of a surrogate pair in it"
        raise ValueError(message) from None
    if expression.programsize > MAX_SIZE:
        raise ValueError(_TOO_LARGE)
    return expression


def unusable(pattern: str) -> str | None:
    """Return why an expression is refused, to be put behind it; None where it is fine."""
    if len(pattern) > MAX_LENGTH:
        return f"has more than {MAX_LENGTH:,} characters"
    try:
        compiled(pattern)
    except ValueError as error:
        return f"is no regular expression that RE2 knows: {error}"
    return None


def searchable(text: str) -> str:
    """Return a text without halves of surrogate pairs, which RE2 cannot be shown."""
    return text.encode(errors="replace").decode()


_TOO_LARGE: Final = "it is too large: say {…} of less, or leave bounds out, as in .* for .{1,900}"


def _explained(pattern: str, told: str) -> str:
    if told.startswith("pattern too large"):
        return _TOO_LARGE
    if told.startswith("invalid repetition size"):
        return f"{told}: 1,000 is the most, and * or + has no bound"
    found = told.partition(": ")[2]
    if found == "(?P" and "(?P=" in pattern:
        found = "(?P="
    for beginning, instead in _INSTEAD.items():
        if found.startswith(beginning):
            return f"{told}. {instead}"
    return told
