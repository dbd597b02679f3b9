"""Standard codes: SQLSTATE, HTTP, errno, exit codes and signals.

Sources: ISO/IEC 9075-2 subclause 24.1 with the additions of PostgreSQL 17 (appendix A), ODBC 3.8,
Spark 4.0 and Snowflake; RFC 9110; Linux errno(3) and signal(7); bash's exit status.
"""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import Claim, HttpRule
from hub.domain.failures.failure import FailureClass as Is

SQLSTATES: Final[dict[str, Claim]] = {
    # Classes first, then the states within them that mean something else.
    "08": (Is.INFRA_NETWORK, 0.85),
    "0A": (Is.LOGIC, 0.7),
    "0L": (Is.ACCESS, 0.8),
    "0P": (Is.ACCESS, 0.8),
    "21": (Is.LOGIC, 0.6),
    "21S01": (Is.SCHEMA_CONTRACT, 0.9),
    "21S02": (Is.SCHEMA_CONTRACT, 0.9),
    "22": (Is.DATA_QUALITY, 0.85),
    "22013": (Is.LOGIC, 0.7),
    "22014": (Is.LOGIC, 0.7),
    "22023": (Is.LOGIC, 0.6),
    "2201B": (Is.LOGIC, 0.8),
    "2201W": (Is.LOGIC, 0.8),
    "2201X": (Is.LOGIC, 0.8),
    "22P04": (Is.SCHEMA_CONTRACT, 0.8),
    "22KD3": (Is.SCHEMA_CONTRACT, 0.7),
    "23": (Is.DATA_QUALITY, 0.9),
    "23K01": (Is.DATA_QUALITY, 0.85),
    "24": (Is.LOGIC, 0.7),
    "25": (Is.LOGIC, 0.5),
    "25006": (Is.CONFIG, 0.85),
    "25P02": (Is.UNKNOWN, 0.8),
    "25P03": (Is.QUERY_LIMIT, 0.75),
    "25P04": (Is.QUERY_LIMIT, 0.85),
    "26": (Is.LOGIC, 0.6),
    "28": (Is.ACCESS, 0.9),
    "2B": (Is.LOGIC, 0.85),
    "2D": (Is.LOGIC, 0.7),
    "2F": (Is.LOGIC, 0.7),
    "34": (Is.LOGIC, 0.7),
    "38": (Is.LOGIC, 0.6),
    "39": (Is.LOGIC, 0.6),
    "3D000": (Is.CONFIG, 0.85),
    "3F000": (Is.CONFIG, 0.6),
    "40": (Is.INFRA_CONCURRENCY, 0.9),
    "40002": (Is.DATA_QUALITY, 0.85),
    "40003": (Is.INFRA_NETWORK, 0.7),
    "42": (Is.LOGIC, 0.8),
    "42501": (Is.ACCESS, 0.93),
    "42703": (Is.SCHEMA_CONTRACT, 0.65),
    "42K03": (Is.SOURCE_UNAVAILABLE, 0.75),
    "42K05": (Is.SCHEMA_CONTRACT, 0.6),
    "42P01": (Is.LOGIC, 0.75),
    "42S02": (Is.LOGIC, 0.75),
    "42S22": (Is.SCHEMA_CONTRACT, 0.65),
    "42KDE": (Is.CONFIG, 0.5),
    "44": (Is.DATA_QUALITY, 0.85),
    "53": (Is.INFRA_CAPACITY, 0.9),
    "53200": (Is.INFRA_COMPUTE, 0.7),
    "53400": (Is.QUERY_LIMIT, 0.9),
    "54": (Is.QUERY_LIMIT, 0.7),
    "54000": (Is.QUERY_LIMIT, 0.6),
    "55000": (Is.CONFIG, 0.55),
    "55006": (Is.INFRA_CONCURRENCY, 0.85),
    "55P02": (Is.CONFIG, 0.8),
    "55P03": (Is.INFRA_CONCURRENCY, 0.93),
    "57": (Is.INFRA_COMPUTE, 0.6),
    "57014": (Is.QUERY_LIMIT, 0.85),
    "57P01": (Is.INFRA_COMPUTE, 0.9),
    "57P02": (Is.INFRA_COMPUTE, 0.9),
    "57P03": (Is.SOURCE_UNAVAILABLE, 0.7),
    "57P04": (Is.CONFIG, 0.7),
    "57P05": (Is.INFRA_NETWORK, 0.6),
    "58": (Is.INFRA_COMPUTE, 0.7),
    "58030": (Is.INFRA_CAPACITY, 0.75),
    "58P01": (Is.CONFIG, 0.6),
    "72000": (Is.INFRA_CONCURRENCY, 0.6),
    "F0000": (Is.CONFIG, 0.85),
    "HV": (Is.SOURCE_UNAVAILABLE, 0.6),
    "HY001": (Is.INFRA_COMPUTE, 0.8),
    "HY008": (Is.CANCELLED, 0.7),
    "HYT00": (Is.QUERY_LIMIT, 0.65),
    "HYT01": (Is.INFRA_NETWORK, 0.85),
    "IM": (Is.CONFIG, 0.85),
    "KD000": (Is.SCHEMA_CONTRACT, 0.3),
    "P0001": (Is.DATA_QUALITY, 0.85),
    "P0002": (Is.DATA_QUALITY, 0.6),
    "P0003": (Is.DATA_QUALITY, 0.6),
    "P0004": (Is.DATA_QUALITY, 0.85),
    "XX": (Is.INFRA_COMPUTE, 0.6),
}

HTTP: Final[dict[str, HttpRule]] = {
    "400": HttpRule((Is.LOGIC, 0.3), (Is.CONFIG, 0.35)),
    "401": HttpRule((Is.ACCESS, 0.88)),
    "402": HttpRule((Is.INFRA_CAPACITY, 0.5), (Is.SOURCE_UNAVAILABLE, 0.5)),
    "403": HttpRule((Is.ACCESS, 0.78)),
    "404": HttpRule((Is.CONFIG, 0.6)),
    "405": HttpRule((Is.CONFIG, 0.6)),
    "407": HttpRule((Is.ACCESS, 0.7)),
    "408": HttpRule((Is.INFRA_NETWORK, 0.7)),
    "409": HttpRule((Is.INFRA_CONCURRENCY, 0.55)),
    "410": HttpRule((Is.CONFIG, 0.55), (Is.SOURCE_UNAVAILABLE, 0.5)),
    "412": HttpRule((Is.INFRA_CONCURRENCY, 0.7)),
    "413": HttpRule((Is.DATA_QUALITY, 0.5)),
    "422": HttpRule((Is.CONFIG, 0.45)),
    "423": HttpRule((Is.INFRA_CONCURRENCY, 0.7)),
    "429": HttpRule(
        (Is.SOURCE_UNAVAILABLE, 0.75), (Is.SOURCE_UNAVAILABLE, 0.88), (Is.INFRA_CAPACITY, 0.85)
    ),
    "500": HttpRule(
        (Is.SOURCE_UNAVAILABLE, 0.55), (Is.SOURCE_UNAVAILABLE, 0.75), (Is.INFRA_COMPUTE, 0.6)
    ),
    "507": HttpRule((Is.INFRA_CAPACITY, 0.8)),
    "5xx": HttpRule(
        (Is.SOURCE_UNAVAILABLE, 0.75), (Is.SOURCE_UNAVAILABLE, 0.88), (Is.INFRA_COMPUTE, 0.65)
    ),
}

ERRNOS: Final[dict[str, Claim]] = {
    **dict.fromkeys(("1", "EPERM"), (Is.ACCESS, 0.75)),
    **dict.fromkeys(("2", "ENOENT"), (Is.SOURCE_UNAVAILABLE, 0.65)),
    **dict.fromkeys(("5", "EIO"), (Is.INFRA_CAPACITY, 0.7)),
    **dict.fromkeys(("11", "EAGAIN", "16", "EBUSY"), (Is.INFRA_CONCURRENCY, 0.6)),
    **dict.fromkeys(("12", "ENOMEM"), (Is.INFRA_COMPUTE, 0.9)),
    **dict.fromkeys(("13", "EACCES"), (Is.ACCESS, 0.82)),
    **dict.fromkeys(("17", "EEXIST"), (Is.INFRA_CONCURRENCY, 0.5)),
    **dict.fromkeys(("23", "24", "EMFILE", "ENFILE"), (Is.INFRA_CAPACITY, 0.85)),
    **dict.fromkeys(("26",), (Is.INFRA_CONCURRENCY, 0.5)),
    **dict.fromkeys(("27", "EFBIG"), (Is.INFRA_CAPACITY, 0.85)),
    **dict.fromkeys(("28", "ENOSPC"), (Is.INFRA_CAPACITY, 0.95)),
    **dict.fromkeys(("30", "EROFS"), (Is.INFRA_CAPACITY, 0.8)),
    **dict.fromkeys(("122", "EDQUOT"), (Is.INFRA_CAPACITY, 0.95)),
    **dict.fromkeys(("32", "EPIPE"), (Is.INFRA_NETWORK, 0.75)),
    **dict.fromkeys(("98", "EADDRINUSE"), (Is.CONFIG, 0.6)),
    **dict.fromkeys(("101", "ENETUNREACH", "113", "EHOSTUNREACH"), (Is.INFRA_NETWORK, 0.9)),
    **dict.fromkeys(("61", "111", "ECONNREFUSED"), (Is.INFRA_NETWORK, 0.9)),
    **dict.fromkeys(("54", "104", "ECONNRESET"), (Is.INFRA_NETWORK, 0.9)),
    **dict.fromkeys(("60", "110", "ETIMEDOUT"), (Is.INFRA_NETWORK, 0.9)),
    # getaddrinfo's own numbers, which Python shows the same way.
    **dict.fromkeys(
        ("-2", "-3", "-5", "8", "11001", "EAI_AGAIN", "ENOTFOUND"), (Is.INFRA_NETWORK, 0.9)
    ),
}

EXITS: Final[dict[str, Claim]] = {
    "124": (Is.QUERY_LIMIT, 0.75),
    "126": (Is.CONFIG, 0.75),
    "127": (Is.CONFIG, 0.8),
    "130": (Is.CANCELLED, 0.75),
    "-2": (Is.CANCELLED, 0.7),
    **dict.fromkeys(("134", "-6", "135", "-7", "136", "-8"), (Is.INFRA_COMPUTE, 0.8)),
    **dict.fromkeys(("137", "-9", "247"), (Is.INFRA_COMPUTE, 0.93)),
    **dict.fromkeys(("139", "-11", "132", "-4"), (Is.INFRA_COMPUTE, 0.85)),
    **dict.fromkeys(("143", "-15"), (Is.INFRA_COMPUTE, 0.75)),
    "239": (Is.INFRA_COMPUTE, 0.5),
}

SIGNALS: Final[dict[str, Claim]] = {
    **dict.fromkeys(("KILL", "9"), (Is.INFRA_COMPUTE, 0.9)),
    **dict.fromkeys(("TERM", "15", "HUP", "1"), (Is.INFRA_COMPUTE, 0.7)),
    **dict.fromkeys(("SEGV", "11", "BUS", "7", "ABRT", "6", "ILL", "4"), (Is.INFRA_COMPUTE, 0.9)),
    **dict.fromkeys(("INT", "2"), (Is.CANCELLED, 0.7)),
}
