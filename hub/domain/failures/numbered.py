"""Numbered codes of vendors, with whose they are: ``ORA-1017``, ``MYSQL-1205``, ``SNOWFLAKE-904``.

A number alone says nothing, since each vendor counts for himself; so each is read only where it is
written as that vendor, or a driver of his, writes it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# Vendors whose form of a code is nobody else's.
_OWN_FORM: Final = tuple(
    (vendor, re.compile(pattern))
    for vendor, pattern in (
        ("ORA", r"\bORA-(\d{1,5})\b"),
        ("AADSTS", r"\bAADSTS(\d{5,7})\b"),
        ("DPY", r"\bDP[YI]-(\d{4})\b"),
        ("SNOWFLAKE", r"(?:^|[\s:])(\d{6}) \([0-9A-Z]{5}\):"),
        ("CLICKHOUSE", r"\bCode: (\d{1,4})\.? (?:DB::|e\.)"),
        ("DB2", r"\bSQLCODE[=: ]+-(\d{3,5})\b"),
        ("DB2", r"\bSQL(\d{4,5})N\b"),
        ("TERADATA", r"\[Error (\d{4})\]"),
        ("REGISTRY", r"error code:? (4\d{4}|5\d{4})\b"),
        ("FACEBOOK", r"\(#(\d{1,5})\)"),
        ("MYSQL", r"\bERROR (\d{4}) \([0-9A-Z]{5}\)"),
        ("MSSQL", r"\bMsg (\d{2,5}), Level\b"),
        ("MSSQL", r"\bDB-Lib error message (\d{5})\b"),
        ("MSSQL", r"\((\d{2,5})\) \(SQL[A-Z]\w+\)"),
    )
)
# Drivers of MySQL and of SQL Server alike begin with the number.
_FIRST: Final = re.compile(r"(?:^|[\s(:])\((\d{2,5}), b?['\"]")
_NUMBER: Final = re.compile(r"\b[Ee]rror(?: [Cc]ode| [Nn]umber)?:? (\d{3,5})\b")
_IS_MSSQL: Final = re.compile(
    r"\(\d{2,5}, b['\"]|DB-Lib|sql ?server|mssql|azure sql|synapse|\btds\b", re.IGNORECASE
)
_IS_MYSQL: Final = re.compile(r"mysql|mariadb|tidb|aurora|\(\d{4}, ['\"]", re.IGNORECASE)


def read_numbers(text: str, producer: str) -> Iterator[str]:
    """Yield the numbered codes in a text, as the vendor and the number without leading zeros."""
    for vendor, pattern in _OWN_FORM:
        yield from _codes(vendor, pattern, text)
    driven = _vendor(f"{producer} {text}")
    if driven is not None:
        yield from _codes(driven, _FIRST, text)
        yield from _codes(driven, _NUMBER, text)


def _vendor(said: str) -> str | None:
    if _IS_MSSQL.search(said):
        return "MSSQL"
    return "MYSQL" if _IS_MYSQL.search(said) else None


def _codes(vendor: str, pattern: re.Pattern[str], text: str) -> Iterator[str]:
    for found in pattern.finditer(text):
        yield f"{vendor}-{int(found[1])}"
