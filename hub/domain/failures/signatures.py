"""Signatures: what is the same about an error elsewhere, whatever names and numbers it has."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b
from typing import Final

# In this order: an address holds paths, a path holds numbers.
_VARYING: Final = re.compile(
    r"\b[a-z][a-z0-9+.-]{0,60}://\S+"
    r"|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"
    r"|\b0x[0-9a-f]+\b"
    r"|(?<![\w/])/[\w./-]+"
    r"|\"[^\"]*\"|'[^']*'|`[^`]*`|«[^»]*»"
    r"|\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b"
    r"|\b\w*\d[\w.:+-]*"
    # What was redacted, or cut off.
    r"|…",
    re.IGNORECASE,
)
# What differs between two tellings of one trouble, and names none of what is in trouble.
_COUNTED: Final = re.compile(
    r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b0x[0-9a-f]+\b|\d+(?:[.:,-]\d+)*",
    re.IGNORECASE,
)
_MAX_MASKED: Final = 300
# Fewer words («boom», «exit code #») are the same by chance.
_LEAST_WORDS: Final = 4
MASK: Final = "#"


def masked(message: str) -> str:
    """Return a message without the names, numbers and addresses that vary: for people and rules."""
    first = _VARYING.sub(MASK, message[: 4 * _MAX_MASKED])
    words = " ".join(first.split())
    return re.sub(r"#(?:[\s,;]*#)+", MASK, words)[:_MAX_MASKED]


def signature(message: str) -> str:
    """Return the same short text for errors that differ in names and numbers only; "" of none."""
    words = masked(message)
    if not words.strip("# .:;,()[]"):
        return ""
    return blake2b(words.casefold().encode(), digest_size=8, person=b"signature").hexdigest()


# What one failure says is asked for more than once, and what many say in a storm.
@lru_cache(maxsize=256)
def telling_words(message: str) -> str:
    """Return a message without its numbers, with the names in it; "" of one that says too little.

    Jobs of which it is the same have one trouble: of another column or table it is another one.
    """
    words = _COUNTED.sub(MASK, message[: 4 * _MAX_MASKED]).casefold().split()
    return " ".join(words)[:_MAX_MASKED] if len(words) >= _LEAST_WORDS else ""
