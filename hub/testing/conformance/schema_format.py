"""The laws of ``hub.spi.schema_format``."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.errors import DataError, InvalidInput
from hub.spi.schema_format import SchemaFormat

_INT64 = st.integers(-(2**63), 2**63 - 1)
_RECORDS = st.fixed_dictionaries(
    {
        "id": _INT64,
        "name": st.text(),
        "weight": st.none() | st.floats(allow_nan=False),
        "tags": st.lists(st.text(max_size=3), max_size=3),
        "is_late": st.booleans(),
    }
)
# Each subclass runs the laws by itself; they share no state.
_shared = settings(suppress_health_check=[HealthCheck.differing_executors])


class SchemaFormatConformance:
    """Subclass it in a ``Test…`` class and say how a format is made."""

    @abstractmethod
    def schema_format(self) -> SchemaFormat:
        """Return the format."""

    @abstractmethod
    def schema(self) -> str:
        """Return a schema of records with ``id`` (an integer of 64 bits), ``name`` (text),
        ``weight`` (a double or nothing), ``tags`` (texts) and ``is_late`` (true or false).
        """  # noqa: D205 - one sentence

    @_shared
    @given(record=_RECORDS)
    def test_a_record_comes_back_as_it_went_in(self, record: dict[str, Any]) -> None:
        """Values and types."""
        plug = self.schema_format()
        payload = plug.encoder(self.schema())(record)

        assert plug.decoder(self.schema())(payload) == record

    @_shared
    @given(record=_RECORDS, extra=st.binary(min_size=1, max_size=4))
    def test_trailing_bytes_are_refused(self, record: dict[str, Any], extra: bytes) -> None:
        """A message is one record and nothing else."""
        plug = self.schema_format()
        payload = plug.encoder(self.schema())(record)

        with pytest.raises(DataError):
            plug.decoder(self.schema())(payload + extra)

    @_shared
    @given(record=_RECORDS, data=st.data())
    def test_a_cut_message_is_refused(self, record: dict[str, Any], data: st.DataObject) -> None:
        """Wherever it was cut."""
        plug = self.schema_format()
        payload = plug.encoder(self.schema())(record)
        cut = data.draw(st.integers(0, len(payload) - 1))

        with pytest.raises(DataError) as caught:
            plug.decoder(self.schema())(payload[:cut])
        assert caught.value.message

    @_shared
    @given(payload=st.binary(max_size=64))
    def test_any_bytes_are_a_record_or_refused(self, payload: bytes) -> None:
        """No other error, and no crash."""
        decode = self.schema_format().decoder(self.schema())
        with suppress(DataError):
            assert isinstance(decode(payload), dict)

    @pytest.mark.parametrize("schema", ["", "{", "[]", "nonsense", "\0"])
    def test_a_broken_schema_is_the_callers_fault(self, schema: str) -> None:
        """Said when it is compiled, before any message is read."""
        with pytest.raises(InvalidInput):
            self.schema_format().decoder(schema)
