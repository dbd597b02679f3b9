"""Claimed by "notifiers": Holds products, contracts and names to the mesh's standards."""

from __future__ import annotations

hub_api_version = 1
