"""YAML documents as plain values, with the line of each, so that an error can name it.

Dates stay text: the standards that the hub reads want them so, and YAML 1.1's guess of a type is
the source of silent surprises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import msgspec
import yaml
from msgspec import Struct, inspect

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
            raise self.error(pointer, f"{place}{text}{_choices(shape, pointer)}") from error


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
        found = [Document(path, text, value, root) for value, root in parts if value is not None]
        for each in found:
            _refuse_repeats(each)
        return found

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
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} cannot be read: {error}", fix="it is text in UTF-8") from error
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> InvalidInput:
    """Return an error over a file that cannot be read."""
    fix = "name a file that is there, and that you may read"
    return InvalidInput(f"{path} cannot be read: {error.strerror or error}", fix=fix)


def parse_document(text: str, path: Path) -> Document:
    """Parse YAML text; ``path`` is for messages.

    Raises:
        InvalidInput: the text is no YAML.

    """

    def parse() -> Document:
        value = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
        document = Document(path, text, value, yaml.compose(text, _Loader))
        _refuse_repeats(document)
        return document

    return _parsed(parse, path)


def _refuse_repeats(document: Document) -> None:
    """Refuse a key that a mapping has twice, of which YAML's parsers keep the last unsaid."""
    seen, waiting = set[int](), [document.root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            keys = set[str]()
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode):
                    if key.value in keys:
                        line = key.start_mark.line + 1
                        raise InvalidInput(f"{document.path}:{line}: {key.value} is there twice")
                    keys.add(key.value)
                waiting.append(value)


def _parsed(parse: Callable[[], T], path: Path) -> T:
    try:
        return parse()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidInput(f"{path}:{line}: {error.problem}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidInput(f"{path} is no YAML: {error}") from error


def _choices(shape: type, pointer: str) -> str:
    """Return the words that may stand at a place, to be said of another one; none if any may."""
    kinds = [*_alternatives(inspect.type_info(shape))]
    for name, _ in _STEP.findall(pointer.removeprefix("$")):
        kinds = [part for kind in kinds for part in _inside(kind, name)]
    words = [str(word) for kind in kinds for word in _words(kind)]
    return f"; it is one of {', '.join(words)}" if words else ""


def _inside(kind: inspect.Type, name: str) -> Iterator[inspect.Type]:
    if isinstance(kind, inspect.ListType) and not name:
        yield from _alternatives(kind.item_type)
    elif isinstance(kind, inspect.StructType):
        for each in kind.fields:
            if each.encode_name == name:
                yield from _alternatives(each.type)


def _alternatives(kind: inspect.Type) -> Iterator[inspect.Type]:
    if isinstance(kind, inspect.UnionType):
        yield from kind.types
    else:
        yield kind


def _words(kind: inspect.Type) -> Sequence[object]:
    if isinstance(kind, inspect.EnumType):
        return [each.value for each in kind.cls]
    return kind.values if isinstance(kind, inspect.LiteralType) else ()


def _child(node: object, name: str, index: str) -> Any:  # noqa: ANN401 - a YAML node of any kind
    if isinstance(node, yaml.MappingNode) and name:
        return next((value for key, value in node.value if key.value == name), None)
    if isinstance(node, yaml.SequenceNode) and index.isdigit():
        return node.value[int(index)] if int(index) < len(node.value) else None
    return None


def no_name(given: str) -> str:
    """Return in words that something cannot be called so; see ``NAME``."""
    return f"{given!r} is no name: use a-z, 0-9, - and _"
