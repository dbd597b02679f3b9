"""ODCS documents: validated as raw YAML against the standard's own JSON Schema.

The standard's Python model accepts documents that the schema refuses, and drops what it does not
know; so the text is the truth, and the schema is the judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import jsonschema_rs
import msgspec

from hub.domain.contracts import Contract, read_contract
from hub.domain.errors import InvalidInput
from hub.domain.expressions import unusable
from hub.settings.documents import Document, parse_document
from hub.settings.locations import contracts_folder

SCHEMA_FILE = "odcs/odcs-3.2.0.schema.json"
_MAX_FINDINGS = 20


def check_contract(document: Document) -> list[InvalidInput]:
    """Return what is wrong with a document, each with file and line.

    The standard's schema says so, or RE2, which reads the patterns of records' fields.
    """
    if not isinstance(document.value, dict):
        return [document.error("$", "a contract is a YAML mapping")]
    findings = []
    for error in _validator().iter_errors(document.value):
        pointer = "$" + "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path
        )
        place = pointer.removeprefix("$").removeprefix(".")
        message = f"{place}: {error.message}" if place else error.message
        findings.append(document.error(pointer, message))
        if len(findings) == _MAX_FINDINGS:
            break
    return findings or [*_unusable_patterns(document)]


def bind_contract(text: str, dataset: str) -> Contract:
    """Return what a contract, given as its text, demands of a lake dataset.

    Raises:
        InvalidInput: the text is no valid contract, or none of its objects is the dataset.

    """
    document = parse_document(text, Path(f"contract for {dataset}"))
    for finding in check_contract(document):
        raise finding
    return read_contract(document.value, dataset)


def _unusable_patterns(document: Document) -> Iterator[InvalidInput]:
    for place, schema in enumerate(document.value.get("schema") or []):
        for index, prop in enumerate(schema.get("properties") or []):
            pattern = (prop.get("logicalTypeOptions") or {}).get("pattern")
            if pattern is not None and (why := unusable(str(pattern))) is not None:
                at = f"schema[{place}].properties[{index}].logicalTypeOptions.pattern"
                yield document.error(f"$.{at}", f"{at}: {pattern!r} {why}")


@cache
def _validator() -> jsonschema_rs.Draft201909Validator:
    schema = (contracts_folder() / SCHEMA_FILE).read_bytes()
    return jsonschema_rs.Draft201909Validator(msgspec.json.decode(schema), validate_formats=False)
