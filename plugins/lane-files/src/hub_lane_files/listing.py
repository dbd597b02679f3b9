"""Which files there are to read, in an order that does not depend on the file system."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from glob import has_magic
from hashlib import blake2b, file_digest
from pathlib import Path

from msgspec import Struct

from hub.domain.errors import DataError, TooLarge

# Names under which others write what is not finished.
_UNFINISHED_PREFIXES = (".", "_")
_UNFINISHED_SUFFIXES = (".tmp", ".part", ".partial", ".inprogress", ".crdownload", "~")


class Found(Struct, frozen=True):
    """A file as it was when it was listed. ``name`` is its path as people know it."""

    path: Path
    name: str
    stamp: str


def list_files(root: Path, pattern: str) -> list[Found]:
    """Return the files of a folder, of a glob, or the one named, sorted by name.

    Raises:
        FileNotFoundError: the file or folder named (or that a glob starts from) is not there.

    """
    path = root / pattern
    if path.is_file():
        candidates: Iterable[Path] = [path]
    elif path.is_dir():
        candidates = _finished(path.iterdir())
    else:
        # An absent share is no empty one.
        folder = _unmagic(path)
        if folder == path or not folder.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
        candidates = _finished(folder.glob(path.relative_to(folder).as_posix()))
    names = {_name(root, each): each for each in candidates}
    return [Found(path, name, _stamp(name, path.stat())) for name, path in sorted(names.items())]


def digest_of(found: Found, max_bytes: int) -> str:
    """Return what a file is known by: a digest of its bytes.

    Raises:
        TooLarge: it has more than ``max_bytes``.
        DataError: it changed meanwhile.

    """
    with found.path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > max_bytes:
            raise too_large(found, max_bytes)
        digest = file_digest(stream, lambda: blake2b(digest_size=12)).hexdigest()
        demand_unchanged(found, stream.fileno())
    return digest


def demand_unchanged(found: Found, handle: int) -> None:
    """Refuse to go on with a file that was written to since it was listed."""
    if _stamp(found.name, os.fstat(handle)) != found.stamp:
        raise DataError(
            f"{found.name} changed while it was read",
            fix="have it written under a name that starts with '.' or '_' or ends in .tmp, and "
            "renamed when it is complete",
        )


def too_large(found: Found, max_bytes: int) -> TooLarge:
    """Return the error for a file over its limit."""
    return TooLarge(
        f"{found.name} has more than {max_bytes} bytes", fix="split it, or raise max_file_bytes"
    )


def _finished(paths: Iterable[Path]) -> list[Path]:
    return [
        path
        for path in paths
        if not path.name.startswith(_UNFINISHED_PREFIXES)
        and not path.name.endswith(_UNFINISHED_SUFFIXES)
        and path.is_file()
    ]


def _unmagic(pattern: Path) -> Path:
    """Return the folder from which a glob starts."""
    return pattern if not has_magic(str(pattern)) else _unmagic(pattern.parent)


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _stamp(name: str, status: os.stat_result) -> str:
    text = f"{name}\0{status.st_size}\0{status.st_mtime_ns}"
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
