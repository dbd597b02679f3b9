"""The settings tree. Field names are the keys of ``hub.toml`` and, in capitals, of ``HUB_*``."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from hub.domain.catalog import Lake
from hub.domain.openlineage.leases import LeasePolicy
from hub.domain.retention import RetentionPolicy

Port = Annotated[int, Meta(ge=0, le=65_535)]
Positive = Annotated[int, Meta(ge=1)]


class ServeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where ``hub serve`` listens.

    ``allowed_hosts`` are further names that a browser may use for a hub without keys (its
    ``Host`` header is checked against DNS rebinding). ``public_url`` is where people reach it, such
    as ``https://hub.example.org``: pages carry links only where it is set.
    """

    host: str = "127.0.0.1"
    port: Port = 8080
    allowed_hosts: tuple[str, ...] = ()
    public_url: Annotated[str, Meta(pattern=r"^(https?://[^\s]+)?$")] = ""


class ApiKey(Struct, frozen=True, forbid_unknown_fields=True):
    """An API key: who holds it, and the hex SHA-256 of the secret (never the secret)."""

    name: str
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class AuthSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Who may talk to the hub. Without keys it listens on the loopback interface only."""

    keys: tuple[ApiKey, ...] = ()


class IntakeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of the intake.

    ``max_body_bytes`` is counted after decompression; over it a request is refused with 413.
    ``max_pending_bytes`` is what may wait for the disk; over it requests are refused with 503.
    So they are while what comes would wait to be projected for more than ``max_lag_seconds``; 0
    stands for no such limit, since what is in the journal is safe however late it is shown.
    """

    max_body_bytes: Positive = 32 * 1024 * 1024
    max_pending_bytes: Positive = 128 * 1024 * 1024
    max_lag_seconds: Annotated[float, Meta(ge=0)] = 0.0


class LineageSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether lineage that no producer sent is inferred from jobs' SQL.

    Without it none is read any more, and what has been inferred stays as it is.
    """

    infer: bool = True


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that can be set.

    ``database`` is a SQLAlchemy URL; ``config`` the folder of ``hub.toml`` and the catalog's files.
    """

    database: str = "sqlite:///.hub/hub.db"
    serve: ServeSettings = ServeSettings()
    auth: AuthSettings = AuthSettings()
    intake: IntakeSettings = IntakeSettings()
    lake: Lake = Lake()
    runs: LeasePolicy = LeasePolicy()
    lineage: LineageSettings = LineageSettings()
    retention: RetentionPolicy = RetentionPolicy()
    spine: str = ".hub/spine.db"
