"""Secrets in options: ``${NAME}`` stands for an environment variable, ``${file:PATH}`` for a file.

The catalog keeps the text with the placeholder, so what the hub shows of it holds no secret; the
placeholder is filled in at the moment of use.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hub.domain.errors import InvalidInput

_PLACEHOLDER = re.compile(r"\$\{(file:)?([^}]+)\}")


def fill_secrets(
    options: Mapping[str, Any], environ: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return ``options`` with every placeholder in its texts replaced, at any depth.

    Raises:
        InvalidInput: a variable is not set, or a file cannot be read.

    """
    environ = os.environ if environ is None else environ
    return {name: _fill(value, name, environ) for name, value in options.items()}


def _fill(value: object, option: str, environ: Mapping[str, str]) -> object:
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: _look_up(found, option, environ), value)
    if isinstance(value, Mapping):
        return {name: _fill(inner, f"{option}.{name}", environ) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_fill(inner, option, environ) for inner in value]
    return value


def _look_up(found: re.Match[str], option: str, environ: Mapping[str, str]) -> str:
    is_file, name = found.groups()
    if not is_file:
        if name not in environ:
            message = f"option {option} needs the environment variable {name}, which is not set"
            raise InvalidInput(message, fix=f"set {name}, or use ${{file:PATH}}")
        return environ[name]
    try:
        return Path(name).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"option {option}: {name} cannot be read: {error}") from error


def client_key(environ: Mapping[str, str] | None = None) -> str | None:
    """Return the API key that commands of this process send to a running hub, if one is set.

    Raises:
        InvalidInput: ``HUB_API_KEY_FILE`` names a file that cannot be read.

    """
    environ = os.environ if environ is None else environ
    if path := environ.get("HUB_API_KEY_FILE"):
        return _fill(f"${{file:{path}}}", "HUB_API_KEY_FILE", environ)  # type: ignore[return-value]  # text stays text
    return environ.get("HUB_API_KEY")
