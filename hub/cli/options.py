"""Options that several commands share, and what they mean."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from hub.domain.errors import InvalidInput
from hub.settings import Loaded, load_settings

_ADDRESS = re.compile(r"https?://[^/\s]")

Config: TypeAlias = Annotated[
    Path | None,
    typer.Option("--config", metavar="DIR", help="Folder of hub.toml and the catalog's files."),
]
DatabaseUrl: TypeAlias = Annotated[
    str | None,
    typer.Option("--database", metavar="URL", help="The store, as a SQLAlchemy URL."),
]


def _address(url: str | None) -> str | None:
    if url is not None and not _ADDRESS.match(url):
        raise InvalidInput(f"{url!r} is no address of a hub", fix="write http://HOST:PORT")
    return url


HubUrl: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--url", metavar="URL", envvar="HUB_URL", help="A running hub.", callback=_address
    ),
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def settings_of(config: Path | None, database: str | None = None, **flags: Any) -> Loaded:  # noqa: ANN401 - any setting
    """Return the settings under a command's flags; ``serve__port`` stands for ``serve.port``."""
    named = {name.replace("__", "."): value for name, value in flags.items()}
    return load_settings(config, flags={"database": database, **named})


def archive_of(loaded: Loaded) -> Path:
    """Return the folder of what retention has moved out of the store."""
    return loaded.folder / loaded.settings.retention.archive
