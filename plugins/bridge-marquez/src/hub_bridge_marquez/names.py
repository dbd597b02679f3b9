"""What Marquez makes of names: things have others there than their producers gave them.

Source: ``OpenLineageDao.formatNamespaceName``, ``OpenLineageService.runUuidFromEvent``.
"""

from __future__ import annotations

import re
from hashlib import md5
from typing import Final
from uuid import UUID

_REWRITTEN: Final = re.compile(r"[^a-zA-Z0-9:/\-_.@+]")


def rewritten_namespace(namespace: str) -> str:
    """Return a producer's namespace as Marquez lists it."""
    return _REWRITTEN.sub("_", namespace)


def run_ids_of(run_id: str) -> tuple[str, ...]:
    """Return a producer's run id, and the one that Marquez gives a run whose id is no UUID."""
    try:
        UUID(run_id)
    except ValueError:
        digest = md5(run_id.encode(errors="replace"), usedforsecurity=False).digest()
        return run_id, str(UUID(bytes=digest, version=3))
    return run_id, run_id.lower()
