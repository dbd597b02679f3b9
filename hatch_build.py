"""Build hook: real wheels carry what the repository keeps at its top level.

An editable install reads migrations/ and contracts/ from the work tree, so it gets no copy that
could go stale.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CARRIED = {"migrations": "hub/_migrations", "contracts": "hub/_contracts"}


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the top-level folders to a standard wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Extend the files of a standard wheel; leave an editable one alone."""
        if version == "editable":
            return
        for folder, target in CARRIED.items():
            source = Path(self.root, folder)
            if source.is_dir():
                build_data["force_include"][str(source)] = target
