"""Where the files lie that the hub ships beside its code: in a wheel, or in a work tree."""

from __future__ import annotations

from pathlib import Path

import hub
from hub.domain.errors import InvariantBroken

_PACKAGE = Path(hub.__file__).parent


def contracts_folder() -> Path:
    """Return the folder of published and vendored schemas."""
    return _shipped("contracts")


def migrations_folder() -> Path:
    """Return the folder of alembic migrations."""
    return _shipped("migrations")


def _shipped(name: str) -> Path:
    for folder in (_PACKAGE / f"_{name}", _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    message = f"this installation of the hub lacks its {name}/ folder"
    raise InvariantBroken(message, fix="reinstall the hub")
