"""Reading messages: the step's schema format, its schema, and a whole slice in one guarded call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hub.domain.errors import DataError, InvalidInput
from hub.domain.failures.failure import Origin
from hub.runtime.admission import Decode
from hub.runtime.failures import blame
from hub.runtime.work import Work


def decoder(work: Work) -> Decode | None:
    """Return how to decode the payloads of a step, or None where it names no format.

    A payload that is no record of the schema comes out as the reason why.

    Raises:
        InvalidInput: the step names no schema, or its file cannot be read.

    """
    name = work.step.format
    if name is None:
        return None
    plug = work.tools.host.schema_format(name)
    text = _schema(work)
    with blame(Origin.CONTRACT):
        decode = plug.api.decoder(text)

    def decode_all(payloads: Sequence[bytes]) -> list[dict[str, Any] | str]:
        with blame(Origin.ENGINE):
            return plug.call("decode", _outcomes, decode, payloads)

    return decode_all


def _schema(work: Work) -> str:
    path = work.step.options.get("schema")
    if not isinstance(path, str):
        message = f"step {work.step.job_name} has format {work.step.format} and no schema"
        raise InvalidInput(message, fix="add `schema: FILE` to its options")
    try:
        return (work.tools.folder / path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"step {work.step.job_name}: schema {path} cannot be read: {error}"
        raise InvalidInput(message) from error


def _outcomes(
    decode: Callable[[bytes], dict[str, Any]], payloads: Sequence[bytes]
) -> list[dict[str, Any] | str]:
    return [_outcome(decode, payload) for payload in payloads]


def _outcome(decode: Callable[[bytes], dict[str, Any]], payload: bytes) -> dict[str, Any] | str:
    try:
        return decode(payload)
    except DataError as error:
        return error.message
