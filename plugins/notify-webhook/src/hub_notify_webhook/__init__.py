"""Claimed by "notifiers": Posts notifications as signed JSON in Alertmanager's form."""

from __future__ import annotations

hub_api_version = 1
