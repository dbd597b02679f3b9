"""Registers Avro: ``avro`` for bare records, ``avro-confluent`` for framed ones.

Which of the two a stream has is said by the step, never found out from the bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.spi.hookspecs import hookimpl
from hub.spi.schema_format import SchemaFormat

hub_api_version = 1


@hookimpl
def hub_schema_formats() -> Mapping[str, Callable[[], SchemaFormat]]:
    return {"avro": _bare, "avro-confluent": _framed}


def _bare() -> SchemaFormat:
    from hub_format_avro.avro import AvroFormat

    return AvroFormat()


def _framed() -> SchemaFormat:
    from hub_format_avro.avro import ConfluentAvroFormat

    return ConfluentAvroFormat()
