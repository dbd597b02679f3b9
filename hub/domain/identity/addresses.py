"""Namespaces that are addresses: what lies there, and which addresses are one whatever the estate.

Only what holds everywhere is here: schemes of one protocol, default ports, the case of hosts, and a
slash at the end. Buckets keep their case, and addresses that are not understood stay as they are.
"""

from __future__ import annotations

import re
from typing import Final

# Namespaces of databases that have no address (OpenLineage, naming).
_BARE: Final = frozenset({"bigquery", "athena", "awsathena"})
# Files and messages lie there.
_NO_DATABASES: Final = frozenset(
    {"http", "https", "file", "ftp", "sftp", "hdfs", "viewfs", "dbfs"}
    | {"s3", "s3a", "s3n", "gs", "gcs", "abfs", "abfss", "wasb", "wasbs", "adl", "oss", "cos"}
    | {"kafka", "pubsub", "kinesis", "pulsar", "nats", "amqp", "eventhub", "inmemory"}
)

_SCHEMES: Final = {
    "s3a": "s3",
    "s3n": "s3",
    "gcs": "gs",
    "postgresql": "postgres",
    "sqlserver": "mssql",
    "wasb": "abfss",
    "wasbs": "abfss",
    "abfs": "abfss",
}
_BUCKETS: Final = frozenset({"s3", "gs"})
# What an address without a port means, as each database documents it.
_PORTS: Final = {
    "postgres": 5432,
    "mysql": 3306,
    "mssql": 1433,
    "oracle": 1521,
    "redshift": 5439,
    "db2": 50000,
    "cassandra": 9042,
    "teradata": 1025,
}
_HOSTS: Final = frozenset(
    {*_PORTS, "hdfs", "hive", "kafka", "trino", "crate", "oceanbase", "snowflake", "unitycatalog"}
)
_ADDRESS: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]+)(/[^?#]*)?")
_LOCAL: Final = re.compile(r"file:/{0,3}", re.IGNORECASE)
_HOST: Final = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([1-9][0-9]{0,4}))?")
_CONTAINER: Final = re.compile(
    r"([a-z0-9$-]+@[a-z0-9]+)\.(?:blob|dfs)"
    r"(\.core\.(?:windows\.net|chinacloudapi\.cn|usgovcloudapi\.net))",
    re.IGNORECASE,
)
_SNOWFLAKE: Final = ".snowflakecomputing.com"


def is_database(namespace: str) -> bool:
    """Whether a namespace is the address of a database, so that tables may be in it."""
    scheme, separator, _ = namespace.partition("://")
    return namespace in _BARE or bool(separator and scheme.lower() not in _NO_DATABASES)


def plain_address(namespace: str) -> str:
    """Return the one way to write an address that is known to have several; others as they are."""
    if _LOCAL.fullmatch(namespace):
        return "file"
    found = _ADDRESS.fullmatch(namespace)
    if found is None:
        return namespace
    said, where, path = found.groups()
    scheme = _SCHEMES.get(said.lower(), said.lower())
    place = _place(scheme, where)
    return namespace if place is None else f"{scheme}://{place}{(path or '').rstrip('/')}"


def _place(scheme: str, where: str) -> str | None:
    if scheme in _BUCKETS:
        return where
    if scheme == "abfss":
        container = _CONTAINER.fullmatch(where)
        return container and f"{container[1]}.dfs{container[2]}".lower()
    host = _HOST.fullmatch(where) if scheme in _HOSTS else None
    if host is None:
        return None
    name, port = host[1].lower(), host[2] or _PORTS.get(scheme)
    if scheme == "snowflake":
        name = name.removesuffix(_SNOWFLAKE)
    return f"{name}:{port}" if port else name
