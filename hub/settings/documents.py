"""YAML documents as plain values, with the line of each, so that an error can name it.

Dates stay text: the standards that the hub reads want them so, and YAML 1.1's guess of a type is
the source of silent surprises.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import msgspec
import yaml
from msgspec import Struct

from hub.domain.errors import InvalidInput

MAX_BYTES = 4 * 1024 * 1024
# What things of the catalog are called.
NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
T = TypeVar("T")


class _Loader(yaml.CSafeLoader):
    """SafeLoader without dates, and with ``yes``/``on`` as text (YAML 1.2)."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
for _first in "yYnNoO":
    _Loader.yaml_implicit_resolvers[_first] = [
        (tag, pattern)
        for tag, pattern in _Loader.yaml_implicit_resolvers.get(_first, [])
        if not tag.endswith(":bool")
    ]


class Document(Struct):
    """A parsed file; ``root`` keeps the positions."""

    path: Path
    text: str
    value: Any
    root: Any

    def line(self, pointer: str) -> int:
        """Return the line (from 1) of ``$.a[0].b``, or of the deepest part of it that exists."""
        node = self.root
        for name, index in _STEP.findall(pointer.removeprefix("$")):
            child = _child(node, name, index)
            if child is None:
                break
            node = child
        return int(node.start_mark.line) + 1 if node is not None else 1

    def error(self, pointer: str, message: str, *, fix: str | None = None) -> InvalidInput:
        """Return an error that names the file and the line."""
        return InvalidInput(f"{self.path}:{self.line(pointer)}: {message}", fix=fix)

    def convert(self, shape: type[T]) -> T:
        """Return the value as ``shape``.

        Raises:
            InvalidInput: a value does not fit; the message names file, line and place.

        """
        try:
            return msgspec.convert(self.value, shape)
        except msgspec.ValidationError as error:
            text, _, pointer = str(error).partition(" - at `")
            pointer = pointer.rstrip("`")
            place = f"{pointer.removeprefix('$.')}: " if pointer else ""
            raise self.error(pointer, f"{place}{text}") from error


# Takes what is wrong, and where in a document it is.
Report: TypeAlias = Callable[[Document, str, str], None]


def read_document(path: Path) -> Document:
    """Read one YAML document.

    Raises:
        InvalidInput: the file cannot be read, is too large, or is no YAML.

    """
    return parse_document(read_text(path), path)


def read_documents(path: Path) -> list[Document]:
    """Read a file of several YAML documents; empty ones are left out.

    Raises:
        InvalidInput: the file cannot be read, is too large, or is no YAML.

    """
    text = read_text(path)

    def parse() -> list[Document]:
        values = yaml.load_all(text, _Loader)
        roots = yaml.compose_all(text, _Loader)
        parts = zip(values, roots, strict=True)
        return [Document(path, text, value, root) for value, root in parts if value is not None]

    return _parsed(parse, path)


def read_text(path: Path) -> str:
    """Read the text of a document.

    Raises:
        InvalidInput: the file cannot be read, or is too large.

    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInput(f"{path} is larger than {MAX_BYTES} bytes")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}") from error


def parse_document(text: str, path: Path) -> Document:
    """Parse YAML text; ``path`` is for messages.

    Raises:
        InvalidInput: the text is no YAML.

    """

    def parse() -> Document:
        return Document(path, text, yaml.load(text, _Loader), yaml.compose(text, _Loader))  # noqa: S506 - a SafeLoader

    return _parsed(parse, path)


def _parsed(parse: Callable[[], T], path: Path) -> T:
    try:
        return parse()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidInput(f"{path}:{line}: {error.problem}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidInput(f"{path} is no YAML: {error}") from error


def _child(node: object, name: str, index: str) -> Any:  # noqa: ANN401 - a YAML node of any kind
    if isinstance(node, yaml.MappingNode) and name:
        return next((value for key, value in node.value if key.value == name), None)
    if isinstance(node, yaml.SequenceNode) and index.isdigit():
        return node.value[int(index)] if int(index) < len(node.value) else None
    return None
