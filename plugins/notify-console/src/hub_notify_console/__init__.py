"""Claimed by "notifiers": Prints notifications in words, on one screen."""

from __future__ import annotations

hub_api_version = 1
