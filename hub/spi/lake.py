"""Lakes: where datasets are kept, in versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa


class Commit(Struct, frozen=True, kw_only=True):
    """Who writes what, once: a repeated (``writer``, ``number``) changes nothing.

    ``writer`` is one step (and partition); ``number`` grows with each of its commits. ``notes``
    are stored with the version: the lane's checkpoint, the run id, the versions read.
    """

    writer: str
    number: int
    notes: dict[str, str] = field(default_factory=dict)


class Version(Struct, frozen=True, kw_only=True):
    """A dataset as it was after one commit."""

    number: int
    rows: int
    bytes: int
    files: int
    committed_at: int
    notes: dict[str, str] = field(default_factory=dict)


class Lake(Protocol):
    """Named, versioned datasets.

    Duties: a commit is atomic; data and notes appear together; a repeated commit is recognised
    before anything is written and reported as the version that it made; ``append_only`` datasets
    refuse overwrites; a commit of no rows makes a version too (its notes move a checkpoint on).
    Raise the engine's own exception when the storage fails. One object is called from one thread.
    """

    def open(self, location: str) -> None:
        """Open or create the lake at ``location``."""

    def append(
        self, dataset: str, table: pa.Table, commit: Commit, *, append_only: bool
    ) -> Version:
        """Add rows, creating the dataset when needed."""

    def overwrite(
        self, dataset: str, table: pa.Table, commit: Commit, *, partition: dict[str, Any] | None
    ) -> Version:
        """Replace the dataset, or one partition of it."""

    def read(
        self, dataset: str, *, version: int | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Return the rows as of a version (None: the newest), or only some of their columns.

        Raises ``NotFound`` for a dataset or version that does not exist.
        """

    def version(self, dataset: str) -> Version | None:
        """Return the newest version, or None when the dataset does not exist."""

    def schema(self, dataset: str) -> pa.Schema | None:
        """Return the fields of the newest version, or None when the dataset does not exist."""

    def last_commit(self, dataset: str, writer: str) -> Commit | None:
        """Return the newest commit of a writer, for its number and notes."""

    def location(self, dataset: str) -> str:
        """Return where the dataset lies, for the symlinks facet."""
