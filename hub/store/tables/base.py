"""What all tables share: one MetaData with named constraints, and the column types in use."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Text
from sqlalchemy.types import Integer

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
