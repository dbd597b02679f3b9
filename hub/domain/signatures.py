"""Signatures: what is the same about an error elsewhere, whatever names and numbers it has."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final

# In this order: an address holds paths, a path holds numbers.
_VARYING: Final = re.compile(
    r"\b[a-z][a-z0-9+.-]*://\S+"
    r"|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"
    r"|\b0x[0-9a-f]+\b"
    r"|(?<![\w/])/[\w./-]+"
    r"|\"[^\"]*\"|'[^']*'|`[^`]*`|«[^»]*»"
    r"|\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b"
    r"|\w*\d[\w.:+-]*"
    # What was redacted, or cut off.
    r"|…",
    re.IGNORECASE,
)
_MAX_MASKED: Final = 300
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
