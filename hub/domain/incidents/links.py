"""Links in pages: what whoever is paged can do without an account, and how it is signed.

A link names one incident, one action, the receiver that it was sent to and the end of its life;
its signature is an HMAC-SHA256 over these, under a secret of the store.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from enum import StrEnum
from hashlib import sha256
from typing import Final
from urllib.parse import quote, urlencode

from msgspec import Struct

from hub.domain.errors import InvalidInput, Refused
from hub.domain.names import NodeId, NodeKind, parse_node_id

LIFE_MICROS: Final = 7 * 86_400_000_000
_SECOND: Final = 1_000_000


class Action(StrEnum):
    """What a link does, once somebody has confirmed it."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    REASSIGN = "reassign"
    RECLASSIFY = "reclassify"
    SILENCE = "silence"


class Link(Struct, frozen=True):
    """One link. ``expires_at`` is in seconds since 1970."""

    incident: str
    action: Action
    receiver: str
    expires_at: int

    def signature(self, secret: bytes) -> str:
        """Return the signature, in hexadecimal. No part can be read as two."""
        parts = (self.incident, self.action.value, self.receiver, str(self.expires_at))
        signed = "\n".join(quote(part, safe="") for part in parts)
        return hmac.new(secret, signed.encode(), sha256).hexdigest()

    def address(self, secret: bytes) -> str:
        """Return the path with its query."""
        query = urlencode(
            {
                "for": self.receiver,
                "expires": self.expires_at,
                "signature": self.signature(secret),
            }
        )
        return f"/act/{quote(self.incident, safe='')}/{self.action.value}?{query}"


def links_of(
    incident: str, root: str, receiver: str, *, secret: bytes, public_url: str, now: int
) -> dict[str, str]:
    """Return the addresses of the incident's page and parts, of its root, each action, the hub."""
    base = public_url.rstrip("/")
    expires_at = (now + LIFE_MICROS) // _SECOND
    actions = {
        action.value: f"{base}{Link(incident, action, receiver, expires_at).address(secret)}"
        for action in Action
    }
    page = f"{base}/incidents/{quote(incident, safe='')}"
    shown = address_of(root)
    return {
        "incident": page,
        **actions,
        **({"root": f"{base}{shown}"} if shown else {}),
        "timeline": f"{page}#timeline",
        "consequences": f"{page}#signals",
        "hub": base,
    }


def address_of(node: NodeId | str) -> str | None:
    """Return the path of the page that shows a node; None where none does."""
    try:
        kind, parts = parse_node_id(node) if isinstance(node, str) else node
    except InvalidInput:
        return None
    if kind in (NodeKind.DATASET, NodeKind.FIELD):
        return f"/datasets/{_quoted(parts[:2])}"
    if kind in (NodeKind.JOB, NodeKind.RUN):
        return f"/jobs/{_quoted(parts[:2])}"
    if kind is NodeKind.PRODUCT:
        return f"/products/{_quoted(parts)}"
    if kind is NodeKind.INCIDENT:
        return f"/incidents/{_quoted(parts)}"
    return None


def _quoted(parts: Sequence[str]) -> str:
    return "/".join(quote(part, safe="") for part in parts)


def read_link(
    incident: str, action: str, query: Mapping[str, str], *, secret: bytes, now: int
) -> Link:
    """Return the link that a request follows.

    Raises:
        Refused: it was not signed by this hub, or is too old.

    """
    expires = query.get("expires", "")
    is_whole = action in {each.value for each in Action} and expires.isdecimal()
    if is_whole and expires.isascii() and len(expires) < 20:  # noqa: PLR2004 - a number's digits
        link = Link(incident, Action(action), query.get("for", ""), int(expires))
        given = query.get("signature", "").encode("utf-8", "replace")
        if hmac.compare_digest(link.signature(secret).encode(), given):
            if link.expires_at * _SECOND <= now:
                raise Refused("this link is too old", fix="open the incident in the hub")
            return link
    raise Refused("this link was not signed by this hub", fix="copy the whole of it")
