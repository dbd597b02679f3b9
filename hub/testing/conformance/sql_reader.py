"""The laws of ``hub.spi.sql_reader``."""

from __future__ import annotations

from abc import abstractmethod

import pytest

from hub.spi.sql_reader import SqlColumn, SqlReader, SqlTables

_COPY = "insert into mart.days (day, paid) select d, p as paid from raw.payments"


class SqlReaderConformance:
    """Subclass it in a ``Test…`` class; give it a reader."""

    @abstractmethod
    def reader(self) -> SqlReader:
        """Return a reader."""

    def test_it_tells_what_is_read_from_what_is_written(self) -> None:
        """By the names that the text has."""
        found = self.reader().tables(_COPY, None)

        assert found == SqlTables(("raw.payments",), ("mart.days",))

    def test_a_name_of_the_statements_own_is_no_table(self) -> None:
        """As those that WITH gives."""
        sql = "with recent as (select * from raw.payments) select * from recent"

        assert self.reader().tables(sql, None) == SqlTables(("raw.payments",), ())

    def test_it_tells_which_field_fills_which(self) -> None:
        """By position where the target's fields are listed."""
        fields = {"raw.payments": ["d", "p"], "mart.days": ["day", "paid"]}

        assert set(self.reader().columns(_COPY, None, fields)) == {
            SqlColumn("raw.payments", "d", "mart.days", "day"),
            SqlColumn("raw.payments", "p", "mart.days", "paid"),
        }

    @pytest.mark.parametrize(
        "sql",
        [
            "",
            ";",
            "no sql at all (",
            "select 1",
            "\x00",
            "(" * 5_000,
            "select " + "a+" * 9_000 + "a",
        ],
        ids=["empty", "nothing", "prose", "no table", "NUL", "deep", "long"],
    )
    def test_it_knows_nothing_rather_than_guess(self, sql: str) -> None:
        """Whatever the text is, it neither raises nor makes names up."""
        assert self.reader().tables(sql, None) is None
        complaint = self.reader().complaint(sql, None)
        assert complaint is None or complaint.message
        assert list(self.reader().columns(sql, None, {})) == []

    def test_it_says_why_a_text_cannot_be_read(self) -> None:
        """And has nothing to say of one that can be, whatever that names."""
        complaint = self.reader().complaint("insert into mart.days select (", None)
        assert complaint is not None
        assert complaint.message
        assert self.reader().complaint("select 1", None) is None
        assert self.reader().complaint(_COPY, None) is None

    def test_an_unknown_dialect_is_read_as_standard_sql(self) -> None:
        """A namespace may be of a database that the reader has never heard of."""
        assert self.reader().tables(_COPY, "no-such-database") is not None
