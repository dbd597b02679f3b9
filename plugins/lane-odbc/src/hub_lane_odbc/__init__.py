"""Registers the ODBC lane."""

from __future__ import annotations

hub_api_version = 1
