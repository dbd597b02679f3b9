"""Finding a vendor's error number in a failure, and what it means.

Sources: Oracle Database Error Messages 23ai; MySQL 8.4 Error Message Reference; SQL Server 2022
Database Engine events and errors; Snowflake's documentation and drivers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from hub.domain.failures.failure import Failure, FailureClass, Verdict, excerpt

RULE_SET: Final = "vendor-codes-2026-11"
_CONFIDENCE: Final = 0.94
_MAX_END: Final = 4_000


class Vendor(NamedTuple):
    """How a vendor writes its numbers, and the class of each that tells one."""

    name: str
    pattern: re.Pattern[str]
    classes: Mapping[int, FailureClass]


def _table(**codes: str) -> dict[int, FailureClass]:
    return {
        int(code): FailureClass(failure_class)
        for failure_class, listed in codes.items()
        for code in listed.split()
    }


ORACLE: Final = Vendor(
    "oracle",
    re.compile(r"\bORA-0*(\d{1,5})\b"),
    _table(
        DATA_QUALITY=(
            "1 1400 1407 1438 1476 1722 1830 1840 1841 1843 1847 1858 1861 2290 2291 2292 12899"
        ),
        SCHEMA_CONTRACT="904 913 947",
        LOGIC="900 903 905 907 911 918 923 932 933 936 937 955 979 1008 1427 2289 4091 6550",
        ACCESS="1005 1017 1031 1045 28000 28001 28002 28009 12672",
        CONFIG="12154 12162 12504 12505 12514 12545 16000 65096",
        INFRA_NETWORK="3113 3114 3135 12170 12535 12537 12541 12543 12547 12560 17002",
        SOURCE_UNAVAILABLE="1033 1034 1089 1090 12526 12528 27101",
        INFRA_CONCURRENCY="54 60 8177 4021 30006",
        INFRA_CAPACITY=(
            "18 20 257 1536 1652 1653 1654 1658 "
            "1659 19502 19809 12516 12518 12519 12520 27102 30036"
        ),
        INFRA_COMPUTE="600 4030 4031 7445",
        QUERY_LIMIT="40 1555 2391 2395 2396",
        CANCELLED="1013",
    ),
)
MYSQL: Final = Vendor(
    "mysql",
    re.compile(r"\bERROR (\d{4})\b|\((\d{4}), ['\"]|\bmysql\w*: .{0,20}?(\d{4}) \(", re.IGNORECASE),
    _table(
        DATA_QUALITY="1048 1062 1264 1265 1292 1364 1365 1366 1406 1451 1452 1690 3140 3819",
        SCHEMA_CONTRACT="1054 1136 1166",
        LOGIC="1050 1052 1055 1064 1093 1111 1146 1241 1242 1248 1305 1318",
        ACCESS="1044 1045 1130 1142 1143 1227 1370 1698 3118",
        CONFIG="1046 1049 1115 1193 1273 1290 2059 3159",
        INFRA_NETWORK="1042 1043 1158 1159 1160 1161 2002 2003 2005 2006 2013 2026 2055",
        INFRA_CONCURRENCY="1205 1206 1213 3572",
        INFRA_CAPACITY="1021 1040 1114 1203 1226 1236 1461",
        INFRA_COMPUTE="1037 1038 1041 1053",
        QUERY_LIMIT="1104 3024",
        CANCELLED="1317",
    ),
)
SQL_SERVER: Final = Vendor(
    "sqlserver",
    re.compile(
        r"\bMsg (\d{3,5})\b|\bError(?: number)?: ?(\d{3,5}), (?:Severity|State)"
        r"|\[SQL Server\].{0,400}?\((\d{3,5})\)"
    ),
    _table(
        DATA_QUALITY="220 232 241 242 244 245 248 515 547 2601 2627 2628 8114 8115 8134 8152 9812",
        SCHEMA_CONTRACT="207 213 8101 120 121",
        LOGIC="102 105 107 156 174 195 201 206 208 209 512 2714 2812 4104 8120",
        ACCESS="229 230 262 297 300 916 4064 15247 15517 18452 18456 18470 18486 18487 18488 40532",
        CONFIG="911 3906 4060 40515 40615",
        INFRA_NETWORK="53 64 121 233 10053 10054 10060 10061 11001",
        SOURCE_UNAVAILABLE="922 927 40613 40197 40540",
        INFRA_CONCURRENCY="1204 1205 1222 3960 41302 41305 41325",
        INFRA_CAPACITY="1101 1105 9002 10928 10929 17300 40501 40544 40551 40552 49918 49919 49920",
        INFRA_COMPUTE="701 802 823 824 8645 8651 6005",
        QUERY_LIMIT="8649 8623 40550",
    ),
)
SNOWFLAKE: Final = Vendor(
    "snowflake",
    re.compile(r"\b(\d{6}) \([0-9A-Z]{5}\)|\bsnowflake\b.{0,200}?\b(\d{6}):"),
    _table(
        DATA_QUALITY=(
            "100035 100038 100040 100046 100051 100069 100071 100072 100078 100080 100096 100132"
        ),
        SCHEMA_CONTRACT="000904 002020 001304",
        LOGIC="000979 001007 001008 001044 002002 002140 002141 000960",
        ACCESS=(
            "002003 002043 003001 390100 390101 390102 "
            "390104 390111 390114 390144 390189 390195 394508"
        ),
        CONFIG="251001 251005 251006 390201",
        INFRA_NETWORK="250001 250002 250003 250008 253012",
        INFRA_CONCURRENCY="000625 000624",
        INFRA_CAPACITY="090073 000606 390913",
        INFRA_COMPUTE="000603 300002 300010 300016 370001",
        QUERY_LIMIT="000630",
        CANCELLED="000604",
    ),
)
VENDORS: Final = (ORACLE, MYSQL, SQL_SERVER, SNOWFLAKE)


class VendorCodes:
    """Judges a failure by the first known number in it."""

    def judge(self, failure: Failure) -> Verdict | None:
        """Return what a vendor's number says, or None where there is none that is known."""
        for text in _texts(failure):
            for vendor in VENDORS:
                for found in vendor.pattern.finditer(text):
                    code = next(group for group in found.groups() if group)
                    failure_class = vendor.classes.get(int(code))
                    if failure_class is not None:
                        return _verdict(vendor, code, failure_class, text[found.start() :])
        return None


def _texts(failure: Failure) -> Iterator[str]:
    """Yield the text of a failure, the innermost exception first; of a long one, both ends."""
    for cause in reversed(failure.causes):
        yield _ends(f"{cause.code or ''} {cause.message}")
    yield _ends(f"{failure.exception} {failure.message}")
    yield _ends(failure.trace)


def _ends(text: str) -> str:
    return text if len(text) <= 2 * _MAX_END else f"{text[:_MAX_END]} … {text[-_MAX_END:]}"


def _verdict(vendor: Vendor, code: str, failure_class: FailureClass, text: str) -> Verdict:
    return Verdict(
        failure_class=failure_class,
        rule=f"{vendor.name}.{code}",
        rule_set=RULE_SET,
        evidence=f"{vendor.name}'s error {code}: «{excerpt(text, 120)}»",
        confidence=_CONFIDENCE,
    )
