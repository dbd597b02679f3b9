"""Reading the settings: defaults, then ``hub.toml``, then ``HUB_*``, then flags."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from hub.domain.errors import InvalidInput
from hub.settings.tree import Settings

_PREFIX = "HUB_"
_FROM_FILE = "_FILE"
# Read where they are used: by the test suite, and by commands that talk to a running hub.
_NOT_SETTINGS = {"HUB_REQUIRE_ALL", "HUB_URL", "HUB_CONFIG", "HUB_API_KEY", "HUB_API_KEY_FILE"}

_SEPARATOR = re.compile(r"[,\s]+")
_TABLE = re.compile(r"\s*\[\[?([^]]+)\]")
_KEY = re.compile(r"\s*([\w'\"-]+(?:\s*\.\s*[\w'\"-]+)*)\s*=")


class Loaded(Struct, frozen=True):
    """Settings, the folder that they were read from, and where each value came from.

    ``origins`` maps a dotted name to ``default``, the file with its line, the environment variable
    or ``flag``.
    ``ignored`` are ``HUB_*`` variables that name no setting: container platforms set some of
    their own accord (``HUB_SERVICE_HOST``), so they cannot be errors.
    """

    settings: Settings
    folder: Path
    origins: dict[str, str]
    ignored: tuple[str, ...] = ()


def load_settings(
    folder: Path | None = None,
    *,
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Loaded:
    """Read the settings of a configuration folder.

    ``folder`` defaults to ``HUB_CONFIG``, else the working directory. ``flags`` maps dotted names
    to values; a None is a flag that was not given.

    Raises:
        InvalidInput: there is no such folder, a file cannot be read, a name is unknown, or a value
            does not fit.

    """
    environ = os.environ if environ is None else environ
    folder = folder or Path(environ.get("HUB_CONFIG", "."))
    if not folder.is_dir():
        raise InvalidInput(
            f"the configuration folder {folder} is not there",
            fix="name the folder of hub.toml and the catalog's files with --config or HUB_CONFIG",
        )
    values: dict[str, Any] = {}
    origins = dict.fromkeys(_leaves(msgspec.to_builtins(Settings())), "default")
    from_environment = list(_from_environment(environ))
    for name, value, origin in (
        *_from_file(folder / "hub.toml"),
        *(item for item in from_environment if item[0] in origins),
        *((name, value, "flag") for name, value in (flags or {}).items() if value is not None),
    ):
        if name not in origins:
            raise _unknown(name, origin, origins)
        _put(values, name, value)
        origins[name] = origin
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput(_located(str(error), origins)) from error
    ignored = tuple(variable for name, _, variable in from_environment if name not in origins)
    return Loaded(settings, folder.resolve(), origins, ignored)


def _from_file(path: Path) -> Iterator[tuple[str, Any, str]]:
    if not path.exists():
        return
    try:
        text = path.read_text("utf-8")
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}") from error
    for name, value in _leaves(document).items():
        yield name, value, f"{path}:{_line_of(name, text)}"


def _line_of(name: str, text: str) -> int:
    """Return the line of a TOML document that sets a name, or a table around it."""
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TABLE.match(line):
            table = _bare(header[1])
            found = table
        elif key := _KEY.match(line):
            found = f"{table}.{_bare(key[1])}".removeprefix(".")
        else:
            continue
        # A table is followed by its members' own lines, unless it is one of an array.
        is_table = found == table and not line.lstrip().startswith("[[")
        if not is_table and f"{name}.".startswith(f"{found}."):
            return number
    return 1


def _bare(key: str) -> str:
    return re.sub(r"[\s'\"]", "", key)


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, Any, str]]:
    for variable, value in sorted(environ.items()):
        if not variable.startswith(_PREFIX) or variable in _NOT_SETTINGS:
            continue
        text = _read_secret(variable, value) if variable.endswith(_FROM_FILE) else value
        name = variable.removeprefix(_PREFIX).removesuffix(_FROM_FILE).lower().replace("__", ".")
        yield name, _LISTS[name](text) if name in _LISTS else text, variable


def _keys(text: str) -> list[dict[str, str]]:
    """Return keys from words of the form ``NAME:SHA256``."""
    pairs = (word.rpartition(":") for word in _words(text))
    return [{"name": name, "sha256": digest} for name, _, digest in pairs]


def _words(text: str) -> list[str]:
    return [word for word in _SEPARATOR.split(text) if word]


# How settings that are lists are written in one text.
_LISTS: dict[str, Callable[[str], object]] = {"serve.allowed_hosts": _words, "auth.keys": _keys}


def _read_secret(variable: str, path: str) -> str:
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{variable} names {path}, which cannot be read: {error}") from error


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping):
            found |= _leaves(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _put(tree: dict[str, Any], name: str, value: object) -> None:
    *path, last = name.split(".")
    for part in path:
        tree = tree.setdefault(part, {})
    tree[last] = value


def _unknown(name: str, origin: str, known: Mapping[str, str]) -> InvalidInput:
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else "`hub config` lists all settings"
    return InvalidInput(f"{origin}: {name} is no setting of the hub", fix=hint)


def _located(message: str, origins: Mapping[str, str]) -> str:
    text, _, path = message.partition(" - at `$.")
    name = path.rstrip("`").partition("[")[0]
    return f"{origins.get(name, 'settings')}: {name or 'settings'}: {text}"
