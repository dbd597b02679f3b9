"""Imports through a bridge, and where they have come to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import msgspec

from hub.domain.errors import InvalidInput, InvariantBroken
from hub.host.host import Plug
from hub.spi.bridge import Bridge, HubApi, Progress, Report

_DIGEST_BYTES: Final = 8


class Checkpoint:
    """A file that says where an import has come to; ``names`` tell it from other imports."""

    def __init__(self, folder: Path, *names: str) -> None:
        digest = blake2b(msgspec.json.encode(names), digest_size=_DIGEST_BYTES).hexdigest()
        self.path = folder / f"{names[0]}-{digest}.json"

    def read(self) -> dict[str, Any] | None:
        """Return what was kept last, if anything was.

        Raises:
            InvalidInput: the file is damaged.

        """
        try:
            kept: dict[str, Any] = msgspec.json.decode(self.path.read_bytes(), type=dict[str, Any])
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            message = f"the checkpoint {self.path} cannot be read: {error}"
            raise InvalidInput(message, fix="begin anew with --restart") from error
        return kept

    def keep(self, checkpoint: Mapping[str, Any]) -> None:
        """Write a checkpoint: whole, or the one before stays."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(msgspec.json.encode(checkpoint))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)

    def drop(self) -> None:
        """Forget it: there is nothing to go on with."""
        self.path.unlink(missing_ok=True)


def bring(
    bridge: Plug[Bridge],
    hub: HubApi,
    options: Mapping[str, Any],
    checkpoint: Checkpoint,
    on_progress: Callable[[Progress], None],
) -> Report:
    """Import everything, from the checkpoint on; it is dropped once all of it is there."""
    steps = bridge.api.bring(hub, options, checkpoint.read())
    report = _last(_kept(steps, checkpoint), on_progress)
    checkpoint.drop()
    return report


def compare(
    bridge: Plug[Bridge],
    hub: HubApi,
    options: Mapping[str, Any],
    on_progress: Callable[[Progress], None],
) -> Report:
    """Tell what an import would still have to bring."""
    return _last(bridge.api.compare(hub, options), on_progress)


def _kept(
    steps: Iterator[Progress | Report], checkpoint: Checkpoint
) -> Iterator[Progress | Report]:
    for step in steps:
        if isinstance(step, Progress) and step.checkpoint is not None:
            checkpoint.keep(step.checkpoint)
        yield step


def _last(steps: Iterator[Progress | Report], on_progress: Callable[[Progress], None]) -> Report:
    for step in steps:
        if isinstance(step, Report):
            return step
        on_progress(step)
    raise InvariantBroken("the bridge ended without a report")
