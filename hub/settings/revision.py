"""Which revision of the files somebody decides by, and shows the same by."""

from __future__ import annotations

from hashlib import blake2b

from msgspec import json, structs

from hub.domain.catalog import Catalog, Lake
from hub.domain.failures.written_rules import WrittenRule
from hub.domain.openlineage.leases import LeasePolicy


def revision_of(catalog: Catalog, rules: tuple[WrittenRule, ...], leases: LeasePolicy) -> str:
    """Return a digest of what is declared, wherever the files lie and however they are laid out."""
    receivers = {name: structs.replace(each, place="") for name, each in catalog.receivers.items()}
    placeless = structs.replace(
        catalog, receivers=receivers, lake=Lake(namespace=catalog.lake.namespace)
    )
    said = json.Encoder(enc_hook=str, order="deterministic").encode((placeless, rules, leases))
    return blake2b(said, digest_size=8, person=b"revision").hexdigest()
