"""What all tables share: one MetaData with named constraints, and the column types in use."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Column, Dialect, LargeBinary, MetaData, SmallInteger, Text
from sqlalchemy.types import Integer, TypeDecorator

from hub.store.packing import Packed, RunId

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives a rowid alias (and so a compact B-tree) only to INTEGER PRIMARY KEY.
Id = BigInteger().with_variant(Integer, "sqlite")


_Word = TypeVar("_Word", bound=StrEnum)


class Word(TypeDecorator[_Word]):
    """One of a few words, by its place among them. New ones come last: places are in the store."""

    impl = SmallInteger
    cache_ok = True

    def __init__(self, *words: _Word) -> None:
        """Have these words."""
        super().__init__()
        self.words = words

    @property
    def python_type(self) -> type[str]:
        """What is written and read."""
        return str

    def process_bind_param(self, value: _Word | None, _dialect: Dialect) -> int | None:
        """Write the word's place."""
        return None if value is None else self.words.index(value)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> _Word | None:
        """Read the word."""
        return None if value is None else self.words[value]


def key(name: str) -> Column[Any]:
    """Return a surrogate integer primary key."""
    return Column(name, Id, primary_key=True, autoincrement=True)


def ref(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[Any]:
    """Return a reference to a surrogate key; enforced by the writers, not by the database."""
    return Column(name, Id, primary_key=primary_key, autoincrement=False, nullable=nullable)


def instant(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[Any]:
    """Return a time column: microseconds since the epoch, UTC."""
    return Column(name, BigInteger, primary_key=primary_key, autoincrement=False, nullable=nullable)


def text(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[Any]:
    """Return a text column."""
    return Column(name, Text, primary_key=primary_key, nullable=nullable)


def word(name: str, words: Word[_Word], *, primary_key: bool = False) -> Column[Any]:
    """Return a column of one of a few words. Who speaks to the driver directly writes places."""
    return Column(name, words, primary_key=primary_key, autoincrement=False, nullable=False)


def blob(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[Any]:
    """Return a bytes column."""
    return Column(name, LargeBinary, primary_key=primary_key, nullable=nullable)


def packed(name: str, *, nullable: bool = False) -> Column[Any]:
    """Return a column of JSON that is stored in few bytes."""
    return Column(name, Packed, nullable=nullable)


def run_id(name: str) -> Column[Any]:
    """Return a column of the ids that producers give to runs."""
    return Column(name, RunId, nullable=False)


def number(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[Any]:
    """Return a 64-bit integer column."""
    return Column(name, BigInteger, primary_key=primary_key, autoincrement=False, nullable=nullable)
