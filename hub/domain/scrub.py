r"""Masking secrets in JSON before anybody stores it.

Works on bytes and changes nothing but the secrets, so that the rest stays as its producer wrote
it. Masked are: the value of a member whose name is a secret's (``"password": "…"``), the value
beside such a name (``{"name": "DB_PASSWORD", "value": "…"}``), and inside texts what looks like
a secret: credentials in a URI, ``password=…``, ``--token …``, ``Bearer …``, private keys, tokens
with a known prefix. A name alone is no secret, and neither is a type: columns may be called
``password``, and a type be ``struct<token:string>``.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from jsonschema_rs import RegexOptions, validator_for

MASK: Final = b"***"
MASKED: Final = MASK.decode()

_KEYS: Final = ("api", "access", "account", "private", "signing", "encryption", "shared", "sas")
# Without a match of this in lower case there is nothing that the rules below would find. It runs
# over every event, so it runs in the one engine at hand that searches for many words at once:
# forty times as quick as ``re``, and only to be had as the pattern of a JSON Schema.
_has_marker: Final = validator_for(
    {
        "pattern": (
            "pass(?:word|wd|phrase)|pwd|secret|token|credential|authorization|bearer |identified by"
            f"|(?:{'|'.join(_KEYS)})[-_. ]?key|sig=|akia|gh[pousr]_|glpat-|xox[abprs]-|eyj"
        )
    },
    pattern_options=RegexOptions(),
).is_valid
# What a text must hold to be worth the rules' time.
_HINTS: Final = (
    *(b"pass", b"pwd", b"secret", b"token", b"credential", b"authorization", b"bearer"),
    *(b"identified", b"key", b"sig=", b"akia", b"gh", b"glpat", b"xox", b"eyj", b"@"),
)

_SECRET: Final = (
    rb"(?:pass(?:word|wd|phrase)s?|pwd|secrets?|tokens?(?!i[sz])|credentials?|authorization"
    rb"|(?:" + "|".join(_KEYS).encode() + rb")[-_. ]?keys?|\bsig\b)"
)
# Ends of names that speak of a secret without being one: token_url, password_policy, tokenCount.
_NO_SECRET: Final = (
    rb"(?![-_. ]?(?:count|type|url|uri|endpoint|expir\w*|ttl|length|limit|policy|required)s?\b)"
)
_NAME: Final = _SECRET + _NO_SECRET + rb"[\w.\-]{0,64}"
_names_secret: Final = re.compile(rb"(?i)" + _SECRET + _NO_SECRET).search
# Of these, a number may be the secret; of a token it is a count.
_may_be_number: Final = re.compile(rb"(?i)pass|pwd|secret").search

# Data types, and values that hide nothing.
_HARMLESS: Final = (
    rb"(?:null|none|true|false|string|str|text|(?:var)?char|u?(?:big|small|tiny)?int\d*|integer"
    rb"|long|float\d*|double|decimal|numeric|bool(?:ean)?|date|time(?:stamp)?|binary|bytes|json"
    rb"|uuid|object|array|struct|map|list)\b"
)
_is_harmless: Final = re.compile(rb"(?i)\s*(?:" + _HARMLESS + rb"\W*)?\Z").match

# A word within a JSON text that no quotes enclose; an escape is one character of it.
_BARE: Final = rb"(?:[^\s&;,\"'\\()<>{}\[\]]|\\\\|\\/|\\u[0-9a-fA-F]{4})++"
# The opening quote; escaped, any number of times, where a text is JSON itself.
_QUOTE: Final = rb"(\\*[\"'])"
_TO_QUOTE: Final = rb".{1,4096}?\2"
_ASSIGN: Final = _NAME + rb"(?:\\*[\"'])?\s*(?:=>?|:)\s*"
# In SQL, a comparison with another column: ``a.token = b.token``.
_COLUMN: Final = rb"(?<=\s)[a-z_]\w*\.[a-z_]\w*(?=[\s,;)\\]|\Z)"

_URI: Final = re.compile(rb"(:(?:\\?/){2}[^\s\"'\\/?#@:]*:)[^\s\"'/?#]+(@)")
_ORACLE: Final = re.compile(rb"(:thin:[^\s\"/@]{1,128}/)[^\s\"@]{1,128}(@)")

# Each run of its letters is looked through twice at most, however many beginnings are in it.
_JWT: Final = (
    rb"(?<![\w\-])(?=[\w\-]{11,}+\.eyJ[\w\-]{8,}+\.)"
    rb"([\w\-]*?)\beyJ[\w\-]{8,}+\.eyJ[\w\-]{8,}+\.[\w\-]*"
)

# Each keeps its groups and masks what lies between or after them.
_RULES: Final = tuple(
    (re.compile(pattern), template)
    for pattern, template in (
        (_URI.pattern, rb"\1***\2"),
        (_ORACLE.pattern, rb"\1***\2"),
        (rb"(?s)(-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----).*?(-----END|\Z)", rb"\1***\2"),
        (rb"((?:[Bb]earer|BEARER|[Bb]asic|BASIC) +)(?=[a-z]*+[\w.~+/=])[\w.~+/=\-]{8,}", rb"\1***"),
        (rb"\b(?:AKIA[0-9A-Z]{16}|(?:gh[pousr]_|github_pat_|glpat-)[\w\-]{16,})", MASK),
        (rb"\bxox[abprs]-[\w\-]{10,}", MASK),
        (_JWT, rb"\1***"),
        (rb"(?i)(" + _ASSIGN + _QUOTE + rb")" + _TO_QUOTE, rb"\1***\2"),
        (
            rb"(?i)(" + _ASSIGN + rb")(?!" + _HARMLESS + rb"|" + _COLUMN + rb"|\\?/)" + _BARE,
            rb"\1***",
        ),
        (rb"(?i)(--[\w\-]{0,40}?" + _NAME + rb"\s+" + _QUOTE + rb")" + _TO_QUOTE, rb"\1***\2"),
        (rb"(?i)(--[\w\-]{0,40}?" + _NAME + rb"\s+)(?!-)" + _BARE, rb"\1***"),
        (
            rb"(?i)((?:" + _SECRET + rb"|identified\s+by)\s+" + _QUOTE + rb")" + _TO_QUOTE,
            rb"\1***\2",
        ),
    )
)

# A string of JSON, with the colon that makes it a member's name.
_STRING: Final = re.compile(rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"(\s*+:\s*+)?')
_NUMBER: Final = re.compile(rb"-?[0-9][0-9.eE+\-]*")


class _Text(NamedTuple):
    """A string value: where its content is, the member it belongs to, and its object's number."""

    start: int
    end: int
    name: bytes | None
    scope: int


def scrub(body: bytes) -> bytes:
    """Return a JSON document with ``***`` in place of every secret found in its texts.

    What comes back is valid JSON if ``body`` was, and the same document but for the secrets.
    """
    lowered = body.lower()
    if _has_marker(lowered.decode("latin-1")) or _has_credentials(body):
        return _scrub(body, lowered)
    return body


def is_secret_name(name: str) -> bool:
    """Whether a name says that its value is a secret."""
    return _names_secret(name.encode(errors="replace")) is not None


def mask(text: str) -> str:
    """Return a plain text with ``***`` in place of every secret found in it."""
    raw = text.encode(errors="surrogatepass")
    lowered = raw.lower()
    if not any(hint in lowered for hint in _HINTS):
        return text
    return _mask_within(raw).decode(errors="surrogatepass")


def _has_credentials(body: bytes) -> bool:
    return b"@" in body and bool(_URI.search(body) or _ORACLE.search(body))


def _scrub(body: bytes, lowered: bytes) -> bytes:
    texts, numbers, secret_scopes = _survey(body)
    edits = [(start, end, b'"***"') for start, end in numbers]
    for text in texts:
        content = body[text.start : text.end]
        is_value = text.name == b"value" and text.scope in secret_scopes
        if is_value or _names_secret(text.name or b""):
            masked = content if _is_harmless(content) else MASK
        elif any(hint in lowered[text.start : text.end] for hint in _HINTS):
            masked = _mask_within(content)
        else:
            continue
        if masked != content:
            edits.append((text.start, text.end, masked))
    return _edited(body, sorted(edits))


def _survey(body: bytes) -> tuple[list[_Text], list[tuple[int, int]], set[int]]:
    """Find the string values, the numbers with secret names, and the objects that name a secret.

    A brace between two strings ends an object or begins one: it is another object then. That is
    coarse, and enough for objects that hold a name and its value.
    """
    texts: list[_Text] = []
    numbers: list[tuple[int, int]] = []
    secret_scopes: set[int] = set()
    name = b""
    name_end = end = scope = 0
    for found in _STRING.finditer(body):
        gap = body[end : found.start()]
        scope += b"{" in gap or b"}" in gap
        end = found.end()
        if found[2] is not None:
            name, name_end = found[1], end
            if _names_secret(name) and _may_be_number(name):
                number = _NUMBER.match(body, end)
                numbers += [number.span()] if number else []
            continue
        own = name if found.start() == name_end else None
        texts.append(_Text(*found.span(1), own, scope))
        if own in {b"name", b"key"} and _names_secret(found[1]):
            secret_scopes.add(scope)
    return texts, numbers, secret_scopes


def _mask_within(text: bytes) -> bytes:
    for pattern, template in _RULES:
        text = pattern.sub(template, text)
    return text


def _edited(body: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    parts: list[bytes] = []
    done = 0
    for start, end, text in edits:
        parts += (body[done:start], text)
        done = end
    return b"".join((*parts, body[done:]))
